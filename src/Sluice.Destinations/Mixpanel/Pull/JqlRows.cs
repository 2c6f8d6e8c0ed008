using System.Text.Json;
using Sluice.Core.Pull;

namespace Sluice.Destinations.Mixpanel.Pull;

/// <summary>Reads the rows of a script: a list that begins with the key, what <c>groupBy</c> gives (<c>{key, value}</c>), or an object that has the key among its properties.</summary>
internal static class JqlRows
{
    private static readonly JqlRow Nobody = new(null, []);

    public static JqlRow Read(JsonElement row, string key)
    {
        try
        {
            return Of(row, key);
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            // Half of a surrogate pair: no text that could be kept.
            return Nobody;
        }
    }

    private static JqlRow Of(JsonElement row, string key) => row.ValueKind switch
    {
        JsonValueKind.Array => Of([.. row.EnumerateArray()]),
        JsonValueKind.Object when row.TryGetProperty(key, out var named) && !IsGroup(row, key) =>
            Of([named, .. row.EnumerateObject().Where(p => p.Name != key).Select(p => p.Value)]) with { Names = [.. row.EnumerateObject().Where(p => p.Name != key).Select(p => p.Name)] },
        JsonValueKind.Object when row.TryGetProperty("key", out var parts) => Of([.. Parts(parts), .. row.TryGetProperty("value", out var value) ? Parts(value) : []]),
        JsonValueKind.String or JsonValueKind.Number => Of([row]),
        _ => Nobody,
    };

    /// <summary>What <c>groupBy</c> gives, whose key is a list: also where a column is called <c>key</c>.</summary>
    private static bool IsGroup(JsonElement row, string key) => key == "key" && row.GetProperty(key).ValueKind == JsonValueKind.Array;

    private static JqlRow Of(IReadOnlyList<JsonElement> parts) =>
        parts.Count > 0 && Id(parts[0]) is { } id ? new JqlRow(id, [.. parts.Skip(1).Select(PulledMembers.Compact)]) : Nobody;

    private static List<JsonElement> Parts(JsonElement value) => value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];

    private static string? Id(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };
}
