using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Brevo;

/// <summary>
/// Attributes of a contact as they are sent: values by name, in the order of their addition. Attributes that are not named stay as they
/// are.
/// </summary>
/// <remarks>
/// Names are sent in capitals, as Brevo requires; adding a name twice is an error, whatever its case. Columns that Brevo keeps itself
/// (<c>ADDED_TIME</c>, <c>MODIFIED_TIME</c>, <c>BLACKLISTED</c> and its relatives) are refused.
/// </remarks>
[JsonConverter(typeof(BrevoAttributesConverter))]
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "Attributes is the plural that Brevo uses.")]
public sealed class BrevoAttributes : IReadOnlyCollection<KeyValuePair<string, BrevoAttributeValue>>
{
    private readonly OrderedDictionary<string, BrevoAttributeValue> _values = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count => _values.Count;

    /// <summary>Adds a value.</summary>
    /// <param name="name">The attribute's name, in any case.</param>
    /// <param name="value">The value; its kind must fit the attribute's type.</param>
    /// <exception cref="ArgumentException">The name is empty, there already, or of a column that Brevo keeps itself.</exception>
    public void Add(string name, BrevoAttributeValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var normal = BrevoAttributeNames.Normalize(name, nameof(name));
        if (!_values.TryAdd(normal, value))
        {
            throw new ArgumentException($"{normal} is there already.", nameof(name));
        }
    }

    /// <summary>Whether a value was added under the name.</summary>
    /// <param name="name">The attribute's name, in any case.</param>
    /// <returns>True when there is one.</returns>
    public bool Contains(string name) => name is not null && _values.ContainsKey(name.Trim().ToUpperInvariant());

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, BrevoAttributeValue>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Names the count, not the content.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"{Count} attributes";

    internal bool HasText(string normalName) => _values.TryGetValue(normalName, out var value) && !value.IsBlankText;
}

internal sealed class BrevoAttributesConverter : JsonConverter<BrevoAttributes>
{
    public override BrevoAttributes Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Attributes are only sent.");

    public override void Write(Utf8JsonWriter writer, BrevoAttributes value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, item) in value)
        {
            writer.WritePropertyName(name);
            item.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}
