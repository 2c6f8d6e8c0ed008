using System.Text.Json;
using Sluice.Core.Erasure;

namespace Sluice.Server.Erasure;

/// <summary>What a request says: who is meant, and under which law.</summary>
internal sealed record ErasureBody(IReadOnlyList<string> DistinctIds, string Compliance, string? Disclosure)
{
    private const int MaxIdBytes = 255;

    private static readonly string[] Compliances = ["GDPR", "CCPA"];
    private static readonly string[] Disclosures = ["Data", "Categories", "Sources"];

    /// <returns>Null when it cannot be used; the problem says why.</returns>
    public static ErasureBody? Read(ReadOnlyMemory<byte> body, out string? problem)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            problem = document.RootElement.ValueKind == JsonValueKind.Object ? null : "The body must be a JSON object.";
            return problem is null ? Read(document.RootElement, out problem) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            problem = "The body is not JSON.";
            return null;
        }
    }

    private static ErasureBody? Read(JsonElement root, out string? problem)
    {
        var ids = root.TryGetProperty("distinct_ids", out var list) && list.ValueKind == JsonValueKind.Array ? Ids(list) : null;
        var compliance = Word(root, "compliance_type", Compliances) ?? (root.TryGetProperty("compliance_type", out _) ? null : Compliances[0]);
        var disclosure = Word(root, "disclosure_type", Disclosures);
        problem = (ids, compliance) switch
        {
            (null or { Count: 0 }, _) => "distinct_ids must be a list of texts that are not empty and have at most 255 bytes.",
            ({ Count: > ErasureRequest.MaxIds }, _) => $"distinct_ids may name at most {ErasureRequest.MaxIds} ids.",
            (_, null) => "compliance_type must be GDPR or CCPA.",
            _ when disclosure is null && root.TryGetProperty("disclosure_type", out _) => "disclosure_type must be Data, Categories or Sources.",
            _ => null,
        };
        return problem is null ? new ErasureBody(ids!, compliance!, disclosure) : null;
    }

    private static List<string>? Ids(JsonElement list)
    {
        var ids = new List<string>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || item.GetString() is not { Length: > 0 } id || System.Text.Encoding.UTF8.GetByteCount(id) > MaxIdBytes
                || id.Contains('\0', StringComparison.Ordinal))
            {
                return null;
            }

            ids.Add(id);
        }

        return ids;
    }

    private static string? Word(JsonElement root, string name, string[] words) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? words.FirstOrDefault(w => string.Equals(w, value.GetString(), StringComparison.OrdinalIgnoreCase))
            : null;
}
