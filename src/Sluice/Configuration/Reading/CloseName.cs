namespace Sluice.Configuration.Reading;

/// <summary>Finds what a mistyped word was probably meant to be.</summary>
internal static class CloseName
{
    private const int LongestWord = 60;

    /// <summary>The nearest candidate within a few slips of the pen, or null. Case and the choice of <c>-</c> or <c>_</c> are no slip.</summary>
    public static string? Find(string word, IEnumerable<string> candidates)
    {
        if (word.Length > LongestWord)
        {
            return null;
        }

        var plain = Plain(word);
        return candidates
            .Select(candidate => (candidate, slips: Slips(plain, Plain(candidate))))
            .Where(pair => pair.slips <= Math.Min(2, Math.Min(plain.Length, pair.candidate.Length) / 3))
            .OrderBy(pair => pair.slips)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    private static string Plain(string word) => word.Replace('-', '_').ToLowerInvariant();

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.</summary>
    private static int Slips(string from, string to)
    {
        var (beforeLast, last, current) = (new int[to.Length + 1], new int[to.Length + 1], new int[to.Length + 1]);
        for (var column = 0; column <= to.Length; column++)
        {
            last[column] = column;
        }

        for (var row = 1; row <= from.Length; row++)
        {
            current[0] = row;
            for (var column = 1; column <= to.Length; column++)
            {
                var replaced = last[column - 1] + (from[row - 1] == to[column - 1] ? 0 : 1);
                current[column] = Math.Min(replaced, Math.Min(last[column], current[column - 1]) + 1);
                if (row > 1 && column > 1 && from[row - 1] == to[column - 2] && from[row - 2] == to[column - 1])
                {
                    current[column] = Math.Min(current[column], beforeLast[column - 2] + 1);
                }
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[to.Length];
    }
}
