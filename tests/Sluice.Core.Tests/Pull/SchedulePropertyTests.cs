using FsCheck;
using FsCheck.Fluent;
using Sluice.Core.Pull.Schedules;

namespace Sluice.Core.Tests.Pull;

/// <summary>What holds for every schedule, in zones whose clocks are put forward and back, by an hour, by half of one, and over midnight.</summary>
public sealed class SchedulePropertyTests
{
    private static readonly string[] Zones =
        ["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "America/Havana"];

    private static readonly DateTimeOffset Start = new(2010, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_next_time_is_the_first_minute_that_the_fields_name()
    {
        // Simple and slow: looks at the clock minute by minute.
        var rules = from minute in Gen.Choose(0, 59)
                    from hour in Gen.Choose(0, 23)
                    from day in Gen.Elements("*", "1", "*/2", "10-20", "31")
                    from weekDay in Gen.Elements("*", "*", "1", "sat,sun")
                    select $"*/{(minute % 20) + 1} {hour} {day} * {weekDay}";
        Check(rules, (schedule, text, zone, after) =>
        {
            var expected = ByLooking(text, zone, after, TimeSpan.FromDays(70));
            return expected is null || schedule.NextAfter(after, zone) == expected;
        });
    }

    [Fact]
    public void A_time_of_its_own_comes_exactly_once_on_every_day_of_the_calendar()
    {
        var rules = from minute in Gen.Choose(0, 59) from hour in Gen.Choose(0, 23) select $"daily {hour:00}:{minute:00}";
        Check(rules, (schedule, text, zone, after) =>
        {
            // As many times as days, whatever was done to the clock.
            var (time, until) = (after, after.AddDays(400));
            var first = Local(schedule.NextAfter(after, zone)!.Value, zone);
            var count = 0;
            while (schedule.NextAfter(time, zone) is { } next && next <= until)
            {
                if (next <= time)
                {
                    return false;
                }

                (time, count) = (next, count + 1);
            }

            // Where a time is left out, it comes when the clock has passed it: on the same day.
            var days = DateOnly.FromDateTime(Local(time, zone)).DayNumber - DateOnly.FromDateTime(first).DayNumber + 1;
            return count == days;
        });
    }

    [Fact]
    public void Starts_keep_the_order_of_the_plan_and_none_is_left_out()
    {
        var rules = Gen.Elements("every 7m", "every 6h", "daily 02:30", "weekly sun 02:30", "*/7 * * * *", "0 1-3 * * *");
        var shares = Gen.Choose(0, 999).Select(s => s / 1000.0);
        var all = from text in rules from share in shares from zone in Gen.Elements(Zones) from minutes in Gen.Choose(0, 8_000_000) select (text, share, zone, minutes);
        Prop.ForAll(all.ToArbitrary(), one =>
        {
            Assert.True(Schedule.TryParse(one.text, out var schedule));
            var zone = TimeZoneInfo.FindSystemTimeZoneById(one.zone);
            var after = Start.AddMinutes(one.minutes);

            // Beginning at a start, both series advance in step.
            var start = schedule.NextStart(after, zone, one.share)!.Value;
            var planned = schedule.NextStart(start - TimeSpan.FromMinutes(6), zone, 0)!.Value;
            for (var i = 0; i < 20; i++)
            {
                var nextStart = schedule.NextStart(start, zone, one.share)!.Value;
                var between = 0;
                for (var time = schedule.NextAfter(start, zone); time <= nextStart; time = schedule.NextAfter(time!.Value, zone))
                {
                    between++;
                }

                // Between two starts lies one planned time: the second one's own.
                if (nextStart <= start || between != 1)
                {
                    return false;
                }

                start = nextStart;
            }

            return planned <= start;
        }).QuickCheckThrowOnFailure();
    }

    private static void Check(Gen<string> rules, Func<Schedule, string, TimeZoneInfo, DateTimeOffset, bool> holds)
    {
        var all = from text in rules from zone in Gen.Elements(Zones) from minutes in Gen.Choose(0, 8_000_000) select (text, zone, minutes);
        Prop.ForAll(all.ToArbitrary(), one =>
        {
            Assert.True(Schedule.TryParse(one.text, out var schedule));
            return holds(schedule, one.text, TimeZoneInfo.FindSystemTimeZoneById(one.zone), Start.AddMinutes(one.minutes));
        }).QuickCheckThrowOnFailure();
    }

    private static DateTimeOffset? ByLooking(string text, TimeZoneInfo zone, DateTimeOffset after, TimeSpan atMost)
    {
        var fields = text.Split(' ');
        var (minute, hour, day, weekDay) = (CronField.Minute(fields[0])!, CronField.Hour(fields[1])!, CronField.Day(fields[2])!, CronField.WeekDay(fields[4])!);
        for (var time = after.AddMinutes(1); time <= after + atMost; time = time.AddMinutes(1))
        {
            var wall = Local(time, zone);
            var days = day.IsStar || weekDay.IsStar
                ? day.Values.Contains(wall.Day) && weekDay.Values.Contains((int)wall.DayOfWeek)
                : day.Values.Contains(wall.Day) || weekDay.Values.Contains((int)wall.DayOfWeek);
            if (days && hour.Values.Contains(wall.Hour) && minute.Values.Contains(wall.Minute))
            {
                return time;
            }
        }

        return null;
    }

    private static DateTime Local(DateTimeOffset time, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(time, zone).DateTime;
}
