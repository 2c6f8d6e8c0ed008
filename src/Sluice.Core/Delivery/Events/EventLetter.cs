using System.Globalization;
using System.Text.RegularExpressions;
using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Events;

/// <summary>Names the dead letter of an event after its destination and its place in the log, so that the event can be found again.</summary>
public static partial class EventLetter
{
    public static string IdOf(string destination, LogPosition position) =>
        string.Create(CultureInfo.InvariantCulture, $"event-{destination}-{position.Batch}-{position.Number}");

    /// <summary>Null for a letter of another kind.</summary>
    public static (string Destination, LogPosition Position)? Read(string id) =>
        Shape().Match(id) is { Success: true } match
            ? (match.Groups[1].Value, new LogPosition(
                long.Parse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
                int.Parse(match.Groups[3].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)))
            : null;

    [GeneratedRegex("^event-(.+)-([0-9]{1,18})-([0-9]{1,9})$")]
    private static partial Regex Shape();
}
