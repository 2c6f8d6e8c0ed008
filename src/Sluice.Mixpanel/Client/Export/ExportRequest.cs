namespace Sluice.Mixpanel.Client;

/// <summary>Which events are exported.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day, which is part of it and must have begun. Days are UTC for projects made since 2023, and those of the project's time zone for older ones.</param>
/// <seealso href="https://developer.mixpanel.com/reference/raw-data-export-api"/>
public sealed record ExportRequest(DateOnly From, DateOnly To)
{
    /// <summary>The most events that <see cref="Limit"/> may ask for.</summary>
    public const int MaxLimit = 100_000;

    /// <summary>The days of one call where nothing else is said.</summary>
    public const int DefaultWindowDays = 100;

    /// <summary>The names of the events that are wanted; null for all.</summary>
    public IReadOnlyCollection<string>? Events { get; init; }

    /// <summary>An expression that an event must meet, for instance <c>properties["amount"] > 10</c>.</summary>
    public string? Where { get; init; }

    /// <summary>Whether <c>time</c> comes in milliseconds. Otherwise in seconds, and events of one second cannot be put in order.</summary>
    /// <value>Default true. Mixpanel's own is false.</value>
    public bool TimeInMs { get; init; } = true;

    /// <summary>Stops after so many events, <see cref="MaxLimit"/> at most: a cap, and no page size.</summary>
    public int? Limit { get; init; }

    /// <summary>How many days one call asks for at most. Each call counts against the 60 of an hour.</summary>
    /// <value>Default 100.</value>
    public int WindowDays { get; init; } = DefaultWindowDays;

    /// <summary>Cuts a time into windows, the last of which may be shorter.</summary>
    /// <param name="from">The first day.</param>
    /// <param name="to">The last day.</param>
    /// <param name="days">The days of a window.</param>
    /// <returns>The windows in order, without gaps and overlaps.</returns>
    public static IEnumerable<ExportWindow> Windows(DateOnly from, DateOnly to, int days = DefaultWindowDays)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        ArgumentOutOfRangeException.ThrowIfLessThan(days, 1);
        return Cut();

        IEnumerable<ExportWindow> Cut()
        {
            for (var number = from.DayNumber; number <= to.DayNumber; number += days)
            {
                yield return new ExportWindow(DateOnly.FromDayNumber(number), DateOnly.FromDayNumber(Math.Min(number + days - 1, to.DayNumber)));
            }
        }
    }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(To, From);
        ArgumentOutOfRangeException.ThrowIfLessThan(WindowDays, 1);
        if (Limit is < 1 or > MaxLimit)
        {
            throw new ArgumentException($"The limit of an export is a number from 1 to {MaxLimit}.");
        }

        if (Events is { Count: 0 })
        {
            throw new ArgumentException("An export names at least one event, or none are chosen and all come.");
        }
    }

    internal Parameters ToQuery(ExportWindow window, long given) => new Parameters()
        .Add("from_date", window.From)
        .Add("to_date", window.To)
        .Add("event", Events)
        .Add("where", Where)
        .Add("time_in_ms", TimeInMs ? true : null)
        .Add("limit", Limit - given);
}

/// <summary>The days that one call asks for, both included.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
public sealed record ExportWindow(DateOnly From, DateOnly To);
