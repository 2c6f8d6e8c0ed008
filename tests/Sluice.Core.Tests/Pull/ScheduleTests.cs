using System.Globalization;
using Sluice.Core.Pull.Schedules;

namespace Sluice.Core.Tests.Pull;

public sealed class ScheduleTests
{
    private static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    [Theory]
    [InlineData("every 6h", "UTC", "2026-01-05T07:30:00Z", "2026-01-05T12:00:00Z")]
    [InlineData("every 6h", "UTC", "2026-01-05T12:00:00Z", "2026-01-05T18:00:00Z")]
    [InlineData("EVERY 90m", "UTC", "2026-01-05T00:00:01Z", "2026-01-05T01:30:00Z")]
    [InlineData("every 1d", "Asia/Seoul", "2026-01-05T07:30:00Z", "2026-01-06T00:00:00Z")]
    [InlineData("daily 03:00", "UTC", "2026-01-05T03:00:00Z", "2026-01-06T03:00:00Z")]
    [InlineData("daily 03:00", "Asia/Seoul", "2026-01-05T03:00:00Z", "2026-01-05T18:00:00Z")]
    [InlineData("daily 3:05", "America/New_York", "2026-01-05T09:00:00Z", "2026-01-06T08:05:00Z")]
    [InlineData("weekly mon 03:00", "UTC", "2026-01-05T02:59:59Z", "2026-01-05T03:00:00Z")]
    [InlineData("weekly mon 03:00", "UTC", "2026-01-05T03:00:00Z", "2026-01-12T03:00:00Z")]
    [InlineData("weekly Sun 00:30", "Asia/Kolkata", "2026-01-05T00:00:00Z", "2026-01-10T19:00:00Z")]
    [InlineData("*/15 * * * *", "UTC", "2026-01-05T07:31:00Z", "2026-01-05T07:45:00Z")]
    [InlineData("5/20 4 * * *", "UTC", "2026-01-05T04:05:00Z", "2026-01-05T04:25:00Z")]
    [InlineData("0 3 * * 1-5", "UTC", "2026-01-09T03:00:00Z", "2026-01-12T03:00:00Z")]
    [InlineData("0 3 * * 7", "UTC", "2026-01-05T03:00:00Z", "2026-01-11T03:00:00Z")]
    [InlineData("0 3 1,15 feb,mar *", "UTC", "2026-02-16T00:00:00Z", "2026-03-01T03:00:00Z")]
    [InlineData("0 0 29 2 *", "UTC", "2026-01-05T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 29 2 *", "UTC", "2097-01-05T00:00:00Z", "2104-02-29T00:00:00Z")]
    // Where both fields for days choose, either will do.
    [InlineData("0 0 13 * fri", "UTC", "2026-01-05T00:00:00Z", "2026-01-09T00:00:00Z")]
    [InlineData("0 0 13 * fri", "UTC", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z")]
    public void The_next_time(string text, string zone, string after, string expected) =>
        Assert.Equal(At(expected), Parse(text).NextAfter(At(after), TimeZoneInfo.FindSystemTimeZoneById(zone)));

    [Theory]
    // 2026-03-29: at 02:00 the clock in Paris shows 03:00. A time that does not exist becomes the first that does.
    [InlineData("daily 02:30", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z,2026-03-30T00:30:00Z")]
    [InlineData("*/30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z,2026-03-30T00:30:00Z")]
    [InlineData("0 * * * *", "2026-03-28T23:30:00Z", "2026-03-29T00:00:00Z,2026-03-29T01:00:00Z,2026-03-29T02:00:00Z")]
    // 2026-10-25: at 03:00 it shows 02:00 again. A time of its own comes once, what repeats follows the clock.
    [InlineData("daily 02:30", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z,2026-10-26T01:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T00:45:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("0 * * * *", "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z,2026-10-25T01:00:00Z,2026-10-25T02:00:00Z")]
    [InlineData("every 1h", "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z,2026-10-25T01:00:00Z,2026-10-25T02:00:00Z")]
    public void When_the_clock_is_put_forward_or_back(string text, string after, string expected)
    {
        var time = At(after);
        foreach (var next in expected.Split(','))
        {
            time = Parse(text).NextAfter(time, Paris)!.Value;
            Assert.Equal(At(next), time);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("hourly")]
    [InlineData("every")]
    [InlineData("every 6")]
    [InlineData("every 0h")]
    [InlineData("every 6 h")]
    [InlineData("every 32d")]
    [InlineData("every -1h")]
    [InlineData("daily")]
    [InlineData("daily 24:00")]
    [InlineData("daily 3pm")]
    [InlineData("weekly 03:00")]
    [InlineData("weekly monday 03:00")]
    [InlineData("0 3 * *")]
    [InlineData("60 3 * * *")]
    [InlineData("0 3 0 * *")]
    [InlineData("0 3 * 13 *")]
    [InlineData("0 3 * * 8")]
    [InlineData("5-1 3 * * *")]
    [InlineData("*/0 3 * * *")]
    [InlineData("1/2/3 3 * * *")]
    [InlineData(", 3 * * *")]
    [InlineData("0 3 * * * *")]
    public void What_is_no_schedule(string text) => Assert.False(Schedule.TryParse(text, out _));

    [Fact]
    public void A_day_that_never_comes_has_no_next_time()
    {
        Assert.Null(Parse("0 0 30 2 *").NextAfter(At("2026-01-05T00:00:00Z"), TimeZoneInfo.Utc));
        Assert.Null(Parse("0 0 30 2 *").NextStart(At("2026-01-05T00:00:00Z"), TimeZoneInfo.Utc, 0.5));
    }

    [Fact]
    public void A_job_begins_a_little_later_than_planned_and_always_by_the_same_share()
    {
        var daily = Parse("daily 03:00");
        Assert.Equal(At("2026-01-05T03:00:00Z"), daily.NextStart(At("2026-01-05T00:00:00Z"), TimeZoneInfo.Utc, 0));
        Assert.Equal(At("2026-01-05T03:02:30Z"), daily.NextStart(At("2026-01-05T00:00:00Z"), TimeZoneInfo.Utc, 0.5));

        // Between the planned time and its start, that start is the next one.
        Assert.Equal(At("2026-01-05T03:02:30Z"), daily.NextStart(At("2026-01-05T03:01:00Z"), TimeZoneInfo.Utc, 0.5));
        Assert.Equal(At("2026-01-06T03:02:30Z"), daily.NextStart(At("2026-01-05T03:02:30Z"), TimeZoneInfo.Utc, 0.5));

        // Never more than a tenth of the way to the next one.
        Assert.Equal(At("2026-01-05T00:00:54Z"), Parse("every 10m").NextStart(At("2026-01-05T00:00:00Z"), TimeZoneInfo.Utc, 0.9));
        Assert.Equal(Schedule.ShareOf("p1/cohorts"), Schedule.ShareOf("p1/cohorts"));
        Assert.NotEqual(Schedule.ShareOf("p1/cohorts"), Schedule.ShareOf("p2/cohorts"));
        Assert.InRange(Schedule.ShareOf("p1/cohorts"), 0, 1);
    }

    private static Schedule Parse(string text)
    {
        Assert.True(Schedule.TryParse(text, out var schedule), text);
        return schedule;
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
