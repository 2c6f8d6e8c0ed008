using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Sluice.Core.Pull.Schedules;

/// <summary>When a job is due: <c>every 6h</c>, <c>daily 03:00</c>, <c>weekly mon 03:00</c>, or the five fields of cron.</summary>
/// <remarks>
/// Wall-clock times are those of the project's time zone. Where the clock is put forward, a time that does not exist becomes the first
/// that does; where it is put back, a time that comes twice counts the first time. A cron that repeats within the day follows the clock
/// as it runs instead: it skips what does not exist, and comes twice where the clock does.
/// </remarks>
public abstract class Schedule
{
    /// <summary>What is accepted, in words.</summary>
    public const string Accepted = "every and a number with m, h or d (every 6h), daily and a time (daily 03:00), weekly, a day and a time (weekly mon 03:00), or the five fields of cron (0 3 * * 1-5)";

    private static readonly TimeSpan LongestJitter = TimeSpan.FromMinutes(5);

    /// <summary>The first time after another.</summary>
    /// <returns>Null when there is none: the thirtieth of February never comes.</returns>
    public abstract DateTimeOffset? NextAfter(DateTimeOffset after, TimeZoneInfo zone);

    /// <summary>
    /// The first time after another at which a job begins: a little later than the schedule says, so that jobs of many projects do not all
    /// begin at one time, and always by the same share for the same job.
    /// </summary>
    /// <param name="share">The job's own, from 0 to 1: see <see cref="ShareOf"/>.</param>
    public DateTimeOffset? NextStart(DateTimeOffset after, TimeZoneInfo zone, double share)
    {
        // The delay of a time that lies just before may reach beyond.
        for (var time = NextAfter(after - LongestJitter, zone); time is { } planned; time = NextAfter(planned, zone))
        {
            var gap = (NextAfter(planned, zone) ?? DateTimeOffset.MaxValue) - planned;
            var delay = share * (gap / 10 < LongestJitter ? gap / 10 : LongestJitter);
            var start = planned + TimeSpan.FromSeconds(Math.Floor(delay.TotalSeconds));
            if (start > after)
            {
                return start;
            }
        }

        return null;
    }

    /// <summary>A share from 0 to 1 that is always the same for a name, on every machine.</summary>
    public static double ShareOf(string name)
    {
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name));
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(hash) / (uint.MaxValue + 1.0);
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out Schedule? schedule)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        schedule = words switch
        {
            [var every, var length] when Is(every, "every") => Interval.Parse(length),
            [var daily, var time] when Is(daily, "daily") && TimeOf(time) is { } at => CronSchedule.At(at, day: null),
            [var weekly, var name, var time] when Is(weekly, "weekly") && CronField.DayOf(name) is { } day && TimeOf(time) is { } at => CronSchedule.At(at, day),
            [_, _, _, _, _] => CronSchedule.Parse(words),
            _ => null,
        };
        return schedule is not null;
    }

    private static bool Is(string word, string expected) => word.Equals(expected, StringComparison.OrdinalIgnoreCase);

    private static TimeOnly? TimeOf(string text) =>
        TimeOnly.TryParseExact(text, ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;

    /// <summary>Again and again after the same length, counted from 1970: a restart does not move it.</summary>
    private sealed class Interval(TimeSpan length) : Schedule
    {
        private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
        private static readonly TimeSpan Longest = TimeSpan.FromDays(31);

        public static Interval? Parse(string text)
        {
            if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > 50_000)
            {
                return null;
            }

            TimeSpan? length = text[^1] switch
            {
                'm' or 'M' => TimeSpan.FromMinutes(count),
                'h' or 'H' => TimeSpan.FromHours(count),
                'd' or 'D' => TimeSpan.FromDays(count),
                _ => null,
            };
            return length is { } usable && usable >= Shortest && usable <= Longest ? new Interval(usable) : null;
        }

        public override DateTimeOffset? NextAfter(DateTimeOffset after, TimeZoneInfo zone)
        {
            var passed = after.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
            var times = Math.DivRem(passed, length.Ticks, out var rest) - (rest < 0 ? 1 : 0);
            return DateTimeOffset.UnixEpoch + ((times + 1) * length);
        }
    }
}
