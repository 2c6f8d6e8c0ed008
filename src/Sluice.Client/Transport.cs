using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sluice.Client;

/// <summary>Whether a call may be sent a second time.</summary>
internal enum Repeating
{
    /// <summary>Twice is as once.</summary>
    Harmless,

    /// <summary>Twice is as once under a key, which the call carries.</summary>
    UnderKey,

    /// <summary>Only when it was surely not taken.</summary>
    Never,
}

/// <summary>One way for all calls: credentials, time-outs, tries, errors.</summary>
internal sealed class Transport(HttpClient http, Uri url, string credentials, SluiceClientOptions options)
{
    private const string Prefix = "/api/v1";
    private const string KeyHeader = "Idempotency-Key";
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly string _root = url.GetLeftPart(UriPartial.Path).TrimEnd('/') + Prefix;

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        SendAsync<object, T>(HttpMethod.Get, path, null, null, answer, Repeating.Harmless, TimeSpan.Zero, cancellationToken);

    /// <summary>Every item of a list, page by page.</summary>
    public async IAsyncEnumerable<TItem> AllAsync<TPage, TItem>(
        string path, JsonTypeInfo<TPage> type, Func<TPage, (IReadOnlyList<TItem> Items, string? Next)> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var join = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var (items, next) = read(await GetAsync(cursor is null ? path : $"{path}{join}cursor={Uri.EscapeDataString(cursor)}", type, cancellationToken));
            foreach (var item in items)
            {
                yield return item;
            }

            cursor = next;
        }
        while (cursor is not null);
    }

    /// <param name="extra">Time that the server may take beside <see cref="SluiceClientOptions.Timeout"/>.</param>
    public async Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody? body, JsonTypeInfo<TBody>? bodyType, JsonTypeInfo<TAnswer> answerType, Repeating repeating, TimeSpan extra,
        CancellationToken cancellationToken)
        where TBody : class
    {
        using var response = await SendAsync(method, path, body, bodyType, repeating, extra, cancellationToken);
        try
        {
            return await response.Content.ReadFromJsonAsync(answerType, cancellationToken)
                ?? throw new SluiceConnectionException("Sluice's answer is empty.", null);
        }
        catch (JsonException e)
        {
            throw new SluiceConnectionException("What answered is not Sluice's management API, or a newer one.", e);
        }
    }

    /// <summary>A call whose answer has no body.</summary>
    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync<object>(HttpMethod.Delete, path, null, null, Repeating.Harmless, TimeSpan.Zero, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync<TBody>(
        HttpMethod method, string path, TBody? body, JsonTypeInfo<TBody>? bodyType, Repeating repeating, TimeSpan extra, CancellationToken cancellationToken)
        where TBody : class
    {
        // One key for all tries of one call: that is what makes them one.
        var key = repeating == Repeating.UnderKey ? Guid.NewGuid().ToString("n") : null;
        for (var attempt = 1; ; attempt++)
        {
            SluiceException failure;
            TimeSpan? wait = null;
            try
            {
                var response = await TryAsync(method, path, body, bodyType, key, options.Timeout + extra, cancellationToken);
                if (response.IsSuccessStatusCode)
                {
                    return response;
                }

                using (response)
                {
                    wait = response.Headers.RetryAfter?.Delta;
                    failure = await ReadProblemAsync(response, cancellationToken);
                }
            }
            catch (SluiceConnectionException e)
            {
                failure = e;
            }

            var mayPass = failure is SluiceConnectionException or SluiceApiException { IsTransient: true, Status: not 502 };
            if (!mayPass || repeating == Repeating.Never || attempt >= options.MaxAttempts)
            {
                throw failure;
            }

            wait ??= options.RetryDelay * Math.Pow(2, attempt - 1);
            await Task.Delay(wait < LongestWait ? wait.Value : LongestWait, options.TimeProvider, cancellationToken);
        }
    }

    private async Task<HttpResponseMessage> TryAsync<TBody>(
        HttpMethod method, string path, TBody? body, JsonTypeInfo<TBody>? bodyType, string? key, TimeSpan timeout, CancellationToken cancellationToken)
        where TBody : class
    {
        using var request = new HttpRequestMessage(method, _root + path) { Content = body is null ? null : JsonContent.Create(body, bodyType!) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        request.Headers.Accept.ParseAdd("application/json");
        if (key is not null)
        {
            request.Headers.Add(KeyHeader, key);
        }

        using var limit = new CancellationTokenSource(timeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
        }
        catch (HttpRequestException e)
        {
            throw new SluiceConnectionException($"Sluice could not be reached: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SluiceConnectionException($"Sluice gave no answer within {timeout.TotalSeconds:0} seconds.", e);
        }
    }

    private static async Task<SluiceException> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            if (response.Content.Headers.ContentType?.MediaType == "application/problem+json"
                && await response.Content.ReadFromJsonAsync(ClientJson.Default.Problem, cancellationToken) is { } problem)
            {
                return new SluiceApiException((int)response.StatusCode, problem.Type, problem.Detail, problem.Errors);
            }
        }
        catch (JsonException)
        {
            // Said below: it is not Sluice that answered.
        }

        return response.StatusCode == HttpStatusCode.ServiceUnavailable
            ? new SluiceApiException((int)response.StatusCode, "busy", "The server is busy.", [])
            : new SluiceApiException((int)response.StatusCode, "unknown", "What answered is not Sluice's management API; look at the URL.", []);
    }
}

internal sealed record Problem(string Type, string Detail, IReadOnlyList<SluiceFieldProblem> Errors);
