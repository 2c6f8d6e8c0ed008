using System.Text.Json;

namespace Sluice.Server.Ingestion;

/// <summary>Finds the project token in JSON that was not parsed, or could not be.</summary>
internal static class RecordToken
{
    private static readonly JsonReaderOptions Lenient = new() { MaxDepth = 1000, AllowMultipleValues = true };

    /// <returns>The first text that is called <c>token</c> or <c>$token</c>; null when there is none before the JSON breaks.</returns>
    public static string? Find(ReadOnlySpan<byte> json)
    {
        var tokens = new HashSet<string>(StringComparer.Ordinal);
        Read(json, tokens, atMost: 1);
        return tokens.FirstOrDefault();
    }

    /// <returns>Every text that is called so before the JSON breaks, once.</returns>
    public static IReadOnlyCollection<string> All(ReadOnlySpan<byte> json)
    {
        var tokens = new HashSet<string>(StringComparer.Ordinal);
        Read(json, tokens, atMost: int.MaxValue);
        return tokens;
    }

    private static void Read(ReadOnlySpan<byte> json, HashSet<string> tokens, int atMost)
    {
        var start = json.StartsWith("\uFEFF"u8) ? 3 : 0;
        var reader = new Utf8JsonReader(json[start..], Lenient);
        try
        {
            while (tokens.Count < atMost && reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName
                    && (reader.ValueTextEquals("token"u8) || reader.ValueTextEquals("$token"u8))
                    && reader.Read() && reader.TokenType == JsonTokenType.String)
                {
                    tokens.Add(reader.GetString()!);
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Broken from here on, or a name or a text that is none: what would come behind it is nobody's.
        }
    }
}
