using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary>A call of the app API whose caller is known: a service account, or the bearer of a token.</summary>
internal sealed class AppCall
{
    private readonly string? _bearer;

    public AppCall(World world, IngestionRequest request)
    {
        (World, Request) = (world, request);
        Account = Credentials.ServiceAccount(world, request);
        _bearer = Credentials.Bearer(request.Authorization);
        if (!Projects.Any() && Account is not { Projects.Count: 0 })
        {
            // Nobody, or somebody whose projects lie in another region.
            throw AppAnswer.Refusal(401, "Invalid credentials");
        }
    }

    public World World { get; }

    public IngestionRequest Request { get; }

    /// <summary>The service account that calls; null when it is the bearer of a token.</summary>
    public Account? Account { get; }

    /// <summary>The projects of this region that the caller may see.</summary>
    public IEnumerable<ProjectState> Projects => World.Projects.Where(project => project.Settings.Residency == Request.Residency && RoleIn(project) is not null);

    /// <summary>A project of the path, for somebody who has at least a role in it.</summary>
    public ProjectState Project(string id, MixpanelRole least)
    {
        // Who may not see a project is not told whether there is one.
        var project = Projects.FirstOrDefault(known => known.Settings.Id == id) ?? throw AppAnswer.Refusal(403, "You do not have access to this project");
        return RoleIn(project) <= least ? project : throw AppAnswer.Refusal(403, $"The role {least} is needed");
    }

    /// <summary>What the caller may do in a project. The bearer of a token is the person who gave it.</summary>
    public MixpanelRole? RoleIn(ProjectState project) => Account is not null
        ? Account.Projects.TryGetValue(project.Settings.Id, out var role) ? role : null
        : _bearer is not null && World.Opens(_bearer, project) ? MixpanelRole.Admin : null;

    public JsonObject Body()
    {
        try
        {
            return JsonNode.Parse(Request.Body) as JsonObject ?? throw AppAnswer.Refusal(400, "the body must be a JSON object");
        }
        catch (JsonException)
        {
            throw AppAnswer.Refusal(400, "the body is not JSON");
        }
    }

    public static long Id(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? id
        : throw AppAnswer.Refusal(404, "Not found");
}
