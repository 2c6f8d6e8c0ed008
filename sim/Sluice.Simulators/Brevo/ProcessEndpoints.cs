using System.Globalization;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>What became of asynchronous work.</summary>
internal static class ProcessEndpoints
{
    public static BrevoAnswer List(BrevoAccount account, BrevoRequest request) =>
        ListEndpoints.Page(request, account.Processes.All, "processes", Write);

    public static BrevoAnswer Get(BrevoAccount account, BrevoRequest request)
    {
        var process = long.TryParse(request.Value(0), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? account.Processes.Find(id)
            : null;
        return process is null
            ? throw BrevoRefusal.Of(404, "invalid_parameter", "processId is invalid")
            : BrevoAnswer.Json(200, json => Write(json, process));
    }

    /// <summary>The body of a notification. Its real shape is not published: callers should only take it as a signal.</summary>
    public static byte[] NotifyBody(SimProcess process) => BrevoAnswer.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("proc_success", process.Id);
        json.WriteString("status", process.Status);
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, SimProcess process)
    {
        json.WriteStartObject();
        json.WriteNumber("id", process.Id);
        json.WriteString("name", process.Name);
        json.WriteString("status", process.Status);
        if (process.ExportUrl is { } url)
        {
            json.WriteString("export_url", url);
        }

        if (process.Error is { } error)
        {
            json.WriteString("error", error);
        }

        if (process.IsImport)
        {
            json.WriteStartObject("info");
            json.WriteStartObject("import");
            foreach (var name in ImportRun.ReportNames)
            {
                json.WriteString(name, process.ImportFiles?.GetValueOrDefault(name));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
