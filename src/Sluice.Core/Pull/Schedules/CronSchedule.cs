namespace Sluice.Core.Pull.Schedules;

/// <summary>Minute, hour, day of the month, month and day of the week, on the clock of a time zone.</summary>
internal sealed class CronSchedule : Schedule
{
    // The twenty-ninth of February may be eight years away.
    private const int LongestSearchDays = 9 * 366;

    private readonly CronField _minute;
    private readonly CronField _hour;
    private readonly CronField _day;
    private readonly CronField _month;
    private readonly CronField _weekDay;

    private CronSchedule(CronField minute, CronField hour, CronField day, CronField month, CronField weekDay) =>
        (_minute, _hour, _day, _month, _weekDay) = (minute, hour, day, month, weekDay);

    public static CronSchedule? Parse(string[] fields) =>
        CronField.Minute(fields[0]) is { } minute && CronField.Hour(fields[1]) is { } hour && CronField.Day(fields[2]) is { } day
        && CronField.Month(fields[3]) is { } month && CronField.WeekDay(fields[4]) is { } weekDay
            ? new CronSchedule(minute, hour, day, month, weekDay)
            : null;

    /// <summary>Once a day, or once a week.</summary>
    public static CronSchedule At(TimeOnly time, DayOfWeek? day) => new(
        One(time.Minute), One(time.Hour), CronField.Day("*")!, CronField.Month("*")!, day is { } weekDay ? One((int)weekDay) : CronField.WeekDay("*")!);

    public override DateTimeOffset? NextAfter(DateTimeOffset after, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);

        // Where the clock is put back over midnight, the times of two days overlap: so a day's are judged together with the next one's.
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(after, zone).DateTime).AddDays(-1);
        var found = FirstOf(day, after, zone);
        for (var searched = 0; searched < LongestSearchDays && day < DateOnly.MaxValue.AddDays(-2); searched++)
        {
            day = day.AddDays(1);
            var next = FirstOf(day, after, zone);
            if (found is { } sure)
            {
                return next is { } earlier && earlier < sure ? earlier : sure;
            }

            found = next;
        }

        return found;
    }

    private DateTimeOffset? FirstOf(DateOnly day, DateTimeOffset after, TimeZoneInfo zone)
    {
        if (!Matches(day))
        {
            return null;
        }

        var follows = _minute.Repeats || _hour.Repeats;
        DateTimeOffset? first = null;
        foreach (var hour in _hour.Values)
        {
            foreach (var minute in _minute.Values)
            {
                foreach (var time in LocalTimes.Of(day.ToDateTime(new TimeOnly(hour, minute)), zone, follows))
                {
                    if (time > after && (first is null || time < first))
                    {
                        first = time;
                    }
                }
            }
        }

        return first;
    }

    /// <summary>Where both fields for days choose, a day that either chooses will do: so cron has it.</summary>
    private bool Matches(DateOnly day)
    {
        if (!_month.Values.Contains(day.Month))
        {
            return false;
        }

        var (ofMonth, ofWeek) = (_day.Values.Contains(day.Day), _weekDay.Values.Contains((int)day.DayOfWeek));
        return _day.IsStar || _weekDay.IsStar ? ofMonth && ofWeek : ofMonth || ofWeek;
    }

    private static CronField One(int value) => new([value], IsStar: false, Repeats: false);
}
