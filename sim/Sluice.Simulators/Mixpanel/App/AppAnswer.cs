using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary>The envelope of the app API.</summary>
internal static class AppAnswer
{
    public static MixpanelAnswer Ok(JsonNode results, int status = 200) =>
        MixpanelAnswer.Json(status, new JsonObject { ["status"] = "ok", ["results"] = results });

    public static MixpanelAnswer Error(int status, string error) =>
        MixpanelAnswer.Json(status, new JsonObject { ["error"] = error, ["status"] = "error" });

    public static MixpanelRefusal Refusal(int status, string error) => new(Error(status, error));
}
