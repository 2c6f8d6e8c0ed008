namespace Sluice.Mixpanel.Cohorts;

/// <summary>A page that was refused as a whole. Nothing of it may be applied.</summary>
public sealed class CohortWebhookFailure : CohortWebhookResult
{
    internal CohortWebhookFailure(CohortWebhookFailureKind kind, string message, string? action)
    {
        Kind = kind;
        Message = message;
        Action = action;
    }

    /// <summary>Why the page was refused.</summary>
    public CohortWebhookFailureKind Kind { get; }

    /// <summary>The HTTP status of the answer, which must also stand in its body.</summary>
    /// <value>413 when something is too large or too many, otherwise 400.</value>
    public int StatusCode => Kind is CohortWebhookFailureKind.TooLarge or CohortWebhookFailureKind.TooManyMembers ? 413 : 400;

    /// <summary>Where the page is wrong and what would be right.</summary>
    /// <value>At most 300 characters, without anything that the members carry: Mixpanel shows it to its users.</value>
    public string Message { get; }

    /// <summary>The action as received, to be echoed in the answer, even when it is not a known one.</summary>
    /// <value>Null when it could not be read, or is not a text of 1 to 64 characters.</value>
    public string? Action { get; }
}
