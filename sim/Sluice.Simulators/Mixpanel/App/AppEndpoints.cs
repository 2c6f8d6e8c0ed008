using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Gdpr;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary>Everything below <c>/api/app</c>.</summary>
internal static class AppEndpoints
{
    public static MixpanelAnswer Handle(World world, IngestionRequest request, string[] path) => (request.Method, path) switch
    {
        // These two know bearers alone, and name their project by its token.
        (_, ["data-deletions" or "data-retrievals", "v3.0", ..]) => Requests(world, request, path),
        ("GET", ["me"]) => Me(new AppCall(world, request)),
        (_, ["organizations", var id, "service-accounts", .. var rest]) =>
            ServiceAccountEndpoints.Organization(new AppCall(world, request), AppCall.Id(id), rest),
        (_, ["projects", var id, .. var rest]) => OfProject(new AppCall(world, request), id, rest) with { ProjectId = id },
        _ => AppAnswer.Error(404, "Not found"),
    };

    private static MixpanelAnswer OfProject(AppCall call, string id, string[] path) => (call.Request.Method, path) switch
    {
        ("GET", ["service-accounts"]) => ServiceAccountEndpoints.Project(call, call.Project(id, MixpanelRole.Admin)),
        ("GET", ["data-groups"]) => Groups(call.Project(id, MixpanelRole.Consumer)),
        (_, ["schemas", .. var rest]) => SchemaEndpoints.Handle(call, id, rest),
        (_, ["annotations", .. var rest]) => AnnotationEndpoints.Handle(call, id, rest),
        _ => AppAnswer.Error(404, "Not found"),
    };

    private static MixpanelAnswer Requests(World world, IngestionRequest request, string[] path) => (request.Method, path) switch
    {
        ("POST", ["data-deletions", _]) => DeletionEndpoints.Create(world, request),
        ("GET", ["data-deletions", _, var id]) => DeletionEndpoints.Show(world, request, id),
        ("DELETE", ["data-deletions", _, var id]) => DeletionEndpoints.Cancel(world, request, id),
        ("POST", ["data-retrievals", _]) => RetrievalEndpoints.Create(world, request),
        ("GET", ["data-retrievals", _, var id]) => RetrievalEndpoints.Show(world, request, id),
        ("GET", ["data-retrievals", _, var id, "file"]) => RetrievalEndpoints.Download(world, request, id),
        _ => AppAnswer.Error(404, "Not found"),
    };

    private static MixpanelAnswer Groups(ProjectState project) => AppAnswer.Ok(new JsonArray([.. project.Settings.GroupKeys.Select(key => new JsonObject
    {
        ["data_group_id"] = DataGroups.IdOf(key), ["property_name"] = key, ["display_name"] = key,
    })]));

    private static MixpanelAnswer Me(AppCall call)
    {
        var projects = call.Projects.ToArray();
        return AppAnswer.Ok(new JsonObject
        {
            ["user_id"] = call.Account?.Id ?? 991,
            ["user_email"] = call.Account is { } account ? $"{account.UserName}@serviceaccount.example.test" : "person@example.test",
            ["user_name"] = call.Account?.UserName ?? "person",
            ["organizations"] = Map(projects.DistinctBy(project => project.Settings.OrganizationId), project => project.Settings.OrganizationId, project => new JsonObject
            {
                ["id"] = project.Settings.OrganizationId,
                ["name"] = "Simulated organization",
                ["role"] = Name(call.Account?.Role ?? MixpanelRole.Admin),
                ["permissions"] = new JsonArray(),
            }),
            ["projects"] = Map(projects, project => Number(project), project => new JsonObject
            {
                ["name"] = project.Settings.Name,
                ["organization_id"] = project.Settings.OrganizationId,
                ["timezone"] = project.Settings.TimeZone,
                ["has_workspaces"] = true,
                ["domain"] = Domain(project.Settings.Residency),
                ["type"] = "PROJECT",
            }),
            ["workspaces"] = Map(projects, Workspace, project => new JsonObject
            {
                ["id"] = Workspace(project),
                ["name"] = "All Project Data",
                ["project_id"] = Number(project),
                ["is_default"] = true,
                ["is_global"] = true,
                ["is_visible"] = true,
            }),
        });
    }

    public static string Name(MixpanelRole role) => role.ToString().ToLowerInvariant();

    private static long Number(ProjectState project) => long.Parse(project.Settings.Id, CultureInfo.InvariantCulture);

    private static long Workspace(ProjectState project) => Number(project) + 900_000_000;

    private static string Domain(MixpanelResidency residency) => residency switch
    {
        MixpanelResidency.EU => "eu.mixpanel.com",
        MixpanelResidency.IN => "in.mixpanel.com",
        _ => "mixpanel.com",
    };

    // Every map is keyed by the id as a text.
    private static JsonObject Map(IEnumerable<ProjectState> projects, Func<ProjectState, long> key, Func<ProjectState, JsonNode> value) =>
        new(projects.Select(project => KeyValuePair.Create(key(project).ToString(CultureInfo.InvariantCulture), (JsonNode?)value(project))));
}
