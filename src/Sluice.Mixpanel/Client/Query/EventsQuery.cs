namespace Sluice.Mixpanel.Client;

/// <summary>The time that events are counted over: some days, or the last of some units.</summary>
/// <param name="Unit">The unit of time: a minute, an hour, a day, a week or a month. People cannot be counted by the hour.</param>
public sealed record EventsSpan(MixpanelUnit Unit)
{
    /// <summary>The last so many units, instead of days.</summary>
    public int? Interval { get; init; }

    /// <summary>The first day.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The last day.</summary>
    public DateOnly? To { get; init; }

    internal Parameters AddTo(Parameters query)
    {
        if (Interval is null == From is null || From is null != To is null)
        {
            throw new ArgumentException("Events are counted over an interval or from a day to a day.");
        }

        if (From is { } from && To is { } to)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        }

        return query.Add("unit", Unit).Add("interval", Interval).Add("from_date", From).Add("to_date", To);
    }
}

/// <summary>An event among the most frequent of today.</summary>
/// <param name="Event">Its name.</param>
/// <param name="Amount">How often it happened.</param>
/// <param name="PercentChange">Against yesterday, where 1 is as much again.</param>
public sealed record TopEvent(string Event, double Amount, double? PercentChange);
