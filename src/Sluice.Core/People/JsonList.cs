using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sluice.Core.People;

/// <summary>A list of JSON values while it is changed. It is read once and written once, however many changes there are between.</summary>
/// <remarks>Every change returns how it is taken back, for updates of which a later part turns out to be impossible.</remarks>
internal sealed class JsonList
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private List<(string Key, ReadOnlyMemory<byte> Value)> _items = [];
    private int _valueBytes;

    /// <summary>Its bytes of JSON.</summary>
    public int Length => _valueBytes + Math.Max(2, _items.Count + 1);

    public static JsonList Read(ReadOnlyMemory<byte> json)
    {
        var list = new JsonList();
        foreach (var value in Values(json))
        {
            list.Add(KeyOf(value), value);
        }

        return list;
    }

    /// <summary>Puts a value at the end.</summary>
    public Action Append(ReadOnlyMemory<byte> value)
    {
        var key = KeyOf(value);
        var isNew = Add(key, value);
        return () =>
        {
            _items.RemoveAt(_items.Count - 1);
            _valueBytes -= value.Length;
            if (isNew)
            {
                _keys.Remove(key);
            }
        };
    }

    /// <summary>Puts those values of another list at the end that are not in this one yet.</summary>
    /// <returns>Null when all of them are.</returns>
    public Action? Union(ReadOnlyMemory<byte> json)
    {
        var (count, valueBytes) = (_items.Count, _valueBytes);
        foreach (var value in Values(json))
        {
            var key = KeyOf(value);
            if (!_keys.Contains(key))
            {
                Add(key, value);
            }
        }

        return _items.Count == count ? null : () =>
        {
            _keys.ExceptWith(_items.Skip(count).Select(i => i.Key));
            _items.RemoveRange(count, _items.Count - count);
            _valueBytes = valueBytes;
        };
    }

    /// <summary>Takes a value out, wherever it stands.</summary>
    /// <returns>Null when it is not in the list.</returns>
    public Action? Remove(ReadOnlyMemory<byte> value)
    {
        var key = KeyOf(value);
        if (!_keys.Remove(key))
        {
            return null;
        }

        var (items, valueBytes) = (_items, _valueBytes);
        _items = items.FindAll(i => i.Key != key);
        _valueBytes = _items.Sum(i => i.Value.Length);
        return () =>
        {
            _items = items;
            _valueBytes = valueBytes;
            _keys.Add(key);
        };
    }

    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(Length);
        buffer.Write("["u8);
        for (var i = 0; i < _items.Count; i++)
        {
            buffer.Write(i == 0 ? default : ","u8);
            buffer.Write(_items[i].Value.Span);
        }

        buffer.Write("]"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private bool Add(string key, ReadOnlyMemory<byte> value)
    {
        _items.Add((key, value));
        _valueBytes += value.Length;
        return _keys.Add(key);
    }

    private static List<ReadOnlyMemory<byte>> Values(ReadOnlyMemory<byte> json)
    {
        var values = new List<ReadOnlyMemory<byte>>();
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            values.Add(json[start..(int)reader.BytesConsumed]);
        }

        return values;
    }

    /// <summary>What two values have in common when they are equal, however they are written: 1 and 1.0, a letter and its escape.</summary>
    private static string KeyOf(ReadOnlyMemory<byte> value)
    {
        var reader = new Utf8JsonReader(value.Span);
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => "\"" + reader.GetString(),
            JsonTokenType.Number when reader.TryGetDouble(out var number) && Math.Abs(number) < 1L << 53 =>
                number.ToString("R", CultureInfo.InvariantCulture),
            _ => Encoding.UTF8.GetString(value.Span),
        };
    }
}
