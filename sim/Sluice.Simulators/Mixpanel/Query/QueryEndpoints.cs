using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.App;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query.Expressions;
using Sluice.Simulators.Mixpanel.Query.Reports;

namespace Sluice.Simulators.Mixpanel.Query;

using Endpoint = Func<QueryCall, MixpanelAnswer>;

/// <summary>Everything below <c>/api/query</c> and <c>/api/2.0</c>: credentials, plan and the one allowance that all share.</summary>
internal static class QueryEndpoints
{
    public static MixpanelAnswer Handle(World world, IngestionRequest request, string[] path)
    {
        if (Find(request.Method, path) is not { } endpoint)
        {
            return QueryAnswer.Refused(404, "Not found");
        }

        QueryCall.ReadForm(request);
        var project = Credentials.Project(world, request, Credentials.Ways.Secret | Credentials.Ways.OAuth, writes: false, QueryAnswer.Refused);
        if (!project.Settings.AllowsQueries)
        {
            return QueryAnswer.Plan() with { ProjectId = project.Settings.Id };
        }

        var place = project.Queries.TryEnter(world.Now, out var wait);
        if (place is null)
        {
            return QueryAnswer.OverBudget(world, request, wait) with { ProjectId = project.Settings.Id };
        }

        return Answer(world, project, request, endpoint) with { ProjectId = project.Settings.Id, Place = place };
    }

    // A query that is refused for what it asks has been a query all the same.
    private static MixpanelAnswer Answer(World world, ProjectState project, IngestionRequest request, Endpoint endpoint)
    {
        try
        {
            return endpoint(new QueryCall(world, project, request));
        }
        catch (MixpanelRefusal refusal)
        {
            return refusal.Answer;
        }
        catch (ExpressionException exception)
        {
            return QueryAnswer.Error(request, 400, $"Error in expression: {exception.Message}");
        }
    }

    private static Endpoint? Find(string method, string[] path) => (method, path) switch
    {
        ("GET" or "POST", ["cohorts", "list"]) => Cohorts,
        ("GET" or "POST", ["engage"] or ["engage", "query"]) => ProfileQuery.Handle,
        ("POST", ["jql"]) => JqlEndpoint.Handle,
        ("GET", ["segmentation"]) => Segmentation.Counts,
        ("GET", ["segmentation", "numeric"]) => Segmentation.Numeric,
        ("GET", ["segmentation", "sum"]) => Segmentation.Sum,
        ("GET", ["segmentation", "average"]) => Segmentation.Average,
        ("GET", ["retention"]) => Retention.Handle,
        ("GET", ["retention", "addiction"]) => Addiction.Handle,
        ("GET", ["funnels"]) => Funnels.Handle,
        ("GET", ["funnels", "list"]) => Funnels.List,
        ("GET", ["insights"]) => Insights,
        ("GET", ["events"]) => EventFamily.Counts,
        ("GET", ["events", "top"]) => EventFamily.Top,
        ("GET", ["events", "names"]) => EventFamily.Names,
        ("GET", ["events", "properties"]) => EventFamily.Properties,
        ("GET", ["events", "properties", "top"]) => EventFamily.TopProperties,
        ("GET", ["events", "properties", "values"]) => EventFamily.Values,
        ("GET", ["stream", "query"]) => ActivityStream.Handle,
        ("GET", ["annotations"]) => Annotations,
        _ => null,
    };

    private static MixpanelAnswer Cohorts(QueryCall call) => QueryAnswer.Json(new JsonArray([.. call.Project.Cohorts.Values.Select(cohort => new JsonObject
    {
        ["id"] = cohort.Id,
        ["project_id"] = long.Parse(call.Project.Settings.Id, CultureInfo.InvariantCulture),
        ["name"] = cohort.Name,
        ["description"] = cohort.Description,
        ["count"] = ProfileQuery.Members(call.Project, cohort).Count,
        ["is_visible"] = cohort.IsVisible ? 1 : 0,
        ["created"] = cohort.Created.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
    })]));

    // The older path of the app API's list. Its shape is told nowhere: it is answered like the newer one.
    private static MixpanelAnswer Annotations(QueryCall call)
    {
        var (from, to) = call.Days();
        return AppAnswer.Ok(AnnotationEndpoints.Between(call.Project.Annotations, ProjectZone.Format(from), ProjectZone.Format(to)));
    }

    // Saved reports have as many shapes as there are charts: their answers are laid down beforehand.
    private static MixpanelAnswer Insights(QueryCall call)
    {
        var text = call.Required("bookmark_id");
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && call.Project.Prepared.Report(id) is { } report
            ? MixpanelAnswer.Text(report, "application/json")
            : throw call.Bad($"There is no report {text}");
    }
}
