using Sluice.Brevo;
using Sluice.Core.Delivery;

namespace Sluice.Destinations.Brevo;

/// <summary>Turns what Brevo answered into what is to be done: pure.</summary>
internal static class BrevoResponses
{
    /// <summary>For a call about one contact or one group of contacts.</summary>
    public static Decision Decide(BrevoException failure) => failure.Kind switch
    {
        // Not followed: the key would go along. It says nothing about the record.
        _ when failure is BrevoApiException { Status: >= 300 and < 400 } => Pause(
            "redirected", "The address in connectors.brevo.base_url answers with a redirect, which is not followed: give the one that it points to, if it is Brevo's."),
        BrevoFailureKind.NothingApplied or BrevoFailureKind.AlreadyProcessed or BrevoFailureKind.AlreadyExists => Decision.Done,
        BrevoFailureKind.RateLimited => Retry(failure, "rate_limited", TimeSpan.FromSeconds(2)),
        BrevoFailureKind.Busy => Retry(failure, "busy", TimeSpan.FromSeconds(30)),
        BrevoFailureKind.Transient or BrevoFailureKind.Unreadable when failure.OutcomeUnknown => new Decision(
            DecisionKind.Unknown, "outcome_unknown", failure.Message, failure.RetryAfter ?? TimeSpan.FromSeconds(2)),
        BrevoFailureKind.Transient or BrevoFailureKind.Unreadable => Retry(failure, "unavailable", TimeSpan.FromSeconds(2)),
        BrevoFailureKind.Unauthorized => Pause("unauthorized", "Brevo does not know the API key: give a valid one in connectors.brevo.api_key."),
        BrevoFailureKind.UnrecognisedIp => Pause("unrecognised_ip", "Brevo does not accept calls from this machine's address: allow it in the account's security settings."),
        BrevoFailureKind.PaymentRequired => Pause("payment_required", "The plan or the credits of the Brevo account do not cover the call."),
        BrevoFailureKind.Forbidden => Pause("forbidden", "The Brevo account lacks a permission or a feature that the call needs."),
        BrevoFailureKind.UnderValidation => Pause("account_under_validation", "Brevo is still reviewing the account."),
        BrevoFailureKind.DuplicateIdentifier => Refuse("identifier_of_another_contact", "An identifier belongs to another contact in Brevo."),
        BrevoFailureKind.NotFound => Refuse("not_found", "Brevo does not find the contact or the list."),
        BrevoFailureKind.TooLarge => Refuse("too_large", "The record is larger than Brevo takes."),
        _ => Refuse("refused", failure is BrevoApiException { Code: { } code } ? $"Brevo refused it ({code})." : "Brevo refused it."),
    };

    public static DeliveryException ToException(BrevoException failure) => new(Decide(failure), failure);

    private static Decision Retry(BrevoException failure, string reason, TimeSpan otherwise) =>
        new(DecisionKind.Retry, reason, failure.Message, failure.RetryAfter ?? otherwise);

    private static Decision Pause(string reason, string detail) => new(DecisionKind.Pause, reason, detail, TimeSpan.FromMinutes(5));

    private static Decision Refuse(string reason, string detail) => new(DecisionKind.DeadLetter, reason, detail, TimeSpan.Zero);
}
