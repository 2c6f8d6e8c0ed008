using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>Names and values of a query or of a form, in the order in which they were added. A value that is null is left out.</summary>
internal sealed class Parameters
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StringBuilder _text = new();

    public Parameters Add(string name, string? value)
    {
        if (value is not null)
        {
            _text.Append(_text.Length == 0 ? "" : "&").Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        }

        return this;
    }

    public Parameters Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public Parameters Add(string name, bool? value) => Add(name, value switch { null => null, true => "true", false => "false" });

    public Parameters Add(string name, DateOnly? value) => Add(name, value?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    public Parameters Add(string name, MixpanelUnit? value) => Add(name, value?.ToString().ToLowerInvariant());

    public Parameters Add(string name, MixpanelCountType? value) => Add(name, value?.ToString().ToLowerInvariant());

    /// <summary>A JSON list in one value, as Mixpanel wants it.</summary>
    public Parameters Add(string name, IReadOnlyCollection<string>? values) => values is null ? this : Add(name, JsonList(values));

    /// <summary>Appended to an address.</summary>
    public string ToQuery() => _text.Length == 0 ? "" : "?" + _text;

    public HttpContent ToForm()
    {
        var form = new ByteArrayContent(Encoding.ASCII.GetBytes(_text.ToString()));
        form.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        return form;
    }

    private static string JsonList(IReadOnlyCollection<string> values)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, Json))
        {
            writer.WriteStartArray();
            foreach (var value in values)
            {
                writer.WriteStringValue(value);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(json.GetBuffer(), 0, (int)json.Length);
    }
}
