using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Testing;

/// <summary>
/// One text for one JSON value: keys sorted, two spaces of indentation, LF. Numbers keep the digits they were written with (1 is not
/// 1.0 on the wire) and arrays their order; a key that stands twice is an error.
/// </summary>
public static class CanonicalJson
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The canonical text, ending with a line feed. Strings that are wholly one of the keys of <paramref name="scrub"/> become its value in braces.</summary>
    public static string Format(string json, IReadOnlyDictionary<string, string>? scrub = null)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WriterOptions))
        {
            Write(writer, document.RootElement, scrub ?? new Dictionary<string, string>());
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element, IReadOnlyDictionary<string, string> scrub)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in element.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(property.Name);
                    Write(writer, property.Value, scrub);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(writer, item, scrub);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(element.GetRawText());
                break;
            case JsonValueKind.String:
                var text = element.GetString()!;
                writer.WriteStringValue(scrub.TryGetValue(text, out var name) ? $"{{{name}}}" : text);
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
