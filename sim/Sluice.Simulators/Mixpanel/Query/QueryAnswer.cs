using System.Text;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>The shapes in which queries and exports are refused.</summary>
internal static class QueryAnswer
{
    public const string NoPlan = "Your plan does not allow API calls. Upgrade at mixpanel.com/pricing";

    /// <summary>As observed: the call that it was, and a text.</summary>
    public static MixpanelAnswer Error(IngestionRequest request, int status, string error) => MixpanelAnswer.Json(status, new JsonObject
    {
        ["request"] = request.Path + request.QueryString, ["error"] = error,
    });

    /// <summary>As published, which is how calls without rights are refused.</summary>
    public static MixpanelAnswer Refused(int status, string error) => MixpanelAnswer.Json(status, new JsonObject
    {
        ["error"] = error, ["status"] = "error",
    });

    public static MixpanelAnswer Plan() => MixpanelAnswer.Json(402, new JsonObject { ["error"] = NoPlan });

    /// <summary>A call beyond an allowance; the wait is zero when it depends on other calls.</summary>
    public static MixpanelAnswer OverBudget(World world, IngestionRequest request, TimeSpan wait) =>
        Error(request, 429, "Query rate limit exceeded") with
        {
            OverBudget = true,
            RetryAfterSeconds = world.Options.Query.SendsRetryAfter ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : null,
        };

    public static MixpanelAnswer Json(JsonNode body) => new(200, Encoding.UTF8.GetBytes(body.ToJsonString(MixpanelAnswer.Plain)), "application/json");
}
