using System.Text.Json;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>Walks over a profile's properties once.</summary>
internal static class ProfileReader
{
    // Far deeper than what is accepted on reception.
    private const int MaxDepth = 1024;

    /// <summary>A reader that stands at the start of the object.</summary>
    /// <exception cref="JsonException">It is not a JSON object.</exception>
    public static Utf8JsonReader Begin(ReadOnlySpan<byte> properties)
    {
        var reader = new Utf8JsonReader(properties, new JsonReaderOptions { MaxDepth = MaxDepth });
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? reader : throw new JsonException("The properties are not a JSON object.");
    }

    /// <summary>Goes on to the next property's value.</summary>
    /// <param name="reader">Stands behind the value before.</param>
    /// <param name="names">The names that matter.</param>
    /// <param name="scratch">Grows to hold a name that is written with escapes.</param>
    /// <param name="place">The name's place, or -1.</param>
    /// <returns>False at the end.</returns>
    public static bool NextProperty(ref Utf8JsonReader reader, Utf8NameTable names, ref byte[] scratch, out int place)
    {
        place = -1;
        if (!reader.Read() || reader.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }

        if (!reader.ValueIsEscaped)
        {
            place = names.Find(reader.ValueSpan);
        }
        else
        {
            if (scratch.Length < reader.ValueSpan.Length)
            {
                scratch = new byte[reader.ValueSpan.Length];
            }

            try
            {
                place = names.Find(scratch.AsSpan(0, reader.CopyString(scratch)));
            }
            catch (InvalidOperationException)
            {
                // Half a surrogate pair: no mapping can name such a property.
            }
        }

        reader.Read();
        return true;
    }
}
