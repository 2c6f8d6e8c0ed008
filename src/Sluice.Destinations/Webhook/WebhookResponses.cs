using System.Net;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;

namespace Sluice.Destinations.Webhook;

/// <summary>Turns what a receiver answered into what is to be done: pure.</summary>
internal static class WebhookResponses
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PausedFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <param name="retryAfter">The wait that the receiver asks for.</param>
    public static Decision Decide(HttpStatusCode status, TimeSpan? retryAfter) => (int)status switch
    {
        >= 200 and < 300 => Decision.Done,
        >= 300 and < 400 => Pause("redirected", "The address answers with a redirect, which is not followed: give the one that it points to.", PausedFor),

        // These are about the address, not about an event: the next one would fare no better.
        401 or 403 => Pause("forbidden", "The receiver does not let the messages in: look whether it has the secret, and what stands before it.", PausedFor),
        404 or 405 => Pause("not_found", "Nothing takes webhooks at the address: correct url.", PausedFor),
        410 => Pause("gone", "The receiver says that nothing more is to be sent to it: correct url, or take the destination out of the config.", LongestWait),
        429 => Retry("rate_limited", "The receiver wants fewer calls.", retryAfter ?? PausedFor / 10),
        408 or >= 500 => Retry(Rest.Unavailable, $"The receiver answered with status {(int)status}.", retryAfter ?? Soon),
        _ => new Decision(DecisionKind.DeadLetter, "refused", $"The receiver refused it with status {(int)status}.", TimeSpan.Zero),
    };

    /// <summary>There was no answer in time; it may have arrived, and what arrives twice has the same id.</summary>
    public static Decision TimedOut { get; } = Retry(Rest.Unavailable, "The receiver did not answer in time.", Soon);

    /// <summary>Nobody is there: that is about no event.</summary>
    public static Decision Unreachable { get; } = Retry("unreachable", "The receiver cannot be reached.", Soon);

    /// <summary>There was no answer.</summary>
    public static Decision Decide(HttpRequestException failure) => failure.HttpRequestError switch
    {
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => Unreachable,
        HttpRequestError.SecureConnectionError => Pause("certificate", "The receiver's certificate is not valid, or it does not speak TLS.", PausedFor),
        _ => Retry(Rest.Unavailable, "The connection to the receiver broke off.", Soon),
    };

    private static Decision Retry(string reason, string detail, TimeSpan after) =>
        new(DecisionKind.Retry, reason, detail, after > LongestWait ? LongestWait : after < TimeSpan.Zero ? TimeSpan.Zero : after);

    private static Decision Pause(string reason, string detail, TimeSpan length) => new(DecisionKind.Pause, reason, detail, length);
}
