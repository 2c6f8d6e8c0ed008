namespace Sluice.Mixpanel.Client;

/// <summary>Where a deletion or a retrieval stands.</summary>
/// <param name="TrackingId">Its id.</param>
/// <param name="Status">PENDING, STAGING, STARTED, SUCCESS, FAILURE, REVOKED, NOT_FOUND or UNKNOWN.</param>
/// <param name="Link">Where the data of a finished retrieval can be fetched; null when there is nothing.</param>
/// <param name="DistinctIds">Whom it is about, where Mixpanel says so.</param>
/// <param name="DateRequested">When it was asked for, as Mixpanel writes it.</param>
public sealed record MixpanelPersonalDataJob(string TrackingId, string Status, string? Link, IReadOnlyList<string> DistinctIds, string? DateRequested)
{
    /// <summary>From this status on a deletion cannot be cancelled.</summary>
    public const string Started = "STARTED";

    /// <summary>Whether it has ended, whichever way.</summary>
    public bool IsFinal => Status is "SUCCESS" or "FAILURE" or "REVOKED" or "NOT_FOUND";
}
