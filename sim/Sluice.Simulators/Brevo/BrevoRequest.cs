using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace Sluice.Simulators.Brevo;

/// <summary>A call as an endpoint sees it: decoded path values, the query and the body, read completely.</summary>
internal sealed class BrevoRequest(
    string[] values, Dictionary<string, StringValues> query, byte[] body, BrevoFaultEffect? importFault) : IDisposable
{
    private JsonDocument? _document;

    public int BodyBytes => body.Length;

    public BrevoFaultEffect? ImportFault => importFault;

    public string Value(int index) => values[index];

    /// <summary>A numeric id in the path; anything else is a malformed parameter.</summary>
    public long Number(int index) =>
        long.TryParse(values[index], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw BrevoRefusal.Invalid("Value of the id in the path is invalid");

    public bool Has(string name) => query.ContainsKey(name);

    public string? Text(string name) => query.TryGetValue(name, out var value) ? value[^1] : null;

    public string[] Texts(string name) => query.TryGetValue(name, out var value) ? [.. value.OfType<string>()] : [];

    public long[] Numbers(string name) => Array.ConvertAll(Texts(name), text =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw BrevoRefusal.Invalid($"{name} should be integers"));

    /// <summary>A page; above its cap Brevo refuses instead of cutting down.</summary>
    public (int Offset, int Limit) Page(int defaultLimit, int maxLimit)
    {
        var limit = Whole("limit", defaultLimit);
        var offset = Whole("offset", 0);
        if (limit < 1 || limit > maxLimit)
        {
            throw BrevoRefusal.OutOfRange($"limit should be between 1 and {maxLimit}");
        }

        return offset < 0 ? throw BrevoRefusal.OutOfRange("offset should not be negative") : (offset, limit);
    }

    /// <summary>Newest first unless asked otherwise.</summary>
    public bool Descending() => Text("sort") switch
    {
        null or "desc" => true,
        "asc" => false,
        _ => throw BrevoRefusal.Invalid("sort should be asc or desc"),
    };

    /// <summary>A moment. A plus sign that was not encoded has become a blank and makes the value invalid.</summary>
    public DateTimeOffset? Moment(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return text.Length > 10 && text[10] == 'T'
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            && !text.Contains(' ', StringComparison.Ordinal)
                ? moment
                : throw BrevoRefusal.Invalid($"{name} should be a date-time like YYYY-MM-DDTHH:mm:ss.SSSZ");
    }

    /// <summary>A range of days; both ends or none.</summary>
    public (DateTimeOffset Start, DateTimeOffset End)? Range()
    {
        var start = Text("startDate");
        var end = Text("endDate");
        if (start is null && end is null)
        {
            return null;
        }

        if (start is null || end is null)
        {
            throw BrevoRefusal.Missing("startDate and endDate should be passed together");
        }

        var range = (Start: Day(start), End: Day(end));
        if (end.Length == 10)
        {
            range.End = range.End.AddDays(1).AddTicks(-1);
        }

        return range.Start > range.End ? throw BrevoRefusal.OutOfRange("startDate should not be after endDate") : range;
    }

    /// <summary>The body as a JSON object.</summary>
    public JsonElement Body() => Body(BrevoRefusal.BadRequest("Input must be a valid JSON object"));

    /// <summary>The body as a JSON object, with the refusal that this endpoint has for malformed ones.</summary>
    public JsonElement Body(BrevoRefusal malformed)
    {
        var root = Root(malformed);
        return root.ValueKind == JsonValueKind.Object ? root : throw malformed;
    }

    public JsonElement Root(BrevoRefusal malformed)
    {
        try
        {
            _document ??= JsonDocument.Parse(body);
            return _document.RootElement;
        }
        catch (JsonException)
        {
            throw malformed;
        }
    }

    public void Dispose() => _document?.Dispose();

    private static DateTimeOffset Day(string text) =>
        DateTimeOffset.TryParseExact(
            text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day)
        || (text.Contains('T', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out day))
            ? day
            : throw BrevoRefusal.Invalid("Dates should be YYYY-MM-DD");

    private int Whole(string name, int defaultValue)
    {
        if (Text(name) is not { } text)
        {
            return defaultValue;
        }

        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            throw BrevoRefusal.Invalid($"{name} should be an integer");
        }

        return number is >= int.MinValue and <= int.MaxValue ? (int)number : throw BrevoRefusal.OutOfRange($"{name} is out of range");
    }
}
