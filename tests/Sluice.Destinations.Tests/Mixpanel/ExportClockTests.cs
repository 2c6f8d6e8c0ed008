using FsCheck;
using FsCheck.Fluent;
using Sluice.Destinations.Mixpanel.Pull;

namespace Sluice.Destinations.Tests.Mixpanel;

/// <summary>What an export shows of a moment leads back to the moment, in zones whose clocks are put forward and back by whatever lengths.</summary>
public sealed class ExportClockTests
{
    private static readonly string[] Zones =
        ["UTC", "Asia/Seoul", "Asia/Kolkata", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "America/Havana"];

    [Fact]
    public void Every_moment_comes_back_but_those_of_the_second_of_two_hours_that_look_alike()
    {
        var moments = from zone in Gen.Elements(Zones)
                      from seconds in Gen.Choose(0, int.MaxValue)
                      from ms in Gen.Choose(0, 999)
                      from near in Gen.Elements(true, false)
                      select (Zone: TimeZoneInfo.FindSystemTimeZoneById(zone), Ms: (seconds * 1000L) + ms, Near: near);
        Prop.ForAll(moments.ToArbitrary(), m =>
        {
            // Half of them stand beside a change of the clock, where things can go wrong.
            var moment = m.Near ? NearChange(m.Zone, m.Ms) : DateTimeOffset.FromUnixTimeMilliseconds(m.Ms);
            var clock = new ExportClock(m.Zone);
            var shown = clock.Shown(moment);
            var back = clock.ToUtc(shown.ToUnixTimeMilliseconds());
            var wall = DateTime.SpecifyKind(shown.DateTime, DateTimeKind.Unspecified);
            if (!m.Zone.IsAmbiguousTime(wall))
            {
                return back == moment.ToUnixTimeMilliseconds();
            }

            // The first of the two, which shows the same.
            var offsets = m.Zone.GetAmbiguousTimeOffsets(wall);
            return back == shown.ToUnixTimeMilliseconds() - (long)offsets.Max().TotalMilliseconds
                && clock.Shown(DateTimeOffset.FromUnixTimeMilliseconds(back)) == shown;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Theory]
    [InlineData("America/New_York", "2021-01-15T12:00:00Z", "2021-01-15T17:00:00Z")]
    [InlineData("America/New_York", "2021-07-15T12:00:00Z", "2021-07-15T16:00:00Z")]
    [InlineData("America/New_York", "2021-11-07T01:30:00Z", "2021-11-07T05:30:00Z")]
    [InlineData("America/New_York", "2021-03-14T02:30:00Z", "2021-03-14T07:30:00Z")]
    [InlineData("Asia/Seoul", "2021-07-15T08:59:59.999Z", "2021-07-14T23:59:59.999Z")]
    [InlineData("Asia/Kolkata", "2021-07-15T00:00:00Z", "2021-07-14T18:30:00Z")]
    public void A_shown_time_is_the_moment_by_the_rules_of_its_zone(string zone, string shown, string moment) => Assert.Equal(
        At(moment).ToUnixTimeMilliseconds(), new ExportClock(TimeZoneInfo.FindSystemTimeZoneById(zone)).ToUtc(At(shown).ToUnixTimeMilliseconds()));

    [Fact]
    public void Without_a_zone_an_export_tells_UTC()
    {
        var clock = new ExportClock(null);
        Assert.Equal(1_767_225_600_123, clock.ToUtc(1_767_225_600_123));
        Assert.Equal(At("2026-01-01T00:00:00Z"), clock.Shown(At("2026-01-01T00:00:00Z")));
    }

    /// <summary>Within three hours of the first change of the offset after a moment, if there is one within a year.</summary>
    private static DateTimeOffset NearChange(TimeZoneInfo zone, long ms)
    {
        var from = DateTimeOffset.FromUnixTimeMilliseconds(ms);
        var offset = zone.GetUtcOffset(from);
        for (var hours = 0; hours < 366 * 24; hours++)
        {
            if (zone.GetUtcOffset(from.AddHours(hours)) != offset)
            {
                return from.AddHours(hours).AddMilliseconds((ms % 21_600_000) - 10_800_000);
            }
        }

        return from;
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
