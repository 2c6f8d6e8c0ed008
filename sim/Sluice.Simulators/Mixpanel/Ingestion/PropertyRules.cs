using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>What is too large is refused, what is too long is cut.</summary>
internal static class PropertyRules
{
    private const int LongestText = 255;

    /// <summary>The sentence about the first property that breaks a limit, with its name; or null.</summary>
    public static (string Name, string Message)? Check(JsonObject properties, MixpanelLimits limits, int maxValueBytes)
    {
        foreach (var (name, value) in properties)
        {
            if (Problem(value, limits, maxValueBytes) is { } problem)
            {
                return (name, problem);
            }
        }

        return null;
    }

    public static string? Problem(JsonNode? value, MixpanelLimits limits, int maxValueBytes) => value switch
    {
        not (JsonArray or JsonObject) => null,
        _ when Depth(value) > limits.MaxDepth => $"must not be nested deeper than {limits.MaxDepth} levels",
        _ when HasTooMany(value, limits.MaxNestedItems) => $"must have fewer than {limits.MaxNestedItems} elements",
        _ when JsonTree.Bytes(value) > maxValueBytes => $"must not exceed {maxValueBytes} bytes",
        _ => null,
    };

    /// <summary>A copy with names and texts cut to their length.</summary>
    public static JsonNode? Cut(JsonNode? value, bool inBytes)
    {
        switch (value)
        {
            case JsonObject properties:
                var copy = new JsonObject();
                foreach (var (name, inner) in properties)
                {
                    copy[JsonTree.Cut(name, LongestText, inBytes: false)] = Cut(inner, inBytes);
                }

                return copy;
            case JsonArray list:
                return new JsonArray([.. list.Select(item => Cut(item, inBytes))]);
            default:
                return JsonTree.AsText(value) is { } text ? JsonValue.Create(JsonTree.Cut(text, LongestText, inBytes)) : value?.DeepClone();
        }
    }

    private static int Depth(JsonNode? value) => value switch
    {
        JsonArray list => 1 + list.Select(Depth).DefaultIfEmpty().Max(),
        JsonObject inner => 1 + inner.Select(property => Depth(property.Value)).DefaultIfEmpty().Max(),
        _ => 0,
    };

    private static bool HasTooMany(JsonNode? value, int limit) => value switch
    {
        JsonArray list => list.Count >= limit || list.Any(item => HasTooMany(item, limit)),
        JsonObject inner => inner.Count >= limit || inner.Any(property => HasTooMany(property.Value, limit)),
        _ => false,
    };
}
