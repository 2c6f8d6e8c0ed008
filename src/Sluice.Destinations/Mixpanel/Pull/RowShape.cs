using System.Text.Json;

namespace Sluice.Destinations.Mixpanel.Pull;

/// <summary>Tells what a row looks like without telling what it says: types in place of values, and only names that are asked for. Other names may be people's.</summary>
internal static class RowShape
{
    private const int MostParts = 4;

    public static string Of(JsonElement row, IReadOnlyCollection<string> names) => row.ValueKind switch
    {
        JsonValueKind.Array => $"[{Parts(row.EnumerateArray().Select(Plain), row.GetArrayLength())}]",
        JsonValueKind.Object => $"{{{Parts(row.EnumerateObject().Select(p => $"{Name(p, names)}: {Plain(p.Value)}"), row.GetPropertyCount())}}}",
        _ => Plain(row),
    };

    private static string Parts(IEnumerable<string> parts, int count) => string.Join(", ", parts.Take(MostParts).Concat(count > MostParts ? ["…"] : []));

    private static string Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
        JsonValueKind.String => "text",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Array => "list",
        _ => "object",
    };

    private static string Name(JsonProperty property, IReadOnlyCollection<string> names)
    {
        try
        {
            return property.Name is "key" or "value" || names.Contains(property.Name) ? property.Name : "…";
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair is no name.
            return "…";
        }
    }
}
