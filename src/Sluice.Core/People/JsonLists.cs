using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Sluice.Core.People;

/// <summary>Lists of JSON values, each value as its bytes.</summary>
internal static class JsonLists
{
    public static List<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> json)
    {
        var items = new List<ReadOnlyMemory<byte>>();
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            items.Add(json[start..(int)reader.BytesConsumed]);
        }

        return items;
    }

    public static byte[] Write(List<ReadOnlyMemory<byte>> items)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        buffer.Write("["u8);
        for (var i = 0; i < items.Count; i++)
        {
            buffer.Write(i == 0 ? default : ","u8);
            buffer.Write(items[i].Span);
        }

        buffer.Write("]"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The list with those of the others behind it that are not in it yet.</summary>
    public static List<ReadOnlyMemory<byte>> Union(List<ReadOnlyMemory<byte>> items, List<ReadOnlyMemory<byte>> others)
    {
        var seen = new HashSet<string>(items.Select(Key), StringComparer.Ordinal);
        var union = new List<ReadOnlyMemory<byte>>(items);
        union.AddRange(others.Where(other => seen.Add(Key(other))));
        return union;
    }

    /// <summary>The list without a value.</summary>
    public static List<ReadOnlyMemory<byte>> Without(List<ReadOnlyMemory<byte>> items, ReadOnlyMemory<byte> value)
    {
        var key = Key(value);
        return items.FindAll(item => Key(item) != key);
    }

    /// <summary>What two values have in common when they are equal, however they are written: 1 and 1.0, a letter and its escape.</summary>
    private static string Key(ReadOnlyMemory<byte> value)
    {
        var reader = new Utf8JsonReader(value.Span);
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => "\"" + reader.GetString(),
            JsonTokenType.Number when reader.TryGetDouble(out var number) && Math.Abs(number) < 1L << 53 =>
                number.ToString("R", CultureInfo.InvariantCulture),
            _ => System.Text.Encoding.UTF8.GetString(value.Span),
        };
    }
}
