using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel;

/// <summary>Turns what Mixpanel answered into what is to be done: pure.</summary>
internal static class MixpanelResponses
{
    private static readonly string[] IdentityEvents = ["$identify", "$create_alias", "$merge"];

    public static bool IsIdentityEvent(string name) => IdentityEvents.Contains(name, StringComparer.Ordinal);

    /// <summary>For a call that was read record by record.</summary>
    public static ForwardOutcome Decide(MixpanelRecordsResult result, IReadOnlyList<ForwardItem> sent)
    {
        if (result.RefusedForIdentityEvents)
        {
            var verbs = sent.Index().Where(s => IsIdentityEvent(s.Item.Name)).Select(s => new ForwardRefusal(
                s.Index, "identity_event_refused", "The Mixpanel project uses Simplified ID Merge, which takes no such events: set connectors.mixpanel.identity to simplified.")).ToList();

            // Nothing of the call was stored. Without the events that it was refused for, the others are taken.
            return verbs.Count > 0
                ? new ForwardOutcome(new Decision(DecisionKind.Retry, "identity_events", "", TimeSpan.Zero), verbs)
                : ForwardOutcome.Of(new Decision(DecisionKind.DeadLetter, "refused", Said(result.Message), TimeSpan.Zero));
        }

        return result.FailedWithoutNames
            ? ForwardOutcome.Of(new Decision(DecisionKind.DeadLetter, "refused", Said(result.Message), TimeSpan.Zero)) with { MayBePartlyDone = !result.NoneTaken }
            : new ForwardOutcome(Decision.Done, [.. result.Failed.Select(f => new ForwardRefusal(f.Index, "refused", Said(f.Message)))]);
    }

    /// <summary>For a call that failed as a whole.</summary>
    public static Decision Decide(MixpanelException failure) => failure.Kind switch
    {
        MixpanelFailureKind.Unauthorized => Pause(
            "unauthorized", "Mixpanel does not know the credentials, or not in this residency: correct connectors.mixpanel, its service account, its token or its data_residency."),
        MixpanelFailureKind.Forbidden => Pause("forbidden", "The service account must be an owner or admin of the Mixpanel project."),
        MixpanelFailureKind.PaymentRequired => Pause("payment_required", "The plan of the Mixpanel project does not cover the call."),
        MixpanelFailureKind.NotFound => Pause("no_ingestion", "There is no ingestion API at the address: correct connectors.mixpanel.endpoints.ingestion."),
        MixpanelFailureKind.Redirected => Pause(
            "redirected", "The address answers with a redirect, which is not followed: give the one that it points to in connectors.mixpanel.endpoints.ingestion, if it is Mixpanel's."),
        MixpanelFailureKind.TooLarge => new Decision(DecisionKind.DeadLetter, "too_large", failure.Message, TimeSpan.Zero),
        MixpanelFailureKind.Refused => new Decision(DecisionKind.DeadLetter, "refused", failure.Message, TimeSpan.Zero),
        _ when failure.IsOutcomeUnknown => new Decision(DecisionKind.Unknown, "outcome_unknown", failure.Message, failure.RetryAfter ?? TimeSpan.Zero),
        MixpanelFailureKind.RateLimited => new Decision(DecisionKind.Retry, "rate_limited", failure.Message, failure.RetryAfter ?? TimeSpan.Zero),
        _ => new Decision(DecisionKind.Retry, "unavailable", failure.Message, failure.RetryAfter ?? TimeSpan.Zero),
    };

    /// <summary>For a lookup table, which can be missing at Mixpanel by itself.</summary>
    public static Decision DecideTable(MixpanelException failure) => failure.Kind switch
    {
        MixpanelFailureKind.NotFound => new Decision(
            DecisionKind.DeadLetter, "table_not_found", "The Mixpanel project has no lookup table with this id. Tables are made in Mixpanel's own pages.", TimeSpan.Zero),
        _ => Decide(failure),
    };

    private static Decision Pause(string reason, string detail) => new(DecisionKind.Pause, reason, detail, TimeSpan.FromMinutes(5));

    private static string Said(string? message) => string.IsNullOrEmpty(message) ? "Mixpanel refused it." : $"Mixpanel refused it: {message}";
}
