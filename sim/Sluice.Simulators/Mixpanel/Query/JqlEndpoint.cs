using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary><c>/jql</c>. Scripts do not run here: those whose rows were laid down are answered, every other one fails as a wrong script does.</summary>
internal static class JqlEndpoint
{
    public static MixpanelAnswer Handle(QueryCall call)
    {
        var script = call.Required("script");
        var parameters = call.Json("params");
        if (parameters is not (null or JsonObject))
        {
            throw call.Bad("params must be a JSON object");
        }

        if (call.OneOf("format", "json", "json", "csv") != "json")
        {
            throw call.Bad("the simulator answers scripts in JSON only");
        }

        if (!script.Contains("main", StringComparison.Ordinal))
        {
            throw Failed(call, script, "Uncaught exception ReferenceError: main is not defined");
        }

        if (call.Project.Prepared.Script(script) is not { } prepared)
        {
            throw Failed(call, script, "Uncaught exception TypeError: the simulator has no rows for this script");
        }

        var rows = prepared(JsonElement.Parse(parameters?.ToJsonString() ?? "{}"), call.Project);
        return call.Project.Events.Bytes > call.World.Limits.MaxJqlInputBytes
                ? throw Failed(call, script, $"the script reads more than {call.World.Limits.MaxJqlInputBytes} bytes")
            : Encoding.UTF8.GetByteCount(rows) > call.World.Limits.MaxJqlOutputBytes
                ? throw Failed(call, script, $"the script answers more than {call.World.Limits.MaxJqlOutputBytes} bytes")
            : MixpanelAnswer.Text(rows, "application/json");
    }

    private static MixpanelRefusal Failed(QueryCall call, string script, string reason) => call.Refusal(
        412, $"UserVisiblePreconditionFailedError: {reason}\n  {script.Split('\n')[0]}\n   ^\n\nStack trace:\n{reason}\n    at main");
}
