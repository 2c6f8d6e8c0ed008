using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;

namespace Sluice.Simulators.Mixpanel.Export;

/// <summary><c>/api/2.0/export</c>: every stored event of some days, one a line, copies included.</summary>
internal static class ExportEndpoint
{
    public static MixpanelAnswer Handle(World world, IngestionRequest request)
    {
        var project = Credentials.Project(
            world, request, Credentials.Ways.Secret | Credentials.Ways.OAuth, writes: false,
            (status, error) => QueryAnswer.Error(request, status, status == 401 ? "Unable to authenticate request" : error));
        if (!project.Settings.AllowsExport)
        {
            return QueryAnswer.Plan() with { ProjectId = project.Settings.Id };
        }

        var place = project.Exports.TryEnter(world.Now, out var wait);
        if (place is null)
        {
            return QueryAnswer.OverBudget(world, request, wait) with { ProjectId = project.Settings.Id };
        }

        MixpanelAnswer answer;
        try
        {
            answer = Answer(new QueryCall(world, project, request));
        }
        catch (MixpanelRefusal refusal)
        {
            answer = refusal.Answer;
        }

        return answer with { ProjectId = project.Settings.Id, Place = place };
    }

    private static MixpanelAnswer Answer(QueryCall call)
    {
        var (project, request) = (call.Project, call.Request);
        var (from, to) = call.Days();
        var zone = project.Settings.ExportsLocalTime ? project.Zone : ProjectZone.Utc;
        if (to > zone.DayOf(call.World.Now))
        {
            throw call.Bad("to_date cannot be later than today");
        }

        var limit = call.Number("limit", 1, call.World.Limits.MaxExportLimit);
        var filter = new ExportFilter(project, call.Texts("event"), call.Expression("where"));
        var form = new ExportForm(call.Flag("time_in_ms") ?? false, project.Settings.ExportsLocalTime ? project.Zone : null);
        var stored = StoredLines.Read(call.World, project, zone.StartOf(from), zone.StartOf(to.AddDays(1)), filter, form);
        var body = new ExportBody(call.World, request.AcceptsGzip, limit, stored);
        if (project.Generated is { } generated)
        {
            body.Generated = new GeneratedPart(generated, from, to, filter, form);
        }

        return new MixpanelAnswer(200, default, "text/plain; charset=utf-8") { Stream = body };
    }
}
