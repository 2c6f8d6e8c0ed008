namespace Sluice.Mixpanel.Ingestion.Profiles;

/// <summary>One accepted update of a user's profile.</summary>
public sealed record ProfileUpdate
{
    internal ProfileUpdate()
    {
    }

    /// <summary>The place of the update in the body, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The project token.</summary>
    public required string Token { get; init; }

    /// <summary>Whose profile it is.</summary>
    public required string DistinctId { get; init; }

    /// <summary>The IP address for the geolocation, <c>0</c> for none, or null when not sent.</summary>
    public string? Ip { get; init; }

    /// <summary>The time of the update in milliseconds since 1970, or null when not sent.</summary>
    public long? TimeMs { get; init; }

    /// <summary>Whether the update must leave <c>$last_seen</c> alone.</summary>
    public bool IgnoreTime { get; init; }

    /// <summary>Whether the distinct id is meant as it is, aliases aside.</summary>
    public bool IgnoreAlias { get; init; }

    /// <summary>Degrees north, or null when not sent.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees east, or null when not sent.</summary>
    public double? Longitude { get; init; }

    /// <summary>What to do, in this order. Empty when only the profile must come to exist.</summary>
    public required IReadOnlyList<PropertyOperation> Operations { get; init; }
}
