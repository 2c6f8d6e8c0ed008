namespace Sluice.Mixpanel.Client;

/// <summary>What an event is counted by.</summary>
public enum MixpanelCountType
{
    /// <summary>Every event.</summary>
    General,

    /// <summary>Every person once in a unit of time.</summary>
    Unique,

    /// <summary>Events by person.</summary>
    Average,
}

/// <summary>A unit of time of a report. Not every report knows every unit.</summary>
public enum MixpanelUnit
{
    /// <summary>A second; of a funnel's conversion window only.</summary>
    Second,

    /// <summary>A minute.</summary>
    Minute,

    /// <summary>An hour.</summary>
    Hour,

    /// <summary>A day.</summary>
    Day,

    /// <summary>A week; not in segmentations.</summary>
    Week,

    /// <summary>A month.</summary>
    Month,
}

/// <summary>How often an event happened. Everything that is null is left out.</summary>
/// <param name="Event">The event's name.</param>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <seealso href="https://developer.mixpanel.com/reference/query-api"/>
public sealed record SegmentationQuery(string Event, DateOnly From, DateOnly To)
{
    /// <summary>The most segments of an answer.</summary>
    public const int MaxLimit = 10_000;

    /// <summary>An expression whose values make the segments, for instance <c>properties["country"]</c>. Sums, averages and numeric segmentations need it.</summary>
    public string? On { get; init; }

    /// <summary>An expression that an event must meet.</summary>
    public string? Where { get; init; }

    /// <summary>The unit of time: a minute, an hour, a day or a month; for sums, averages and numeric segmentations an hour or a day. Mixpanel's own default is a day.</summary>
    public MixpanelUnit? Unit { get; init; }

    /// <summary>The days of a bucket, instead of <see cref="Unit"/>; not for <see cref="MixpanelCountType.General"/>.</summary>
    public int? Interval { get; init; }

    /// <summary>What is counted; not for sums and averages.</summary>
    public MixpanelCountType? Type { get; init; }

    /// <summary>How many segments at most, with <see cref="On"/> only. Mixpanel's own default is 60.</summary>
    public int? Limit { get; init; }

    internal Parameters AddTo(Parameters query, bool needsOn)
    {
        ArgumentException.ThrowIfNullOrEmpty(Event);
        ArgumentOutOfRangeException.ThrowIfLessThan(To, From);
        if (needsOn)
        {
            ArgumentException.ThrowIfNullOrEmpty(On);
        }

        if (Limit is < 1 or > MaxLimit)
        {
            throw new ArgumentException($"The limit of a segmentation is a number from 1 to {MaxLimit}.");
        }

        if (Unit is not null && Interval is not null)
        {
            throw new ArgumentException("A segmentation has a unit or an interval, and not both.");
        }

        return query.Add("event", Event).Add("from_date", From).Add("to_date", To).Add("on", On).Add("where", Where)
            .Add("unit", Unit).Add("interval", Interval).Add("type", Type).Add("limit", Limit);
    }
}
