using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Sluice.Core.People;

/// <summary>Merges a profile's properties, as JSON objects, property by property.</summary>
public static class ProfileProperties
{
    /// <summary>
    /// The stored properties with the incoming ones over them; when the incoming ones are older than what is stored, under them:
    /// then they only fill what is missing.
    /// </summary>
    /// <param name="cleared">What is not filled in, since it was taken away.</param>
    /// <returns>The very same string as <paramref name="stored"/> when nothing changes.</returns>
    public static string Merge(string stored, string incoming, bool newer, IReadOnlyCollection<string>? cleared = null)
    {
        if (string.Equals(stored, incoming, StringComparison.Ordinal) || incoming == "{}")
        {
            return stored;
        }

        var storedBytes = Encoding.UTF8.GetBytes(stored);
        var incomingBytes = Encoding.UTF8.GetBytes(incoming);
        var properties = Read(storedBytes);
        var changed = false;
        var places = new Dictionary<string, int>(properties.Count, StringComparer.Ordinal);
        for (var i = 0; i < properties.Count; i++)
        {
            places[properties[i].Name] = i;
        }

        foreach (var property in Read(incomingBytes))
        {
            if (!places.TryGetValue(property.Name, out var place))
            {
                if (cleared?.Contains(property.Name) == true)
                {
                    continue;
                }

                places.Add(property.Name, properties.Count);
                properties.Add(property);
                changed = true;
            }
            else if (newer && !properties[place].Value.Span.SequenceEqual(property.Value.Span))
            {
                properties[place] = property;
                changed = true;
            }
        }

        return changed ? Write(properties) : stored;
    }

    /// <summary>The names of the properties.</summary>
    public static IReadOnlyList<string> Names(string properties) => [.. Read(Encoding.UTF8.GetBytes(properties)).Select(p => p.Name)];

    /// <summary>The properties with others beside them that are explicitly empty.</summary>
    public static string WithNulls(string properties, IEnumerable<string> names) =>
        Merge(properties, $"{{{string.Join(',', names.Select(n => $"\"{JsonEncodedText.Encode(n)}\":null"))}}}", newer: false);

    internal static List<(string Name, ReadOnlyMemory<byte> Value)> Read(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        var properties = new List<(string, ReadOnlyMemory<byte>)>();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            properties.Add((name, json.AsMemory(start, (int)reader.BytesConsumed - start)));
        }

        return properties;
    }

    internal static string Write(List<(string Name, ReadOnlyMemory<byte> Value)> properties)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in properties)
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(value.Span, skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
