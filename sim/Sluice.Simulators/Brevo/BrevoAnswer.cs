using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>An answer before it is written: empty successes have no body at all.</summary>
internal sealed record BrevoAnswer(int Status, ReadOnlyMemory<byte> Body, string ContentType)
{
    private const string JsonType = "application/json";

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static BrevoAnswer Created { get; } = new(201, default, JsonType);

    public static BrevoAnswer NoContent { get; } = new(204, default, JsonType);

    public static BrevoAnswer Json(int status, Action<Utf8JsonWriter> write) => new(status, Bytes(write), JsonType);

    public static BrevoAnswer Id(int status, string name, long id) => Json(status, json =>
    {
        json.WriteStartObject();
        json.WriteNumber(name, id);
        json.WriteEndObject();
    });

    public static BrevoAnswer Error(int status, string code, string message, IReadOnlyList<string>? duplicateIdentifiers = null) =>
        new(status, Encoding.UTF8.GetBytes(ErrorText(code, message, duplicateIdentifiers)), JsonType);

    public static string ErrorText(string code, string message, IReadOnlyList<string>? duplicateIdentifiers = null) =>
        Encoding.UTF8.GetString(Bytes(json =>
        {
            json.WriteStartObject();
            json.WriteString("code", code);
            json.WriteString("message", message);
            if (duplicateIdentifiers is not null)
            {
                json.WriteStartObject("metadata");
                json.WriteStartArray("duplicate_identifiers");
                foreach (var identifier in duplicateIdentifiers)
                {
                    json.WriteStringValue(identifier);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }));

    public static byte[] Bytes(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            write(json);
        }

        return buffer.ToArray();
    }
}

/// <summary>A call that is refused; the server turns it into the error envelope.</summary>
internal sealed class BrevoRefusal : Exception
{
    private readonly BrevoAnswer _answer;

    private BrevoRefusal(int status, string code, string message, IReadOnlyList<string>? duplicateIdentifiers = null)
        : base(message) =>
        _answer = BrevoAnswer.Error(status, code, message, duplicateIdentifiers);

    public BrevoAnswer Answer => _answer;

    public static BrevoRefusal Invalid(string message) => new(400, "invalid_parameter", message);

    public static BrevoRefusal Missing(string message) => new(400, "missing_parameter", message);

    public static BrevoRefusal OutOfRange(string message) => new(400, "out_of_range", message);

    public static BrevoRefusal BadRequest(string message) => new(400, "bad_request", message);

    public static BrevoRefusal NotFound(string message) => new(404, "document_not_found", message);

    public static BrevoRefusal NotAllowed(string message) => new(405, "method_not_allowed", message);

    public static BrevoRefusal Duplicate(string message, IReadOnlyList<string> identifiers) =>
        new(400, "duplicate_parameter", message, identifiers);

    public static BrevoRefusal Of(int status, string code, string message) => new(status, code, message);
}
