using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>One page of profiles.</summary>
/// <param name="Page">Its number, from 0.</param>
/// <param name="PageSize">How many profiles a full page has; a page with fewer is the last.</param>
/// <param name="Total">How many profiles match altogether, as the first page said; null when it did not.</param>
/// <param name="SessionId">What the next page is asked for with.</param>
/// <param name="Profiles">The profiles.</param>
public sealed record ProfilePage(int Page, int PageSize, long? Total, string? SessionId, IReadOnlyList<MixpanelProfile> Profiles)
{
    /// <summary>Whether another page may follow.</summary>
    public bool HasNext => Records >= PageSize;

    /// <summary>What was given instead of profiles: rows without a <c>$distinct_id</c> that can be read.</summary>
    public IReadOnlyList<JsonElement> Unusable { get; init; } = [];

    /// <summary>How many rows Mixpanel gave, usable or not.</summary>
    public int Records => Profiles.Count + Unusable.Count;
}

/// <summary>A profile, or a group profile.</summary>
/// <param name="DistinctId">Whose it is, as text, also where Mixpanel sends a number.</param>
/// <param name="Properties">Its properties; an object, which is empty for somebody without a profile. Times in it are UTC and do not say so.</param>
public sealed record MixpanelProfile(string DistinctId, JsonElement Properties);
