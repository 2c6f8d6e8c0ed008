using System.Net.Http.Headers;
using System.Text.Json;
using Sluice.Mixpanel.Client;

namespace Sluice.Mixpanel.Erasure;

/// <summary>Asks Mixpanel to delete people, and how far it has come. It never retries; asking twice does no harm.</summary>
/// <seealso href="https://developer.mixpanel.com/reference/gdpr-api"/>
public sealed class DataDeletionClient
{
    /// <summary>The most ids of a call: one of Mixpanel's pages says 2,000, the other 1,999.</summary>
    public const int MaxIds = 1_999;

    private const int MaxAnswerBytes = 4 * 1024 * 1024;

    private readonly HttpClient _http;
    private readonly DataDeletionOptions _options;

    /// <summary>Makes a client of one project.</summary>
    /// <param name="http">Makes the requests; it must follow no redirects, and its own time-out must be switched off. Not disposed by this client.</param>
    /// <param name="options">Whose project, and where.</param>
    public DataDeletionClient(HttpClient http, DataDeletionOptions options)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        (_http, _options) = (http, options);
    }

    /// <summary>Asks for the deletion of everything about some people.</summary>
    /// <param name="distinctIds">Their ids, <see cref="MaxIds"/> at most.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The id by which Mixpanel can be asked about it.</returns>
    /// <exception cref="MixpanelException">It is not known to have been taken.</exception>
    public async Task<string> RequestAsync(IReadOnlyList<string> distinctIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(distinctIds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(distinctIds.Count, MaxIds);
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("distinct_ids");
            foreach (var id in distinctIds)
            {
                writer.WriteStringValue(id);
            }

            writer.WriteEndArray();
            writer.WriteString("compliance_type", "GDPR");
            writer.WriteEndObject();
        }

        using var content = new ByteArrayContent(json.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await SendAsync(HttpMethod.Post, "", content, cancellationToken).ConfigureAwait(false);

        // Its pages show two shapes of this answer.
        return answer.RootElement.TryGetProperty("results", out var results) && Tracking(results) is { Length: > 0 } id0
            ? id0
            : throw new MixpanelException(MixpanelFailureKind.Unreadable, "Mixpanel's answer names no deletion.") { IsOutcomeUnknown = true };
    }

    /// <summary>Asks how far a deletion has come.</summary>
    /// <param name="trackingId">Its id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>PENDING, STAGING, STARTED, SUCCESS, FAILURE, REVOKED, NOT_FOUND or UNKNOWN.</returns>
    /// <exception cref="MixpanelException">It could not be asked.</exception>
    public async Task<string> GetStatusAsync(string trackingId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(trackingId);
        using var answer = await SendAsync(HttpMethod.Get, Uri.EscapeDataString(trackingId), null, cancellationToken).ConfigureAwait(false);
        return answer.RootElement.TryGetProperty("results", out var results) && results.ValueKind == JsonValueKind.Object
            && results.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.String
            ? status.GetString()!
            : throw new MixpanelException(MixpanelFailureKind.Unreadable, "Mixpanel's answer tells no status.");
    }

    private static string? Tracking(JsonElement results) => results.ValueKind switch
    {
        JsonValueKind.Object => Text(results, "task_id") ?? Text(results, "tracking_id"),
        JsonValueKind.Array when results.GetArrayLength() > 0 && results[0].ValueKind == JsonValueKind.Object => Text(results[0], "tracking_id"),
        _ => null,
    };

    private static string? Text(JsonElement of, string name) => !of.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    private async Task<JsonDocument> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        var address = $"{_options.App.AbsoluteUri.TrimEnd('/')}/data-deletions/v3.0/{path}?token={Uri.EscapeDataString(_options.ProjectToken)}";
        using var request = new HttpRequestMessage(method, new Uri(address)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _options.BearerToken);
        using var timer = new CancellationTokenSource(_options.Timeout, _options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw Failure((int)response.StatusCode, response.Headers.RetryAfter?.Delta);
            }

            if (response.Content.Headers.ContentLength > MaxAnswerBytes)
            {
                throw new MixpanelException(MixpanelFailureKind.Unreadable, "Mixpanel's answer is too large.") { IsOutcomeUnknown = true };
            }

            var body = await response.Content.ReadAsByteArrayAsync(linked.Token).ConfigureAwait(false);
            var answer = JsonDocument.Parse(body);
            if (answer.RootElement.ValueKind == JsonValueKind.Object)
            {
                return answer;
            }

            answer.Dispose();
            throw new MixpanelException(MixpanelFailureKind.Unreadable, "Mixpanel's answer is no object.") { IsOutcomeUnknown = true };
        }
        catch (JsonException e)
        {
            throw new MixpanelException(MixpanelFailureKind.Unreadable, "Mixpanel's answer cannot be read.", e) { IsOutcomeUnknown = true };
        }
        catch (OperationCanceledException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new MixpanelException(MixpanelFailureKind.NoAnswer, "There was no answer in time.", e) { IsOutcomeUnknown = true };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new MixpanelException(MixpanelFailureKind.NoAnswer, "Mixpanel cannot be reached, or the connection was cut.", e) { IsOutcomeUnknown = true };
        }
    }

    private static MixpanelException Failure(int status, TimeSpan? retryAfter) => new(
        status switch
        {
            >= 300 and < 400 => MixpanelFailureKind.Redirected,
            401 => MixpanelFailureKind.Unauthorized,
            402 => MixpanelFailureKind.PaymentRequired,
            403 => MixpanelFailureKind.Forbidden,
            404 => MixpanelFailureKind.NotFound,
            413 => MixpanelFailureKind.TooLarge,
            429 => MixpanelFailureKind.RateLimited,
            500 or 503 => MixpanelFailureKind.Unavailable,
            408 or >= 500 => MixpanelFailureKind.GatewayFailed,
            _ => MixpanelFailureKind.Refused,
        },
        $"Mixpanel answered {status}.")
    {
        Status = status, RetryAfter = retryAfter,
    };
}
