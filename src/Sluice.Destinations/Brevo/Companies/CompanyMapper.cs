using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Companies;
using Sluice.Destinations.Brevo.Attributes;

namespace Sluice.Destinations.Brevo.Companies;

/// <summary>Makes of a group the company that Brevo is to have. A property that the group does not have leaves its attribute as it is.</summary>
internal sealed class CompanyMapper
{
    private const string Name = "name";
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IReadOnlyList<CompanyMapping> _mapping;
    private readonly Dictionary<string, string> _types;

    public CompanyMapper(IReadOnlyList<CompanyMapping> mapping, IReadOnlyList<BrevoCompanyAttributeInfo> attributes)
    {
        _mapping = [.. mapping.OrderBy(m => m.Attribute, StringComparer.Ordinal)];
        _types = attributes.Where(a => !a.IsReadOnly && a.Type is "text" or "number" or "boolean" or "date")
            .DistinctBy(a => a.Name, StringComparer.Ordinal).ToDictionary(a => a.Name, a => a.Type!, StringComparer.Ordinal);
        Missing = [.. _mapping.Select(m => m.Attribute).Where(a => a != Name && !_types.ContainsKey(a))];
    }

    /// <summary>Mapped attributes that companies do not have, or that cannot be written.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <exception cref="DeliveryException">The group has nothing that could be a company's name.</exception>
    public MappedCompany Map(string groupId, string properties)
    {
        using var document = JsonDocument.Parse(properties);
        var name = groupId;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var (property, attribute) in _mapping)
            {
                if (!document.RootElement.TryGetProperty(property, out var value))
                {
                    continue;
                }

                if (attribute == Name)
                {
                    name = Text(value) is { Length: > 0 } said && !string.IsNullOrWhiteSpace(said) ? said : name;
                }
                else if (_types.TryGetValue(attribute, out var type))
                {
                    Write(writer, attribute, type, value);
                }
            }

            writer.WriteEndObject();
        }

        if (string.IsNullOrWhiteSpace(name))
        {
            throw new DeliveryException(new Decision(
                DecisionKind.DeadLetter, "company_without_name", "The group's id is blank and nothing else gives the company a name: map a property to name.", TimeSpan.Zero));
        }

        ReadOnlyMemory<byte> attributes = buffer.WrittenMemory.ToArray();
        var hash = SHA256.HashData([.. Encoding.UTF8.GetBytes(name), 0, .. attributes.Span]);
        return new MappedCompany(name, BinaryPrimitives.ReadUInt128BigEndian(hash), attributes);
    }

    /// <summary>What does not fit the attribute's type is left out: what the company has stays.</summary>
    private static void Write(Utf8JsonWriter writer, string attribute, string type, JsonElement value)
    {
        switch (type)
        {
            case "number" when Number(value) is { } number:
                writer.WriteNumber(attribute, number);
                break;
            case "boolean" when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                writer.WriteBoolean(attribute, value.GetBoolean());
                break;
            case "date" when value.ValueKind == JsonValueKind.String && value.GetString() is { } date && CalendarDay.IsIso(Encoding.UTF8.GetBytes(date)):
                writer.WriteString(attribute, date[..10]);
                break;
            case "text" when Text(value) is { } text:
                writer.WriteString(attribute, text);
                break;
        }
    }

    private static decimal? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetDecimal(out var number) => number,
        JsonValueKind.String when decimal.TryParse(
            value.GetString(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var written) => written,
        _ => null,
    };

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Text).OfType<string>()),
        _ => null,
    };
}
