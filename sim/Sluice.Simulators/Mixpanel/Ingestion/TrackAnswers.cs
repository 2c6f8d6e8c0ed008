using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>The answers of <c>/track</c>, <c>/engage</c> and <c>/groups</c>, in the shape that the caller asked for.</summary>
internal static class TrackAnswers
{
    // The smallest GIF: one transparent pixel.
    private static readonly byte[] Pixel = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    /// <summary>Answers as asked: a redirect, a pixel, a script, JSON, or a bare digit; the first that was asked for.</summary>
    public static MixpanelAnswer Result(IngestionRequest request, string? error, Action<JsonObject>? more = null)
    {
        if (request.Parameter("redirect") is { Length: > 0 } target)
        {
            return new MixpanelAnswer(302, default, "text/plain") { Location = target };
        }

        if (request.IsOn("img"))
        {
            return new MixpanelAnswer(200, Pixel, "image/gif");
        }

        var text = error is null ? "1" : "0";
        var asJson = request.Parameter("verbose") is not (null or "" or "0") || more is not null;
        if (asJson)
        {
            var body = new JsonObject { ["status"] = error is null ? 1 : 0, ["error"] = error ?? "" };
            more?.Invoke(body);
            text = body.ToJsonString(MixpanelAnswer.Plain);
        }

        return request.Parameter("callback") is { Length: > 0 } callback
            ? MixpanelAnswer.Text($"{callback}({text});", "text/javascript; charset=utf-8")
            : MixpanelAnswer.Text(text, asJson ? "application/json" : "text/plain; charset=utf-8");
    }

    /// <summary>A refusal before the records were looked at.</summary>
    public static MixpanelAnswer Refused(MixpanelAnswer import, string error) => import with
    {
        Body = System.Text.Encoding.UTF8.GetBytes(
            new JsonObject { ["status"] = "error", ["error"] = error }.ToJsonString(MixpanelAnswer.Plain)),
    };
}
