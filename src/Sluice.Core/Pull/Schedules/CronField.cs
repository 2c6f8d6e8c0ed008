using System.Globalization;

namespace Sluice.Core.Pull.Schedules;

/// <summary>One field of a cron expression: numbers, ranges, steps and <c>*</c>, separated by commas.</summary>
/// <param name="Values">The numbers that match, in order.</param>
/// <param name="IsStar">It begins with <c>*</c>: of the two fields for days such a one does not choose.</param>
/// <param name="Repeats">Not just numbers: within the day it comes again and again.</param>
internal sealed record CronField(IReadOnlyList<int> Values, bool IsStar, bool Repeats)
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public static CronField? Minute(string text) => Parse(text, 0, 59, [], 0);

    public static CronField? Hour(string text) => Parse(text, 0, 23, [], 0);

    public static CronField? Day(string text) => Parse(text, 1, 31, [], 0);

    public static CronField? Month(string text) => Parse(text, 1, 12, Months, 1);

    /// <summary>0 and 7 are both Sunday.</summary>
    public static CronField? WeekDay(string text) =>
        Parse(text, 0, 7, Days, 0) is { } field ? field with { Values = [.. field.Values.Select(v => v % 7).Distinct().Order()] } : null;

    public static DayOfWeek? DayOf(string name) => Array.IndexOf(Days, name.ToLowerInvariant()) is >= 0 and var day ? (DayOfWeek)day : null;

    private static CronField? Parse(string text, int least, int most, string[] names, int first)
    {
        var values = new SortedSet<int>();
        var repeats = false;
        foreach (var part in text.Split(','))
        {
            var (range, step) = part.Split('/') switch
            {
                [var whole] => (whole, 1),
                [var whole, var number] when Number(number) is > 0 and var by => (whole, by),
                _ => ("", 0),
            };
            var (from, to) = range == "*" ? (least, most) : range.Split('-') switch
            {
                // A number with a step goes on to the end, as everywhere.
                [var one] when Value(one) is { } value => (value, part.Contains('/', StringComparison.Ordinal) ? most : value),
                [var low, var high] when Value(low) is { } lower && Value(high) is { } upper => (lower, upper),
                _ => (1, 0),
            };
            if (step == 0 || from > to || from < least || to > most)
            {
                return null;
            }

            repeats |= from != to;
            for (var value = from; value <= to; value += step)
            {
                values.Add(value);
            }
        }

        return new CronField([.. values], text.StartsWith('*'), repeats);

        int? Value(string word) => Array.IndexOf(names, word.ToLowerInvariant()) is >= 0 and var place ? place + first : Number(word);
    }

    private static int? Number(string text) =>
        text.Length is > 0 and <= 2 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
