using System.Text.Json;
using Sluice.Core.Pull;

namespace Sluice.Destinations.Mixpanel.Pull;

/// <summary>Reads the rows of a script: a list that begins with a distinct id, what <c>groupByUser</c> gives (<c>{key, value}</c>), or an object with <c>distinct_id</c>.</summary>
internal static class JqlRows
{
    private static readonly JqlRow Nobody = new(null, []);

    public static JqlRow Read(JsonElement row)
    {
        try
        {
            return Of(row);
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            // Half of a surrogate pair: no text that could be kept.
            return Nobody;
        }
    }

    private static JqlRow Of(JsonElement row) => row.ValueKind switch
    {
        JsonValueKind.Array => Of([.. row.EnumerateArray()]),
        JsonValueKind.Object when row.TryGetProperty("key", out var key) => Of([.. Parts(key), .. row.TryGetProperty("value", out var value) ? Parts(value) : []]),
        JsonValueKind.Object when row.TryGetProperty("distinct_id", out var id) => Of([id, .. row.EnumerateObject().Where(p => p.Name != "distinct_id").Select(p => p.Value)]),
        JsonValueKind.String or JsonValueKind.Number => Of([row]),
        _ => Nobody,
    };

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
