using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion;

/// <summary>Copies values of properties as Mixpanel would keep them: texts cut, each key of an object once, nothing over its limit.</summary>
internal sealed class ValueWriter(IngestionLimits limits)
{
    private readonly List<PropertyTable> _tables = [];

    /// <summary>How many texts were cut so far.</summary>
    public int Cut { get; set; }

    /// <summary>How many bytes of a name or a text, given without its quotes, are kept. Bytes that are no UTF-8 do no harm.</summary>
    public static int KeptLength(ReadOnlySpan<byte> text, int maxCharacters)
    {
        if (text.Length <= maxCharacters)
        {
            return text.Length;
        }

        var characters = 0;
        var at = 0;
        while (at < text.Length)
        {
            // A character outside the first plane is a surrogate pair: both halves are kept or none.
            characters += text[at] >= 0xF0 ? 2 : 1;
            if (characters > maxCharacters)
            {
                return at;
            }

            at += text[at] switch
            {
                (byte)'\\' => text[at..] is [_, (byte)'u', ..] ? 6 : 2,
                < 0x80 => 1,
                < 0xE0 => 2,
                < 0xF0 => 3,
                _ => 4,
            };
        }

        return text.Length;
    }

    /// <summary>Copies a value; <paramref name="destination"/> must have room for all of it.</summary>
    /// <returns>What is wrong with the value, or null.</returns>
    public string? Write(ReadOnlySpan<byte> value, Span<byte> destination, ref int written)
    {
        switch ((char)value[0])
        {
            case '"':
                var text = value[1..^1];
                var kept = KeptLength(text, limits.MaxTextCharacters);
                Cut += kept < text.Length ? 1 : 0;
                value[..(kept + 1)].CopyTo(destination[written..]);
                destination[written + kept + 1] = (byte)'"';
                written += kept + 2;
                return null;
            case '{' or '[':
                return value.Length > limits.MaxContainerBytes
                    ? $"a list or object may have at most {limits.MaxContainerBytes} bytes"
                    : WriteContainer(value, 1, destination, ref written);
            default:
                return WriteLiteral(value, destination, ref written);
        }
    }

    private static string? WriteLiteral(ReadOnlySpan<byte> value, Span<byte> destination, ref int written)
    {
        value.CopyTo(destination[written..]);
        written += value.Length;
        return CompactJson.IsFiniteLiteral(value) ? null : "a number must be within the range of a double";
    }

    private string? WriteContainer(ReadOnlySpan<byte> value, int depth, Span<byte> destination, ref int written)
    {
        if (depth > limits.MaxDepth)
        {
            return $"a list or object may be nested at most {limits.MaxDepth} levels deep";
        }

        var opening = written;
        destination[written++] = value[0];
        var problem = value[0] == '['
            ? WriteElements(value, depth, destination, ref written)
            : WriteKeys(value, depth, destination, ref written);

        // The last comma gives way to the bracket.
        written -= written > opening + 1 ? 1 : 0;
        destination[written++] = value[^1];
        return problem;
    }

    private string? WriteElements(ReadOnlySpan<byte> list, int depth, Span<byte> destination, ref int written)
    {
        var at = 1;
        for (var count = 1; list[at] != ']'; count++)
        {
            var end = CompactJson.ValueEnd(list, at);
            var problem = count > limits.MaxElements
                ? $"a list may have at most {limits.MaxElements} elements"
                : WriteNested(list[at..end], depth, destination, ref written);
            if (problem is not null)
            {
                return problem;
            }

            destination[written++] = (byte)',';
            at = end + (list[end] == ',' ? 1 : 0);
        }

        return null;
    }

    private string? WriteKeys(ReadOnlySpan<byte> item, int depth, Span<byte> destination, ref int written)
    {
        while (_tables.Count < depth)
        {
            _tables.Add(new PropertyTable());
        }

        var keys = _tables[depth - 1];
        keys.Clear();
        for (var at = 1; item[at] == '"';)
        {
            var name = new Slice(at + 1, CompactJson.TextLength(item, at + 1));
            var end = CompactJson.ValueEnd(item, name.End + 2);
            if (!keys.Set(item, name, new Slice(name.End + 2, end - name.End - 2), limits.MaxKeys))
            {
                return $"an object may have at most {limits.MaxKeys} keys";
            }

            at = end + (item[end] == ',' ? 1 : 0);
        }

        for (var i = 0; i < keys.Count; i++)
        {
            WriteName(keys.Name(i).Of(item), destination, ref written);
            if (WriteNested(keys.Value(i).Of(item), depth, destination, ref written) is { } problem)
            {
                return problem;
            }

            destination[written++] = (byte)',';
        }

        return null;
    }

    private string? WriteNested(ReadOnlySpan<byte> value, int depth, Span<byte> destination, ref int written)
    {
        switch ((char)value[0])
        {
            case '"':
                value.CopyTo(destination[written..]);
                written += value.Length;
                return null;
            case '{' or '[':
                return WriteContainer(value, depth + 1, destination, ref written);
            default:
                return WriteLiteral(value, destination, ref written);
        }
    }

    /// <summary>Writes a name, given without quotes, and the colon behind it.</summary>
    public static void WriteName(ReadOnlySpan<byte> name, Span<byte> destination, ref int written)
    {
        destination[written] = (byte)'"';
        name.CopyTo(destination[(written + 1)..]);
        written += name.Length + 1;
        destination[written] = (byte)'"';
        destination[written + 1] = (byte)':';
        written += 2;
    }
}
