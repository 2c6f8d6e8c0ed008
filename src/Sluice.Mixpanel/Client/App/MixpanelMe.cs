using System.Globalization;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>Who some credentials belong to, and what they can see. What Mixpanel did not say is null.</summary>
/// <param name="UserId">The account's number.</param>
/// <param name="UserName">Its name.</param>
/// <param name="UserEmail">Its address.</param>
/// <param name="Organizations">The organisations that it belongs to.</param>
/// <param name="Projects">The projects that it sees.</param>
/// <param name="Workspaces">The data views that it sees.</param>
public sealed record MixpanelMe(
    long? UserId,
    string? UserName,
    string? UserEmail,
    IReadOnlyList<MixpanelOrganization> Organizations,
    IReadOnlyList<MixpanelProject> Projects,
    IReadOnlyList<MixpanelWorkspace> Workspaces)
{
    internal static MixpanelMe Read(JsonElement of) => new(
        of.Long("user_id"),
        of.Text("user_name"),
        of.Text("user_email"),
        [.. Rows(of, "organizations").Select(o => new MixpanelOrganization(o.Id, o.Row.Text("name"), o.Row.Text("role"), o.Row.Member("permissions").Texts()))],
        [
            .. Rows(of, "projects").Select(p => new MixpanelProject(
                p.Id, p.Row.Text("name"), p.Row.Long("organization_id"), p.Row.Text("timezone"), p.Row.Text("domain"), p.Row.Flag("has_workspaces"), p.Row.Text("role"))),
        ],
        [.. Rows(of, "workspaces").Select(w => new MixpanelWorkspace(w.Id, w.Row.Text("name"), w.Row.Long("project_id"), w.Row.Flag("is_default"), w.Row.Flag("is_global")))]);

    /// <summary>Maps whose names are the ids.</summary>
    private static IEnumerable<(long Id, JsonElement Row)> Rows(JsonElement of, string name) =>
        from member in of.Members(name).EnumerateObject()
        where member.Value.ValueKind == JsonValueKind.Object && long.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select (long.Parse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture), member.Value);
}

/// <summary>An organisation.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Role">What the account may do in it: owner, admin, analyst or consumer.</param>
/// <param name="Permissions">The same in detail.</param>
public sealed record MixpanelOrganization(long Id, string? Name, string? Role, IReadOnlyList<string> Permissions);

/// <summary>A project.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="OrganizationId">Whose it is.</param>
/// <param name="TimeZone">Where its days begin, as an IANA name.</param>
/// <param name="Domain">The host of its pages, which tells its residency: mixpanel.com, eu.mixpanel.com or in.mixpanel.com.</param>
/// <param name="HasWorkspaces">Whether it has data views.</param>
/// <param name="Role">What the account may do in it, where that is said.</param>
public sealed record MixpanelProject(long Id, string? Name, long? OrganizationId, string? TimeZone, string? Domain, bool? HasWorkspaces, string? Role);

/// <summary>A data view.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="ProjectId">Whose it is.</param>
/// <param name="IsDefault">Whether queries without another are about it.</param>
/// <param name="IsGlobal">Whether it holds all data.</param>
public sealed record MixpanelWorkspace(long Id, string? Name, long? ProjectId, bool? IsDefault, bool? IsGlobal);
