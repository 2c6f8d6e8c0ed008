using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Brevo;

/// <summary>One custom event, checked, in the bytes in which it is sent: it can be kept, counted and sent again as it is.</summary>
/// <seealso href="https://developers.brevo.com/reference/create-event"/>
public sealed class BrevoEvent
{
    /// <summary>The longest name of an event and of a property, in characters.</summary>
    public const int MaxNameLength = 255;

    /// <summary>The largest object of properties, in bytes of JSON.</summary>
    public const int MaxPropertiesBytes = 50 * 1024;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private BrevoEvent(string name, byte[] json)
    {
        Name = name;
        Json = json;
    }

    /// <summary>The event's name.</summary>
    public string Name { get; }

    /// <summary>Its size in a request.</summary>
    public int ByteCount => Json.Length;

    internal byte[] Json { get; }

    /// <summary>Makes an event.</summary>
    /// <param name="name">1 to 255 characters: letters A to Z, digits, <c>_</c> and <c>-</c>.</param>
    /// <param name="identifiers">Whose it is.</param>
    /// <param name="date">When it happened; null for the time at which it arrives.</param>
    /// <param name="properties">A JSON object in UTF-8; empty for none. Its keys obey the rule of the name; null values are refused by Brevo.</param>
    /// <returns>The event.</returns>
    /// <exception cref="ArgumentException">The name breaks its rule, no identifier is given, or the properties are no object or too large.</exception>
    public static BrevoEvent Create(string name, BrevoEventIdentifiers identifiers, DateTimeOffset? date, ReadOnlySpan<byte> properties)
    {
        ArgumentNullException.ThrowIfNull(identifiers);
        if (!IsName(name))
        {
            throw new ArgumentException("The name has 1 to 255 letters, digits, _ or -.", nameof(name));
        }

        if (identifiers.IsEmpty)
        {
            throw new ArgumentException("An event needs an identifier of its contact.", nameof(identifiers));
        }

        if (properties.Length > MaxPropertiesBytes)
        {
            throw new ArgumentException($"The properties are larger than {MaxPropertiesBytes} bytes.", nameof(properties));
        }

        if (properties is not [] and not [(byte)'{', ..])
        {
            throw new ArgumentException("The properties are no JSON object.", nameof(properties));
        }

        return new BrevoEvent(name, Write(name, identifiers, date, properties));
    }

    /// <summary>Whether Brevo takes this as the name of an event or of a property.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True when it does.</returns>
    public static bool IsName(string? name) =>
        name is { Length: > 0 and <= MaxNameLength } && !name.AsSpan().ContainsAnyExcept(NameCharacters);

    /// <summary>Names the event and nobody.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"{Name} ({ByteCount} bytes)";

    internal static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private static byte[] Write(string name, BrevoEventIdentifiers identifiers, DateTimeOffset? date, ReadOnlySpan<byte> properties)
    {
        var buffer = new ArrayBufferWriter<byte>(properties.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("event_name", name);
            if (date is { } time)
            {
                writer.WriteString("event_date", time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture));
            }

            writer.WriteStartObject("identifiers");
            if (identifiers.ContactId is { } id)
            {
                writer.WriteNumber("contact_id", id);
            }

            Text("ext_id", identifiers.ExternalId);
            Text("email_id", string.IsNullOrEmpty(identifiers.Email) ? null : BrevoEmail.Normalize(identifiers.Email));
            Text("phone_id", identifiers.Phone);
            writer.WriteEndObject();
            if (!properties.IsEmpty)
            {
                writer.WritePropertyName("event_properties");
                writer.WriteRawValue(properties);
            }

            writer.WriteEndObject();

            void Text(string key, string? value)
            {
                if (!string.IsNullOrEmpty(value))
                {
                    writer.WriteString(key, value);
                }
            }
        }

        return buffer.WrittenSpan.ToArray();
    }
}
