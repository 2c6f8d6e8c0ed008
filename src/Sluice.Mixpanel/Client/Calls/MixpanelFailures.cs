using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>What a refusal means.</summary>
internal static class MixpanelFailures
{
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    /// <param name="budget">The family of the call.</param>
    /// <param name="status">The status of the answer.</param>
    /// <param name="body">What is known of its body.</param>
    /// <param name="retryAfter">How long it asks to wait.</param>
    public static MixpanelException Of(MixpanelBudget budget, int status, ReadOnlySpan<byte> body, TimeSpan? retryAfter)
    {
        var message = Message(body);
        var kind = Kind(budget, status, message ?? "");
        return new MixpanelException(kind, message is null ? $"Mixpanel answered {status}." : $"Mixpanel answered {status}: {message}")
        {
            Status = status,
            RetryAfter = retryAfter,
            RemoteMessage = message,
            IsOutcomeUnknown = kind is MixpanelFailureKind.GatewayFailed or MixpanelFailureKind.Unreadable,
        };
    }

    /// <summary>A success whose body has an <c>error</c>, or null.</summary>
    public static MixpanelException? InSuccess(int status, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("error", out var error) || error.ValueKind is JsonValueKind.Null or JsonValueKind.False
            || (error.ValueKind == JsonValueKind.String && error.ValueEquals(ReadOnlySpan<byte>.Empty)))
        {
            return null;
        }

        var message = IngestionAnswers.Shortened(error.ValueKind == JsonValueKind.String ? Text(error) : error.GetRawText());
        return new MixpanelException(IsTimeout(message) ? MixpanelFailureKind.QueryTimedOut : MixpanelFailureKind.QueryFailed, $"Mixpanel could not answer the query: {message}")
        {
            Status = status, RemoteMessage = message,
        };
    }

    public static MixpanelException Unreadable(int status, string why, Exception? inner = null) =>
        new(MixpanelFailureKind.Unreadable, $"Mixpanel's answer cannot be read: {why}", inner) { Status = status, IsOutcomeUnknown = true };

    /// <summary>How long an answer asks to wait.</summary>
    public static TimeSpan? RetryAfter(HttpResponseHeaders headers, TimeProvider time) => headers.RetryAfter switch
    {
        { Delta: { } delta } => Bounded(delta),
        { Date: { } date } when date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero => Bounded(wait),
        _ => null,
    };

    // A day's budget comes back by the hour; what asks for more is mistaken, and whoever believes it stands still for years.
    private static TimeSpan Bounded(TimeSpan wait) => wait < LongestRetryAfter ? wait : LongestRetryAfter;

    private static MixpanelFailureKind Kind(MixpanelBudget budget, int status, string message) => status switch
    {
        >= 200 and < 300 => MixpanelFailureKind.Unreadable,
        >= 300 and < 400 => MixpanelFailureKind.Redirected,
        400 when budget is MixpanelBudget.Query or MixpanelBudget.Export => KindOfSentence(message),
        401 => MixpanelFailureKind.Unauthorized,
        402 => MixpanelFailureKind.PaymentRequired,
        403 => MixpanelFailureKind.Forbidden,
        404 => MixpanelFailureKind.NotFound,
        405 when budget == MixpanelBudget.Gdpr => MixpanelFailureKind.AlreadyStarted,
        412 when budget == MixpanelBudget.Query => MixpanelFailureKind.ScriptFailed,
        413 => MixpanelFailureKind.TooLarge,
        429 => MixpanelFailureKind.RateLimited,
        503 => MixpanelFailureKind.Unavailable,
        408 or >= 500 => MixpanelFailureKind.GatewayFailed,
        _ => MixpanelFailureKind.Refused,
    };

    /// <summary>Mixpanel has no codes: what a question failed of is said in words.</summary>
    private static MixpanelFailureKind KindOfSentence(string message) =>
        IsTimeout(message) ? MixpanelFailureKind.QueryTimedOut
        : Says(message, "to_date cannot be later than today") ? MixpanelFailureKind.DateNotReached
        : Says(message, "Unable to authenticate request") ? MixpanelFailureKind.Unauthorized
        : Says(message, "uncached query for params") ? MixpanelFailureKind.SessionLost
        : MixpanelFailureKind.Refused;

    private static bool IsTimeout(string message) => Says(message, "Timeout Error");

    private static bool Says(string message, string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);

    /// <summary>The sentence of a refusal: the <c>error</c> of JSON, or the first line of a plain text. A page of HTML says nothing.</summary>
    private static string? Message(ReadOnlySpan<byte> body)
    {
        if (IngestionAnswers.Message(body) is { } sentence)
        {
            return sentence;
        }

        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, 2048)]).Trim('\uFEFF', ' ', '\r', '\n', '\t');
        var end = text.IndexOfAny(['\r', '\n']);
        text = end < 0 ? text : text[..end];
        return text.Length == 0 || text[0] is '<' or '{' or '[' || text.Any(char.IsControl) ? null : IngestionAnswers.Shortened(text);
    }

    private static string Text(JsonElement of)
    {
        try
        {
            return of.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return of.GetRawText();
        }
    }
}
