using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;

namespace Sluice.Destinations.Brevo.Events;

/// <summary>Turns what Brevo answered to a call with events into what is to be done: pure.</summary>
internal static class BrevoEventCalls
{
    /// <summary>For a call that failed as a whole.</summary>
    public static Decision Decide(BrevoException failure) => failure switch
    {
        // The server itself says that it has not done it. Other 5xx come from a gateway, which cannot know.
        BrevoApiException { Status: 500 or 503 } => new Decision(DecisionKind.Retry, Rest.Unavailable, failure.Message, TimeSpan.FromSeconds(2)),
        BrevoApiException { Status: 404 or 405 } => new Decision(
            DecisionKind.Pause, "no_events", "There are no events at the address in connectors.brevo.base_url: correct it.", TimeSpan.FromMinutes(5)),
        _ => BrevoResponses.Decide(failure),
    };

    /// <summary>For a batch that was taken.</summary>
    public static EventOutcome Decide(BrevoEventBatchResult result, int sent)
    {
        var known = result.Refused.Where(r => r.Index < sent).ToDictionary(r => r.Index, r => r.Message);
        if (result.Accepted is { } accepted && accepted + known.Count < sent)
        {
            // Some were left out, and nobody says which.
            return new EventOutcome(
                true, new Decision(DecisionKind.Unknown, "fewer_accepted", $"Brevo took {accepted} of {sent} events and does not say which.", TimeSpan.Zero));
        }

        return known.Count == 0
            ? new EventOutcome(true, Decision.Done)
            : new EventOutcome(true, Decision.Done, [.. Enumerable.Range(0, sent).Select(i => known.TryGetValue(i, out var message) ? Refused(message) : Decision.Done)]);
    }

    /// <summary>The account still wants the bare list that a batch was before.</summary>
    public static bool WantsArray(BrevoException failure) =>
        failure is BrevoApiException { Status: 400, RemoteMessage: { } message } && message.Contains("cannot unmarshal object", StringComparison.Ordinal);

    /// <summary>Where a batch is counted, by what an answer to one says of its budget; null when it says nothing of use.</summary>
    /// <remarks>Endpoints without an allowance of their own have a few hundred calls an hour; more is that of single events.</remarks>
    public static BrevoBucket? BucketOf(BrevoRateLimit? observed) => observed switch
    {
        { Limit: { } limit, Reset: { } reset } when limit > 3_000 || (limit <= 60 && reset <= TimeSpan.FromSeconds(2)) => BrevoBucket.Events,
        { Limit: not null, Reset: not null } => BrevoBucket.Other,
        _ => null,
    };

    private static Decision Refused(string? message) => new(DecisionKind.DeadLetter, "refused", message ?? "Brevo refused it.", TimeSpan.Zero);
}
