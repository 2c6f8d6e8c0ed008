using System.Globalization;
using System.Text.RegularExpressions;
using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Forwarding;

/// <summary>Names the dead letter of an operation so that it can be put back in its place. The letter's payload is the operation.</summary>
public static partial class ForwardLetter
{
    private const string Repeatable = "repeatable";
    private const string Once = "once";

    public static string IdOf(ForwardRow row) => string.Create(
        CultureInfo.InvariantCulture,
        $"forward-{row.Way.ToString().ToLowerInvariant()}-{(row.IsRepeatable ? Repeatable : Once)}-{row.Position.Batch}-{row.Position.Number}");

    /// <summary>Null for a letter of another kind.</summary>
    public static (ForwardWay Way, bool IsRepeatable, LogPosition Position)? Read(string id) =>
        Shape().Match(id) is { Success: true } match
            ? (Enum.Parse<ForwardWay>(match.Groups[1].ValueSpan, ignoreCase: true), match.Groups[2].ValueSpan.SequenceEqual(Repeatable),
                new LogPosition(
                    long.Parse(match.Groups[3].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
                    int.Parse(match.Groups[4].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)))
            : null;

    [GeneratedRegex("^forward-(profiles|groups|lookups)-(repeatable|once)-([0-9]{1,18})-([0-9]{1,9})$")]
    private static partial Regex Shape();
}
