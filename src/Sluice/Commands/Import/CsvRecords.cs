using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CsvHelper;

namespace Sluice.Commands.Import;

/// <summary>Makes events of the rows of a CSV: the column <c>event</c> is the name, every other column a property.</summary>
internal sealed class CsvRecords : IDisposable
{
    private const int MaxRowBytes = 4 << 20;

    private readonly CsvReader _reader;
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly string[] _columns;

    /// <exception cref="CommandException">The first row does not name the columns that an event needs.</exception>
    public CsvRecords(Stream stream, string name)
    {
        var options = CsvReaderOptions.Default with
        {
            HasHeader = true, MalformedData = CsvMalformedDataHandling.Recover, FieldCountMismatch = CsvFieldCountHandling.Allow, MaxRecordSize = MaxRowBytes,
        };
        _reader = CsvReader.Create(stream, options, leaveOpen: false);
        _columns = [.. _reader.Headers];
        if (!_columns.Contains("event") || !_columns.Contains("time"))
        {
            throw new CommandException(
                ExitCode.Usage, $"{name}: the first row has to name the columns, among them event, time, distinct_id and $insert_id; every other column becomes a property.");
        }
    }

    /// <summary>The next row as an event; empty at the end.</summary>
    public ReadOnlySpan<byte> Next()
    {
        if (!_reader.Read())
        {
            return default;
        }

        _buffer.ResetWrittenCount();
        using var json = new Utf8JsonWriter(_buffer);
        json.WriteStartObject();
        json.WriteString("event", Field(Array.IndexOf(_columns, "event")));
        json.WriteStartObject("properties");
        for (var i = 0; i < _columns.Length; i++)
        {
            if (_columns[i] != "event" && Field(i) is { Length: > 0 } text)
            {
                json.WritePropertyName(_columns[i]);
                Write(json, _columns[i], text);
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return _buffer.WrittenSpan;
    }

    public void Dispose() => _reader.Dispose();

    private string Field(int column) => column < _reader.FieldCount ? _reader.GetString(column) : "";

    /// <summary>The types that Mixpanel gives to cells: numbers, true and false; whatever names somebody or something stays a text.</summary>
    private static void Write(Utf8JsonWriter json, string column, string text)
    {
        if (column is "distinct_id" or "$insert_id" or "$device_id" or "$user_id")
        {
            json.WriteStringValue(text);
        }
        else if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) && IsPlain(text, whole.ToString(CultureInfo.InvariantCulture)))
        {
            json.WriteNumberValue(whole);
        }
        else if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && text[0] is not ('0' or '+') | text.Contains('.', StringComparison.Ordinal))
        {
            json.WriteNumberValue(number);
        }
        else if (bool.TryParse(text, out var flag))
        {
            json.WriteBooleanValue(flag);
        }
        else
        {
            json.WriteStringValue(text);
        }
    }

    /// <summary>A number with zeros in front is a name: a postcode, an article.</summary>
    private static bool IsPlain(string text, string number) => text == number;
}
