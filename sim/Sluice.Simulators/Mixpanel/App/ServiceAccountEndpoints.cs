using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary>Service accounts of an organization and of its projects; managed by owners and admins.</summary>
internal static class ServiceAccountEndpoints
{
    public static MixpanelAnswer Project(AppCall call, ProjectState project) =>
        AppAnswer.Ok(new JsonArray([.. call.World.Accounts.All.Where(account => account.Projects.ContainsKey(project.Settings.Id)).Select(Describe)]));

    public static MixpanelAnswer Organization(AppCall call, long organizationId, string[] path)
    {
        if (call.Account is not { } caller || caller.OrganizationId != organizationId || caller.Role > MixpanelRole.Admin)
        {
            throw AppAnswer.Refusal(403, "The role Admin is needed in the organization");
        }

        return (call.Request.Method, path) switch
        {
            ("GET", []) => AppAnswer.Ok(new JsonArray([.. call.World.Accounts.All.Where(account => account.OrganizationId == organizationId).Select(Describe)])),
            ("POST", []) => Create(call, organizationId),
            ("POST", ["add-to-project"]) => Add(call, organizationId),
            ("POST", ["remove-from-project"]) => Remove(call, organizationId),
            ("GET", [var id]) => AppAnswer.Ok(Describe(Find(call, organizationId, AppCall.Id(id)))),
            ("DELETE", [var id]) => Delete(call, Find(call, organizationId, AppCall.Id(id))),
            _ => AppAnswer.Error(404, "Not found"),
        };
    }

    private static MixpanelAnswer Create(AppCall call, long organizationId)
    {
        var body = call.Body();
        var name = JsonTree.AsText(body["username"]) is { Length: > 0 } text ? text : throw AppAnswer.Refusal(400, "username is required");
        DateTimeOffset? expires = null;
        if (body["expires"] is { } node)
        {
            expires = DateTimeOffset.TryParse(JsonTree.AsText(node), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
                ? moment
                : throw AppAnswer.Refusal(400, "expires must be an ISO date and time");
        }

        var role = Role(body["role"]);
        var projects = Projects(call, organizationId, body);
        var secret = $"secret-of-{name}-{call.World.Accounts.All.Count() + 1}";
        var account = call.World.Accounts.Add(name, secret, organizationId, role, call.World.Now, expires);
        foreach (var (id, given) in projects)
        {
            account.Projects[id] = given;
        }

        // The only time that anybody sees it.
        var answer = Describe(account);
        answer["token"] = secret;
        return AppAnswer.Ok(answer, 201);
    }

    private static MixpanelAnswer Add(AppCall call, long organizationId)
    {
        var body = call.Body();
        var projects = Projects(call, organizationId, body);
        var accounts = Accounts(call, organizationId, body["service_account_ids"]);
        foreach (var account in accounts)
        {
            foreach (var (id, role) in projects)
            {
                account.Projects[id] = role;
            }
        }

        return AppAnswer.Ok(new JsonArray([.. accounts.Select(Describe)]));
    }

    private static MixpanelAnswer Remove(AppCall call, long organizationId)
    {
        var entries = (call.Body()["projects"] as JsonArray ?? throw AppAnswer.Refusal(400, "projects is required"))
            .Select(entry => (Project: ProjectId(call, organizationId, entry?["id"]), Accounts: Accounts(call, organizationId, entry?["service_account_ids"]))).ToArray();
        foreach (var (project, accounts) in entries)
        {
            foreach (var account in accounts)
            {
                account.Projects.Remove(project);
            }
        }

        return AppAnswer.Ok(new JsonObject());
    }

    private static MixpanelAnswer Delete(AppCall call, Account account)
    {
        call.World.Accounts.Remove(account.Id);
        return AppAnswer.Ok(new JsonObject { ["id"] = account.Id });
    }

    private static Account Find(AppCall call, long organizationId, long id) =>
        call.World.Accounts.ById(id) is { } account && account.OrganizationId == organizationId
            ? account
            : throw AppAnswer.Refusal(404, $"Service account {id} was not found");

    private static IReadOnlyList<Account> Accounts(AppCall call, long organizationId, JsonNode? ids) =>
        ids is JsonArray { Count: > 0 } list && list.All(id => JsonTree.AsNumber(id) is not null)
            ? [.. list.Select(id => Find(call, organizationId, (long)JsonTree.AsNumber(id)!.Value))]
            : throw AppAnswer.Refusal(400, "service_account_ids is required");

    private static IReadOnlyList<(string Id, MixpanelRole Role)> Projects(AppCall call, long organizationId, JsonObject body) =>
        [.. (body["projects"] as JsonArray ?? []).Select(entry => (ProjectId(call, organizationId, entry?["id"]), Role(entry?["role"])))];

    private static string ProjectId(AppCall call, long organizationId, JsonNode? node) =>
        call.World.ById(JsonTree.AsId(node)) is { } project && project.Settings.OrganizationId == organizationId
            ? project.Settings.Id
            : throw AppAnswer.Refusal(404, "Project was not found");

    private static MixpanelRole Role(JsonNode? node) =>
        Enum.GetValues<MixpanelRole>().Where(role => AppEndpoints.Name(role) == JsonTree.AsText(node)).Cast<MixpanelRole?>().FirstOrDefault()
        ?? throw AppAnswer.Refusal(400, "role must be owner, admin, analyst or consumer");

    private static JsonObject Describe(Account account) => new()
    {
        ["id"] = account.Id,
        ["username"] = account.UserName,
        ["last_used"] = Time(account.LastUsed),
        ["expires"] = Time(account.Expires),
        ["creator"] = 991,
        ["created"] = Time(account.Created),
        ["user"] = account.Id + 100_000,
    };

    private static string? Time(DateTimeOffset? moment) => moment?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
}
