namespace Sluice.Destinations.Mixpanel.Pull;

/// <summary>
/// The clock of a project's exports. Mixpanel gives projects that were made before 2023 what a clock on their wall shows, written as if it were UTC.
/// Where that clock is put back, an hour comes twice and an export does not say which it means: the first is taken.
/// </summary>
/// <param name="zone">Where the clock hangs; null: exports tell UTC.</param>
internal sealed class ExportClock(TimeZoneInfo? zone)
{
    /// <summary>A moment as an export would tell it.</summary>
    public DateTimeOffset Shown(DateTimeOffset moment) => zone is null ? moment : new DateTimeOffset(TimeZoneInfo.ConvertTime(moment, zone).DateTime, TimeSpan.Zero);

    /// <summary>The moment that an export tells, in milliseconds since 1970.</summary>
    public long ToUtc(long shownMs)
    {
        if (zone is null)
        {
            return shownMs;
        }

        var wall = DateTime.SpecifyKind(DateTimeOffset.FromUnixTimeMilliseconds(shownMs).DateTime, DateTimeKind.Unspecified);

        // The larger the offset, the earlier the moment. A time that the clock leaves out is counted on from before the gap.
        var offset = zone.IsAmbiguousTime(wall) ? zone.GetAmbiguousTimeOffsets(wall).Max() : zone.GetUtcOffset(wall);
        return shownMs - (long)offset.TotalMilliseconds;
    }
}
