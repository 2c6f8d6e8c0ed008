using System.Text.Json;

namespace Sluice.Mixpanel.Ingestion;

/// <summary>Finds the records of a body: the elements of a JSON list, one JSON object, or one object a line.</summary>
internal static class RecordSplitter
{
    public const string EmptyMessage = "data, missing or empty";

    private const string NotJsonMessage = "the body must be a JSON list of objects, one JSON object, or one JSON object a line";

    // The reader must get over whatever one record is nested like, so that only that record fails.
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    /// <summary>Fills <paramref name="records"/>, unless the body fails as a whole.</summary>
    public static BodyFailure? Split(ReadOnlySpan<byte> body, int maxRecords, List<RecordPlace> records)
    {
        var start = body.StartsWith("\uFEFF"u8) ? 3 : 0;
        start += LeadingSpace(body[start..]);
        if (start == body.Length)
        {
            return new BodyFailure(BodyFailureKind.Empty, EmptyMessage);
        }

        if (body[start] == '[')
        {
            return SplitList(body, start, maxRecords, records);
        }

        // One object may stand on many lines. Then its first line is no object.
        var firstLine = body[start..];
        firstLine = firstLine.IndexOf((byte)'\n') is var end and >= 0 ? firstLine[..end] : firstLine;
        if (!IsObject(firstLine) && IsObject(body[start..]))
        {
            records.Add(new RecordPlace(start, body.Length - start, IsReadable: true));
            return null;
        }

        return SplitLines(body, start, maxRecords, records, failsOneByOne: false);
    }

    private static BodyFailure? SplitList(ReadOnlySpan<byte> body, int start, int maxRecords, List<RecordPlace> records)
    {
        var reader = new Utf8JsonReader(body[start..], AnyDepth);
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (records.Count == maxRecords)
                {
                    return TooMany(maxRecords);
                }

                var at = (int)reader.TokenStartIndex;
                reader.Skip();
                records.Add(new RecordPlace(start + at, (int)reader.BytesConsumed - at, IsReadable: true));
            }

            // Behind the list there may only be white space.
            reader.Read();
        }
        catch (JsonException)
        {
            return new BodyFailure(BodyFailureKind.NotJson, NotJsonMessage);
        }

        return records.Count == 0 ? new BodyFailure(BodyFailureKind.Empty, EmptyMessage) : null;
    }

    /// <param name="failsOneByOne">That no line can be read is no failure of the whole.</param>
    public static BodyFailure? SplitLines(ReadOnlySpan<byte> body, int start, int maxRecords, List<RecordPlace> records, bool failsOneByOne)
    {
        var anyReadable = false;
        while (start < body.Length)
        {
            var length = body[start..].IndexOf((byte)'\n');
            length = length < 0 ? body.Length - start : length;
            var line = body.Slice(start, length);
            if (LeadingSpace(line) < line.Length)
            {
                if (records.Count == maxRecords)
                {
                    return TooMany(maxRecords);
                }

                var isReadable = IsObject(line);
                anyReadable |= isReadable;
                records.Add(new RecordPlace(start, length, isReadable));
            }

            start += length + 1;
        }

        return anyReadable || failsOneByOne ? null : new BodyFailure(BodyFailureKind.NotJson, NotJsonMessage);
    }

    private static BodyFailure TooMany(int maxRecords) =>
        new(BodyFailureKind.TooManyRecords, $"request exceeds max limit of {maxRecords} records");

    private static int LeadingSpace(ReadOnlySpan<byte> text) =>
        text.IndexOfAnyExcept(" \t\r\n"u8) is var at and >= 0 ? at : text.Length;

    private static bool IsObject(ReadOnlySpan<byte> text)
    {
        if (text[LeadingSpace(text)..] is not [(byte)'{', ..])
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(text, AnyDepth);
            reader.Read();
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>Where a record stands in its body.</summary>
/// <param name="IsReadable">Whether it is JSON; only lines can be something else.</param>
internal readonly record struct RecordPlace(int Start, int Length, bool IsReadable);
