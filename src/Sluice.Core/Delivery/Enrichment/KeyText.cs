using System.Text.Json;

namespace Sluice.Core.Delivery.Enrichment;

/// <summary>Reads a property's value as the name of a group or the key of a table.</summary>
public static class KeyText
{
    /// <summary>So many values of one list are looked at.</summary>
    public const int MaxValues = 100;

    /// <summary>The values as texts, each once: a text as it is, a number as it is written, each element of a list.</summary>
    public static IReadOnlyList<string> All(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return One(value) is { } only ? [only] : [];
        }

        return [.. value.EnumerateArray().Select(One).OfType<string>().Distinct(StringComparer.Ordinal).Take(MaxValues)];
    }

    /// <summary>The first of them, which counts where only one can; null when there is none.</summary>
    public static string? First(JsonElement value) => All(value) is [var first, ..] ? first : null;

    private static string? One(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };
}
