namespace Sluice.Mixpanel.Client;

/// <summary>How many people come back. Everything that is null is left out.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <seealso href="https://developer.mixpanel.com/reference/retention-query"/>
public sealed record RetentionQuery(DateOnly From, DateOnly To)
{
    /// <summary>The first event, with which a person belongs to a time. Without it every event counts, each time anew.</summary>
    public string? BornEvent { get; init; }

    /// <summary>The event that counts as coming back; null for any.</summary>
    public string? Event { get; init; }

    /// <summary>An expression that the first event must meet.</summary>
    public string? BornWhere { get; init; }

    /// <summary>An expression that the returning event must meet.</summary>
    public string? Where { get; init; }

    /// <summary>An expression whose values make segments. The shape of the answer is not published then: see <see cref="MixpanelQueryClient.RetentionJsonAsync"/>.</summary>
    public string? On { get; init; }

    /// <summary>The days of an interval, instead of <see cref="Unit"/>: 90 at most. Mixpanel's own default is 1.</summary>
    public int? Interval { get; init; }

    /// <summary>How many intervals follow the first. Mixpanel's own default is 1.</summary>
    public int? IntervalCount { get; init; }

    /// <summary>The unit of time: a day, a week or a month.</summary>
    public MixpanelUnit? Unit { get; init; }

    /// <summary>Whether who comes later counts for all intervals before, too.</summary>
    public bool? Unbounded { get; init; }

    /// <summary>How many segments at most, with <see cref="On"/> only.</summary>
    public int? Limit { get; init; }

    internal Parameters AddTo(Parameters query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(To, From);
        if (Unit is not null && Interval is not null)
        {
            throw new ArgumentException("A retention has a unit or an interval, and not both.");
        }

        // Without a first event there is nothing to be born with: every return counts.
        return query.Add("from_date", From).Add("to_date", To).Add("retention_type", BornEvent is null ? "compounded" : "birth").Add("born_event", BornEvent)
            .Add("event", Event).Add("born_where", BornWhere).Add("where", Where).Add("interval", Interval).Add("interval_count", IntervalCount)
            .Add("unit", Unit).Add("unbounded_retention", Unbounded).Add("on", On).Add("limit", Limit);
    }
}

/// <summary>How often people come back within a unit of time.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="Unit">The unit that people are looked at for: a day, a week or a month.</param>
/// <param name="AddictionUnit">The units in it that are counted: an hour or a day.</param>
/// <seealso href="https://developer.mixpanel.com/reference/retention-frequency-query"/>
public sealed record AddictionQuery(DateOnly From, DateOnly To, MixpanelUnit Unit, MixpanelUnit AddictionUnit)
{
    /// <summary>The event that counts; null for any.</summary>
    public string? Event { get; init; }

    /// <summary>An expression that the event must meet.</summary>
    public string? Where { get; init; }

    internal Parameters AddTo(Parameters query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(To, From);
        return query.Add("from_date", From).Add("to_date", To).Add("unit", Unit).Add("addiction_unit", AddictionUnit).Add("event", Event).Add("where", Where);
    }
}

/// <summary>The people of one time, and how many of them came back.</summary>
/// <param name="First">How many there were.</param>
/// <param name="Counts">How many of them were there in each interval, from the one they began in.</param>
public sealed record RetentionCohort(long First, IReadOnlyList<long> Counts);
