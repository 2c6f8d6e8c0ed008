using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>An answer before it is written, with what the call log says of it.</summary>
internal sealed record MixpanelAnswer(int Status, ReadOnlyMemory<byte> Body, string ContentType)
{
    public const string RateLimitText = "Project exceeded rate limits. Please retry the request with exponential backoff.";

    public static JsonSerializerOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public int? RetryAfterSeconds { get; init; }

    public string? Location { get; init; }

    public string? ProjectId { get; init; }

    public int Records { get; init; }

    public int Accepted { get; init; }

    public bool OverBudget { get; init; }

    /// <summary>A body that is made while it is written; <see cref="Body"/> is then empty.</summary>
    public IMixpanelBody? Stream { get; init; }

    /// <summary>A place among the calls that may be under way at one time; it is given back behind the last byte.</summary>
    public IDisposable? Place { get; init; }

    public static MixpanelAnswer Json(int status, JsonObject body) =>
        new(status, JsonSerializer.SerializeToUtf8Bytes(body, Plain), "application/json");

    public static MixpanelAnswer Text(string text, string contentType = "text/plain; charset=utf-8") =>
        new(200, Encoding.UTF8.GetBytes(text), contentType);

    /// <summary>The failure of <c>/import</c> and <c>/lookup-tables</c>: a code, a sentence and the reason phrase.</summary>
    public static MixpanelAnswer Error(int status, string error, Action<JsonObject>? more = null)
    {
        var body = ErrorBody(status, error);
        more?.Invoke(body);
        return Json(status, body);
    }

    public static string ErrorText(int status, string error) => ErrorBody(status, error).ToJsonString(Plain);

    public static MixpanelAnswer RateLimited(TimeSpan wait) => Error(429, RateLimitText) with
    {
        OverBudget = true,
        RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)),
    };

    public static MixpanelAnswer TooLarge(int limit) => Error(413, $"request exceeds max limit of {limit} bytes");

    // The framework says "Payload Too Large", Mixpanel's samples the older phrase.
    private static JsonObject ErrorBody(int status, string error) => new()
    {
        ["code"] = status,
        ["error"] = error,
        ["status"] = status == 413 ? "Request Entity Too Large" : ReasonPhrases.GetReasonPhrase(status),
    };
}

/// <summary>A body that is made while it is written.</summary>
internal interface IMixpanelBody
{
    /// <summary>Writes the body, or as much of it as the faults let through.</summary>
    /// <returns>False when the connection is to be cut now.</returns>
    Task<bool> WriteAsync(HttpResponse response, IReadOnlyList<MixpanelFaultEffect> faults, CancellationToken cancellationToken);
}

/// <summary>A call that is refused with this answer.</summary>
internal sealed class MixpanelRefusal(MixpanelAnswer answer) : Exception
{
    public MixpanelAnswer Answer => answer;
}
