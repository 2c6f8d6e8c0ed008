using System.Text.Json;

namespace Sluice.Server.Ingestion;

/// <summary>Finds the project token in JSON that was not parsed, or could not be.</summary>
internal static class RecordToken
{
    private static readonly JsonReaderOptions Lenient = new() { MaxDepth = 1000, AllowMultipleValues = true };

    /// <returns>The first text that is called <c>token</c> or <c>$token</c>; null when there is none before the JSON breaks.</returns>
    public static string? Find(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Lenient);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName
                    && (reader.ValueTextEquals("token"u8) || reader.ValueTextEquals("$token"u8))
                    && reader.Read() && reader.TokenType == JsonTokenType.String)
                {
                    return reader.GetString();
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Broken from here on, or a name or a text that is none: what would come behind it is nobody's.
        }

        return null;
    }
}
