namespace Sluice.Core.Pull.Schedules;

/// <summary>When a clock on a wall shows a time: as a rule once, where it is put forward never, where it is put back twice.</summary>
internal static class LocalTimes
{
    private const int MinutesPerDay = 24 * 60;

    /// <param name="follows">As the clock runs: never, once or twice. Otherwise exactly once: the first time, or as soon as the time has passed.</param>
    /// <returns>The moments, in UTC.</returns>
    public static IEnumerable<DateTimeOffset> Of(DateTime wall, TimeZoneInfo zone, bool follows)
    {
        if (zone.IsInvalidTime(wall))
        {
            return follows ? [] : [AfterGap(wall, zone)];
        }

        if (!zone.IsAmbiguousTime(wall))
        {
            return [At(wall, zone.GetUtcOffset(wall))];
        }

        // The larger the offset, the earlier the moment.
        var moments = zone.GetAmbiguousTimeOffsets(wall).Select(offset => At(wall, offset)).Order();
        return follows ? moments : moments.Take(1);
    }

    private static DateTimeOffset AfterGap(DateTime wall, TimeZoneInfo zone)
    {
        var valid = wall;
        for (var minutes = 0; minutes < MinutesPerDay && zone.IsInvalidTime(valid); minutes++)
        {
            valid = valid.AddMinutes(1);
        }

        return At(valid, zone.GetUtcOffset(valid));
    }

    private static DateTimeOffset At(DateTime wall, TimeSpan offset) => new DateTimeOffset(wall, offset).ToUniversalTime();
}
