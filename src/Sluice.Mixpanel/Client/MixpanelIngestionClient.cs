using System.Globalization;

namespace Sluice.Mixpanel.Client;

/// <summary>A client of Mixpanel's ingestion API: events, updates of profiles and of group profiles, lookup tables.</summary>
/// <remarks>
/// It never retries. Records that Mixpanel does not take are a result, everything else that goes wrong a <see cref="MixpanelException"/>.
/// Instances hold no state of their own and may be used by several threads at once.
/// </remarks>
/// <seealso href="https://developer.mixpanel.com/reference/ingestion-api"/>
public sealed class MixpanelIngestionClient
{
    // More than the answer to 2,000 records that all fail.
    private const int MaxAnswerBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    private readonly HttpClient _http;
    private readonly MixpanelClientOptions _options;
    private readonly string _base;

    /// <summary>Makes a client of one project.</summary>
    /// <param name="http">
    /// Makes the requests; it must follow no redirects, and its own time-out must be switched off. Not disposed by this client.
    /// </param>
    /// <param name="options">Whose project, and where.</param>
    /// <exception cref="ArgumentException">An option cannot be one.</exception>
    public MixpanelIngestionClient(HttpClient http, MixpanelClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _http = http;
        _options = options;
        _base = options.Ingestion.AbsoluteUri.TrimEnd('/');
    }

    /// <summary>Sends events of any age. Each is judged by itself; those that are not named as failed are stored.</summary>
    /// <param name="events">The events; each with a time, a distinct id and an insert id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="MixpanelException">The call failed as a whole.</exception>
    public async Task<MixpanelRecordsResult> ImportAsync(MixpanelBatch events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        var answer = await SendAsync(
            HttpMethod.Post, "/import?strict=1" + Project("&"), withCredentials: true, Records(events, compress: true), _options.Timeout, cancellationToken).ConfigureAwait(false);
        if (answer.Status is 200 or 400 && IngestionAnswers.Import(answer.Status, answer.Body.Span) is { } result)
        {
            return result;
        }

        throw Failure(answer);
    }

    /// <summary>Sends updates of profiles, which Mixpanel applies in their order.</summary>
    /// <param name="updates">The updates, each with the project's token.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="MixpanelException">The call failed as a whole.</exception>
    public Task<MixpanelRecordsResult> EngageAsync(MixpanelBatch updates, CancellationToken cancellationToken = default) =>
        UpdateAsync("/engage", updates, cancellationToken);

    /// <summary>Sends updates of group profiles, which Mixpanel applies in their order.</summary>
    /// <param name="updates">The updates, each with the project's token.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="MixpanelException">The call failed as a whole.</exception>
    public Task<MixpanelRecordsResult> GroupsAsync(MixpanelBatch updates, CancellationToken cancellationToken = default) =>
        UpdateAsync("/groups", updates, cancellationToken);

    /// <summary>Replaces a lookup table, whole or not at all.</summary>
    /// <param name="table">Mixpanel's id of the table.</param>
    /// <param name="writeCsv">Writes the file: a header, then the rows. What it throws passes through.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="MixpanelException">The call failed.</exception>
    public async Task ReplaceLookupTableAsync(Guid table, Func<Stream, CancellationToken, Task> writeCsv, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(writeCsv);
        var path = $"/lookup-tables/{table.ToString("D", CultureInfo.InvariantCulture)}{Project("?")}";
        var answer = await SendAsync(
            HttpMethod.Put, path, withCredentials: true, new IngestionContent("text/csv", writeCsv, compress: true), _options.LookupTimeout, cancellationToken).ConfigureAwait(false);
        if (answer.Status != 200)
        {
            throw Failure(answer);
        }
    }

    private async Task<MixpanelRecordsResult> UpdateAsync(string path, MixpanelBatch updates, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(updates);

        // Which address a person has is said in each update, and never taken from this call. There is no gzip here.
        var answer = await SendAsync(
            HttpMethod.Post, path + "?ip=0&strict=1&verbose=1", withCredentials: false, Records(updates, compress: false), _options.Timeout, cancellationToken).ConfigureAwait(false);
        if (answer.Status is 200 or 400 && IngestionAnswers.Update(answer.Body.Span) is { } result && (answer.Status == 200 || result.Failed.Count > 0))
        {
            return result;
        }

        throw Failure(answer);
    }

    private static IngestionContent Records(MixpanelBatch batch, bool compress)
    {
        var json = batch.ToJson();
        return new IngestionContent("application/json", (stream, token) => stream.WriteAsync(json, token).AsTask(), compress);
    }

    private string Project(string separator) =>
        _options.Credentials.ProjectId is { } id ? $"{separator}project_id={Uri.EscapeDataString(id)}" : "";

    private async Task<Answer> SendAsync(
        HttpMethod method, string pathAndQuery, bool withCredentials, IngestionContent content, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(_base + pathAndQuery)) { Content = content };
        request.Headers.TryAddWithoutValidation("user-agent", _options.UserAgent);
        request.Headers.TryAddWithoutValidation("accept", "application/json");
        request.Headers.Authorization = withCredentials ? _options.Credentials.Header : null;
        using var timer = new CancellationTokenSource(deadline, _options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token).ConfigureAwait(false);
            var body = await ReadAsync(response, linked.Token).ConfigureAwait(false);
            return new Answer((int)response.StatusCode, body, RetryAfter(response));
        }
        catch (Exception e) when (content.WriterFailure is { } own && !cancellationToken.IsCancellationRequested)
        {
            throw ReferenceEquals(e, own) ? e : own;
        }
        catch (OperationCanceledException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw NoAnswer("There was no answer in time.", content, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw NoAnswer("Mixpanel cannot be reached, or the connection was cut.", content, e);
        }
    }

    private static MixpanelException NoAnswer(string message, IngestionContent content, Exception inner) =>
        new(MixpanelFailureKind.NoAnswer, message, inner) { IsOutcomeUnknown = content.WasStarted };

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var body = new MemoryStream();
            var piece = new byte[16 * 1024];
            int read;
            while (body.Length < MaxAnswerBytes && (read = await stream.ReadAsync(piece, cancellationToken).ConfigureAwait(false)) > 0)
            {
                body.Write(piece, 0, read);
            }

            return body.ToArray();
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => Bounded(delta),
        { Date: { } date } when date - _options.TimeProvider.GetUtcNow() is var wait && wait > TimeSpan.Zero => Bounded(wait),
        _ => null,
    };

    // A day's budget comes back by the hour; what asks for more is mistaken, and whoever believes it stands still for years.
    private static TimeSpan Bounded(TimeSpan wait) => wait < LongestRetryAfter ? wait : LongestRetryAfter;

    private static MixpanelException Failure(Answer answer)
    {
        var kind = answer.Status switch
        {
            >= 200 and < 300 => MixpanelFailureKind.Unreadable,
            >= 300 and < 400 => MixpanelFailureKind.Redirected,
            401 => MixpanelFailureKind.Unauthorized,
            402 => MixpanelFailureKind.PaymentRequired,
            403 => MixpanelFailureKind.Forbidden,
            404 => MixpanelFailureKind.NotFound,
            413 => MixpanelFailureKind.TooLarge,
            429 => MixpanelFailureKind.RateLimited,
            503 => MixpanelFailureKind.Unavailable,
            408 or >= 500 => MixpanelFailureKind.GatewayFailed,
            _ => MixpanelFailureKind.Refused,
        };
        var message = IngestionAnswers.Message(answer.Body.Span);
        return new MixpanelException(kind, message is null ? $"Mixpanel answered {answer.Status}." : $"Mixpanel answered {answer.Status}: {message}")
        {
            Status = answer.Status,
            RetryAfter = answer.RetryAfter,
            RemoteMessage = message,
            IsOutcomeUnknown = kind is MixpanelFailureKind.GatewayFailed or MixpanelFailureKind.Unreadable,
        };
    }

    private readonly record struct Answer(int Status, ReadOnlyMemory<byte> Body, TimeSpan? RetryAfter);
}
