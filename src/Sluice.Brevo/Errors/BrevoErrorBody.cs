using System.Text.Json;

namespace Sluice.Brevo;

/// <summary>
/// The error envelope <c>{"code","message","metadata":{"duplicate_identifiers"}}</c>, as far as there is one. Some services write
/// <c>error</c> for <c>message</c>,
/// some leave out the code, and gateways answer with HTML or nothing.
/// </summary>
internal sealed record BrevoErrorBody(string? Code, string? Message, IReadOnlyList<string> DuplicateIdentifiers)
{
    private static readonly BrevoErrorBody Empty = new(null, null, []);

    public static BrevoErrorBody Read(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith("\uFEFF"u8))
        {
            body = body[3..];
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return Empty;
            }

            return new BrevoErrorBody(Text(root, "code"), Text(root, "message") ?? Text(root, "error"), Duplicates(root));
        }
        catch (JsonException)
        {
            return Empty;
        }
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? LenientText.Of(value) : null;

    private static List<string> Duplicates(JsonElement root)
    {
        var names = new List<string>();
        if (!root.TryGetProperty("metadata", out var metadata)
            || metadata.ValueKind != JsonValueKind.Object
            || !metadata.TryGetProperty("duplicate_identifiers", out var identifiers))
        {
            return names;
        }

        if (identifiers.ValueKind == JsonValueKind.Array)
        {
            foreach (var identifier in identifiers.EnumerateArray())
            {
                Add(identifier);
            }
        }
        else
        {
            Add(identifiers);
        }

        return names;

        void Add(JsonElement identifier)
        {
            if (Redaction.Clean(LenientText.Of(identifier), 50) is { Length: > 0 } name)
            {
                names.Add(name);
            }
        }
    }
}
