using System.Globalization;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>Days and times in a project's time zone.</summary>
internal sealed class ProjectZone(string name)
{
    private readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById(name);

    public static ProjectZone Utc { get; } = new("UTC");

    public string Name => name;

    public static string Format(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public DateOnly DayOf(DateTimeOffset moment) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, _zone).DateTime);

    public DateTime Local(long timeMs) => TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(timeMs), _zone).DateTime;

    /// <summary>The first millisecond of a day. Where the clock is put forward at midnight, it is that of the hour that follows.</summary>
    public long StartOf(DateOnly day)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        while (_zone.IsInvalidTime(midnight))
        {
            midnight = midnight.AddMinutes(30);
        }

        return new DateTimeOffset(midnight, _zone.GetUtcOffset(midnight)).ToUnixTimeMilliseconds();
    }

    /// <summary>How far the zone's wall clock is ahead of UTC at a moment.</summary>
    public long OffsetMs(long timeMs) => (long)_zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(timeMs)).TotalMilliseconds;

    /// <summary>A moment as an ISO text with the zone's offset.</summary>
    public string Text(DateTimeOffset moment) =>
        TimeZoneInfo.ConvertTime(moment, _zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
}
