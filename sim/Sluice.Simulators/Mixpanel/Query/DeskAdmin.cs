using System.Globalization;
using System.Text.Json;
using Sluice.Simulators.Mixpanel.Export;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>A project's desk for those who reach it by HTTP only: <c>/_sim/projects/{id}/…</c>.</summary>
internal static class DeskAdmin
{
    /// <summary>Does what a call of the administration asks; false when there is no such thing.</summary>
    public static bool TryDo(MixpanelDesk desk, string method, string[] path, JsonElement body, JsonSerializerOptions json)
    {
        switch (method, path)
        {
            case ("POST", ["cohorts"]):
                desk.SetCohort(Read<CohortText>(body, json).Cohort());
                return true;
            case ("DELETE", ["cohorts", var id]):
                return long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && desk.RemoveCohort(number);
            case ("POST", ["funnels"]):
                desk.SetFunnel(Read<MixpanelFunnel>(body, json));
                return true;
            case ("POST", ["scripts"]):
                desk.SetScript(Text(body, "script"), Part(body, "rows").GetRawText());
                return true;
            case ("POST", ["reports"]):
                desk.SetReport(Part(body, "bookmarkId").GetInt64(), Part(body, "answer").GetRawText());
                return true;
            case ("POST", ["profiles"]):
                desk.SetProfile(Text(body, "distinctId"), Part(body, "properties").GetRawText());
                return true;
            case ("POST", ["generated"]):
                desk.Generate(Read<MixpanelGenerated>(body, json));
                return true;
            case ("DELETE", ["generated"]):
                desk.Generate(null);
                return true;
            default:
                return false;
        }
    }

    private static T Read<T>(JsonElement body, JsonSerializerOptions json) => body.Deserialize<T>(json) ?? throw new JsonException("body is missing");

    private static string Text(JsonElement body, string name) => Part(body, name).GetString() ?? throw new JsonException($"{name} is missing");

    private static JsonElement Part(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var part) ? part : throw new JsonException($"{name} is missing");

    private sealed record CohortText(long Id, string Name, string? Description, IReadOnlyList<string>? Members)
    {
        public MixpanelCohort Cohort() => new(Id, Name ?? throw new JsonException("name is missing"), Members ?? []) { Description = Description ?? "" };
    }
}
