using System.Globalization;
using System.Net.Http.Headers;

namespace Sluice.Brevo;

/// <summary>
/// What an answer said about the account's rate limit, in the headers <c>x-sib-ratelimit-limit</c>, <c>-remaining</c> and <c>-reset</c>.
/// </summary>
/// <param name="Limit">Calls that the current window allows in this endpoint's bucket, or null when not said.</param>
/// <param name="Remaining">Calls left in the window, or null when not said.</param>
/// <param name="Reset">Time until the window starts anew, counted from the answer, or null when not said.</param>
/// <seealso href="https://developers.brevo.com/docs/limit-headers"/>
public sealed record BrevoRateLimit(long? Limit, long? Remaining, TimeSpan? Reset)
{
    // Windows are seconds or an hour long. A larger number is some other unit or a point in time, and waiting for it would stop an
    // account for years.
    private static readonly TimeSpan LongestReset = TimeSpan.FromDays(1);

    internal static BrevoRateLimit? Read(HttpResponseHeaders headers)
    {
        var limit = ReadCount(headers, "x-sib-ratelimit-limit");
        var remaining = ReadCount(headers, "x-sib-ratelimit-remaining");
        var reset = ReadSeconds(headers, "x-sib-ratelimit-reset");
        return limit is null && remaining is null && reset is null ? null : new BrevoRateLimit(limit, remaining, reset);
    }

    private static long? ReadCount(HttpResponseHeaders headers, string name) =>
        First(headers, name) is { } text && long.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var count)
            ? count
            : null;

    private static TimeSpan? ReadSeconds(HttpResponseHeaders headers, string name) =>
        First(headers, name) is { } text
        && decimal.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds <= (decimal)LongestReset.TotalSeconds
            ? TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : null;

    private static string? First(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
