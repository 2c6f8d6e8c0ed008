using Sluice.Mixpanel.Ingestion.Events;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion.Answers;

/// <summary>Writes the answers of <c>/import</c>.</summary>
/// <seealso href="https://developer.mixpanel.com/reference/import-events"/>
public static class ImportAnswer
{
    private const string SomeFailed = "some data points in the request failed validation";

    /// <summary>The answer to a body of which the accepted events are stored.</summary>
    /// <param name="batch">What became of its events.</param>
    /// <param name="isStrict">Whether the client wants to hear of each refused event (<c>strict=1</c>).</param>
    public static IngestionAnswer Of(EventBatch batch, bool isStrict)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return isStrict && batch.Failed.Count > 0
            ? Partial(batch.Received - batch.Failed.Count, batch.Failed)
            : Success(batch.Received - batch.Failed.Count);
    }

    /// <summary>The answer to a body that was refused as a whole.</summary>
    public static IngestionAnswer Of(BodyFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        if (failure.Kind != BodyFailureKind.IdentityEvents)
        {
            return Error(failure.StatusCode, failure.Message);
        }

        // Of this failure alone, the list holds texts.
        return new IngestionAnswer(400, AnswerJson.ContentType, AnswerJson.Write(writer =>
        {
            writer.WriteNumber("code", 400);
            writer.WriteString("error", SomeFailed);
            writer.WriteString("status", Phrase(400));
            writer.WriteNumber("num_records_imported", 0);
            writer.WriteStartArray("failed_records");
            writer.WriteStringValue(failure.Message);
            writer.WriteEndArray();
        }));
    }

    /// <summary>All is well.</summary>
    /// <param name="imported">How many events were taken.</param>
    public static IngestionAnswer Success(int imported) => new(200, AnswerJson.ContentType, AnswerJson.Write(writer =>
    {
        writer.WriteNumber("code", 200);
        writer.WriteNumber("num_records_imported", imported);
        writer.WriteString("status", Phrase(200));
    }));

    /// <summary>The key is missing or wrong.</summary>
    public static IngestionAnswer Unauthorized() => Error(401, "Invalid credentials");

    /// <summary>The body has more bytes than are taken.</summary>
    /// <param name="maxBytes">How many are taken.</param>
    public static IngestionAnswer TooLarge(long maxBytes) => Error(413, $"request exceeds max limit of {maxBytes} bytes");

    /// <summary>The project sent more than its share.</summary>
    public static IngestionAnswer TooManyRequests() =>
        Error(429, "Project exceeded rate limits. Please retry the request with exponential backoff.");

    /// <summary>The store cannot take more at the moment.</summary>
    public static IngestionAnswer Unavailable() => Error(503, "Service temporarily unavailable. Please retry the request.");

    /// <summary>Any other answer that is no success; <c>/lookup-tables</c> has the same.</summary>
    /// <param name="statusCode">The HTTP status.</param>
    /// <param name="message">What is wrong.</param>
    public static IngestionAnswer Error(int statusCode, string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return new IngestionAnswer(statusCode, AnswerJson.ContentType, AnswerJson.Write(writer =>
        {
            writer.WriteNumber("code", statusCode);
            writer.WriteString("error", WireText.MakeWellFormed(message));
            writer.WriteString("status", Phrase(statusCode));
        }));
    }

    private static IngestionAnswer Partial(int imported, IReadOnlyList<FailedRecord> failed) =>
        new(400, AnswerJson.ContentType, AnswerJson.Write(writer =>
        {
            writer.WriteNumber("code", 400);
            writer.WriteString("error", SomeFailed);
            writer.WriteString("status", Phrase(400));
            writer.WriteNumber("num_records_imported", imported);
            AnswerJson.WriteFailed(writer, failed, ofEvents: true);
        }));

    /// <summary>The text that stands in <c>status</c>: HTTP's phrase, except for success.</summary>
    internal static string Phrase(int statusCode) => statusCode switch
    {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Request Entity Too Large",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        < 500 => "Bad Request",
        _ => "Internal Server Error",
    };
}
