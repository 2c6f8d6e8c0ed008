namespace Sluice.Core.Delivery.Limiter;

/// <summary>Times as microseconds since 1970, the finest step that the databases keep.</summary>
internal static class Micros
{
    public const long PerSecond = 1_000_000;

    /// <summary>The last microsecond that a <see cref="DateTimeOffset"/> can name.</summary>
    public static long Last { get; } = Floor(DateTimeOffset.MaxValue);

    public static long Floor(DateTimeOffset time) => Math.Max(0, (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    public static long Ceiling(DateTimeOffset time) =>
        Math.Max(0, (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks + TimeSpan.TicksPerMicrosecond - 1) / TimeSpan.TicksPerMicrosecond);

    public static long Ceiling(TimeSpan span) => (span.Ticks + TimeSpan.TicksPerMicrosecond - 1) / TimeSpan.TicksPerMicrosecond;

    public static TimeSpan ToSpan(long micros) => TimeSpan.FromTicks(micros * TimeSpan.TicksPerMicrosecond);

    public static DateTimeOffset ToTime(long micros) => DateTimeOffset.UnixEpoch.AddTicks(Math.Min(micros, Last) * TimeSpan.TicksPerMicrosecond);
}
