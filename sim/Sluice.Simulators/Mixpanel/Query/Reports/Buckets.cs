using System.Globalization;

namespace Sluice.Simulators.Mixpanel.Query.Reports;

/// <summary>The stretches of time that a report counts by, named by their beginning in the project's zone.</summary>
internal sealed class Buckets
{
    private const string Clock = "yyyy-MM-dd HH:mm:ss";

    private readonly ProjectZone _zone;
    private readonly string _unit;
    private readonly int _days;
    private readonly DateOnly _first;

    private Buckets(ProjectZone zone, string unit, int days, DateOnly first, DateOnly last)
    {
        (_zone, _unit, _days, _first) = (zone, unit, days, first);
        var end = zone.StartOf(last.AddDays(1));
        List<string> all = [];
        for (var at = zone.StartOf(first); at < end;)
        {
            var name = Of(at);
            if (all.Count == 0 || all[^1] != name)
            {
                all.Add(name);
            }

            at = unit switch { "minute" => at + 60_000, "hour" => at + 3_600_000, _ => zone.StartOf(zone.DayOf(DateTimeOffset.FromUnixTimeMilliseconds(at)).AddDays(1)) };
        }

        All = all;
    }

    /// <summary>The names of all, in order.</summary>
    public IReadOnlyList<string> All { get; }

    /// <summary>Reads <c>unit</c>, or the <c>interval</c> in days that may stand in its place.</summary>
    public static Buckets Read(QueryCall call, DateOnly from, DateOnly to, params string[] units)
    {
        var interval = call.Number("interval", 1, 90);
        return interval is not null && call.Text("unit") is { Length: > 0 }
            ? throw call.Bad("unit and interval exclude each other")
            : new Buckets(call.Project.Zone, call.OneOf("unit", "day", units), interval ?? 1, from, to);
    }

    /// <summary>Buckets of one unit.</summary>
    public static Buckets Of(QueryCall call, string unit, DateOnly from, DateOnly to, int days = 1) => new(call.Project.Zone, unit, days, from, to);

    /// <summary>The name of the bucket that a moment is in.</summary>
    public string Of(long timeMs)
    {
        var local = _zone.Local(timeMs);
        var day = DateOnly.FromDateTime(local);
        return _unit switch
        {
            "minute" => local.AddSeconds(-local.Second).AddMilliseconds(-local.Millisecond).ToString(Clock, CultureInfo.InvariantCulture),
            "hour" => local.Date.AddHours(local.Hour).ToString(Clock, CultureInfo.InvariantCulture),
            "week" => ProjectZone.Format(day.AddDays(-(((int)day.DayOfWeek + 6) % 7))),
            "month" => ProjectZone.Format(new DateOnly(day.Year, day.Month, 1)),
            _ => ProjectZone.Format(_first.AddDays((day.DayNumber - _first.DayNumber) / _days * _days)),
        };
    }
}
