using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sluice.Core.Pull.Schedules;

namespace Sluice.Configuration.Definition;

/// <summary>When a job is due.</summary>
internal sealed class ScheduleShape : ScalarShape<Schedule>
{
    public override string TypeText => "schedule";

    public override string Accepted => Schedule.Accepted;

    protected override string? TryParse(string text, out Schedule? value) =>
        !Schedule.TryParse(text, out value) ? "is not a schedule"
        : value.NextAfter(DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc) is null ? "names a day that never comes"
        : null;

    protected override JsonObject LiteralSchema() => new() { ["type"] = "string" };
}

/// <summary>A calendar day.</summary>
internal sealed class DayShape : ScalarShape<DateOnly>
{
    public override string TypeText => "day";

    public override string Accepted => "a day as YYYY-MM-DD";

    protected override string? TryParse(string text, out DateOnly value) =>
        !DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out value) ? "is not a day"
        : value.Year is < 2000 or > 2200 ? "is out of range"
        : null;

    protected override JsonObject LiteralSchema() => new() { ["type"] = "string", ["pattern"] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" };
}

/// <summary>Some days, such as <c>5d</c>.</summary>
internal sealed partial class DaysShape(int least, int most) : ScalarShape<int>
{
    public override string TypeText => "days";

    public override string Accepted { get; } = string.Create(CultureInfo.InvariantCulture, $"a number of days from {least}d to {most}d");

    protected override string? TryParse(string text, out int value)
    {
        value = 0;
        return !Form().IsMatch(text) ? "is not a number of days"
            : !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out value) || value < least || value > most ? "is out of range"
            : null;
    }

    protected override JsonObject LiteralSchema() => new() { ["type"] = "string", ["pattern"] = "^(0|[1-9][0-9]*)d$" };

    [GeneratedRegex(@"^(0|[1-9][0-9]*)d\z")]
    private static partial Regex Form();
}
