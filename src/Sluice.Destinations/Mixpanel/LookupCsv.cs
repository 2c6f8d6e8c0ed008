using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sluice.Core.Lookups;

namespace Sluice.Destinations.Mixpanel;

/// <summary>Writes a stored lookup table as the file that it came as: RFC 4180, with each value in the form that gives it its type again.</summary>
internal static partial class LookupCsv
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create("\",\r\n");

    public static void WriteHeader(IBufferWriter<byte> output, IReadOnlyList<string> columns) => WriteLine(output, columns);

    public static void WriteRow(IBufferWriter<byte> output, IReadOnlyList<string> columns, LookupRow row)
    {
        using var values = JsonDocument.Parse(row.Values);
        WriteLine(output, [row.Key, .. columns.Skip(1).Select(c => values.RootElement.TryGetProperty(c, out var value) ? Text(value) : "")]);
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        // Times are kept in UTC, without saying so; without an offset they would be texts.
        JsonValueKind.String when value.GetString()! is var text => Time().IsMatch(text) ? text + "Z" : text,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.GetRawText(),
    };

    private static void WriteLine(IBufferWriter<byte> output, IEnumerable<string> fields)
    {
        var line = string.Join(',', fields.Select(f => f.AsSpan().ContainsAny(Quoted) ? $"\"{f.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : f));
        Encoding.UTF8.GetBytes(line, output);
        output.Write("\r\n"u8);
    }

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?\z")]
    private static partial Regex Time();
}
