namespace Sluice.Mixpanel.Client;

/// <summary>A record that Mixpanel did not take.</summary>
/// <param name="Index">Its place in the call, from 0.</param>
/// <param name="Field">The field that is wrong; empty when it is none.</param>
/// <param name="Message">Mixpanel's sentence. There are no codes; nothing should depend on its wording.</param>
public sealed record MixpanelFailedRecord(int Index, string Field, string Message);

/// <summary>What became of a call with records. The records that are not named are stored.</summary>
/// <param name="Failed">The records that were not taken, in the order of their places.</param>
public sealed record MixpanelRecordsResult(IReadOnlyList<MixpanelFailedRecord> Failed)
{
    /// <summary>
    /// The whole call was refused, and nothing of it stored, because some event says who is who: the project is one of Simplified ID Merge.
    /// </summary>
    public bool RefusedForIdentityEvents { get; init; }

    /// <summary>Records were not taken, and the answer does not say which.</summary>
    public bool FailedWithoutNames { get; init; }

    /// <summary>The answer says that not one record was taken.</summary>
    public bool NoneTaken { get; init; }

    /// <summary>Mixpanel's sentence about the call as a whole.</summary>
    public string? Message { get; init; }
}
