using System.Text;

namespace Sluice.Mixpanel.Ingestion;

/// <summary>The values that Mixpanel refuses as ids: what broken programs send instead of one.</summary>
internal static class BadIds
{
    private const int Longest = 36;

    private static readonly byte[][] Values =
    [
        .. new[]
        {
            "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown",
            "<nil>", "0", "-1", "true", "false", "[]", "{}",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>Whether an id, in any case of its letters, is one of them.</summary>
    public static bool Contains(ReadOnlySpan<byte> id)
    {
        if (id.Length > Longest)
        {
            return false;
        }

        foreach (var value in Values)
        {
            if (value.Length == id.Length && Ascii.EqualsIgnoreCase(id, value))
            {
                return true;
            }
        }

        return false;
    }
}
