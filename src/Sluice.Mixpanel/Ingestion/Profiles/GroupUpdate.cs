namespace Sluice.Mixpanel.Ingestion.Profiles;

/// <summary>One accepted update of a group's profile.</summary>
public sealed record GroupUpdate
{
    internal GroupUpdate()
    {
    }

    /// <summary>The place of the update in the body, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The project token.</summary>
    public required string Token { get; init; }

    /// <summary>What kind of group it is, as a property of events is named.</summary>
    public required string GroupKey { get; init; }

    /// <summary>Which group of that kind it is.</summary>
    public required string GroupId { get; init; }

    /// <summary>The time of the update in milliseconds since 1970, or null when not sent.</summary>
    public long? TimeMs { get; init; }

    /// <summary>Whether the update must leave <c>$last_seen</c> alone.</summary>
    public bool IgnoreTime { get; init; }

    /// <summary>What to do, in this order. Empty when only the profile must come to exist.</summary>
    public required IReadOnlyList<PropertyOperation> Operations { get; init; }
}
