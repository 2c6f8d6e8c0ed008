using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Core.Delivery.Enrichment;

/// <summary>Gathers what is added to one record, and never lets it take the place of what the record says itself.</summary>
public sealed class AddedProperties(JsonElement own)
{
    private readonly List<(string Name, string? Json)> _added = [];

    /// <summary>Adds a property; of two that add the same one, the first that has a value counts.</summary>
    /// <param name="json">Null says that there is no value: what the destination has is emptied.</param>
    public void Add(string name, string? json)
    {
        if (own.TryGetProperty(name, out var mine) && mine.ValueKind != JsonValueKind.Null)
        {
            return;
        }

        var at = _added.FindIndex(a => a.Name == name);
        if (at < 0)
        {
            _added.Add((name, json));
        }
        else
        {
            _added[at] = (name, _added[at].Json ?? json);
        }
    }

    /// <summary>Adds the columns that belong to a key of a table.</summary>
    /// <param name="row">The row, a JSON object; null when the table has none for the key.</param>
    public void Add(LookupJoin join, JsonElement? row)
    {
        foreach (var (column, property) in join.Columns)
        {
            Add(property, row is { } found && found.TryGetProperty(column, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetRawText() : null);
        }
    }

    /// <summary>A JSON object of what was added.</summary>
    public string ToJson() => _added.Count == 0 ? "{}" : Encoding.UTF8.GetString(Write(root: null, nulls: true));

    /// <summary>The record's own properties with what was added behind them; where there is no value nothing is added.</summary>
    /// <returns>Null when nothing was added.</returns>
    public byte[]? ToRecord() => _added.TrueForAll(a => a.Json is null) ? null : Write(own, nulls: false);

    private byte[] Write(JsonElement? root, bool nulls)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            var names = _added.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var property in root?.EnumerateObject().Where(p => !names.Contains(p.Name)) ?? [])
            {
                writer.WritePropertyName(property.Name);
                writer.WriteRawValue(property.Value.GetRawText(), skipInputValidation: true);
            }

            foreach (var (name, json) in _added.Where(a => nulls || a.Json is not null))
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(json ?? "null", skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
