using System.ComponentModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Sluice.Core.Cohorts;
using Sluice.Core.People;

namespace Sluice.Server.Management;

public sealed record UserGroupView(
    [property: Description("Mixpanel's id of the cohort.")] string CohortId,
    [property: Description("The cohort's name.")] string Name,
    [property: Description("The name in lower case, as the config's lists may call it.")] string Slug,
    [property: Description("The cohort's description; null when it has none.")] string? Description,
    [property: Description("People in the group.")] long MembersCount,
    [property: Description("Whether Mixpanel keeps the cohort in sync.")] bool Recurring,
    [property: Description("Pages received of the full session that is coming in; null when none is.")] int? SyncingPages,
    [property: Description("Pages that session has in all; null when none is coming in.")] int? SyncingTotalPages,
    [property: Description("When its first page came.")] DateTimeOffset CreatedAt,
    [property: Description("When its last page came.")] DateTimeOffset LastPageAt);

public sealed record UserGroupList([property: Description("The project's user groups, by name.")] IReadOnlyList<UserGroupView> Items);

public sealed record MemberView([property: Description("A distinct id of the person, as Mixpanel sent it.")] string DistinctId);

public sealed record MemberPage(
    [property: Description("The members of this page, in no order that means anything.")] IReadOnlyList<MemberView> Items,
    [property: Description("Asks for the next page; null on the last one.")] string? NextCursor);

public sealed record StayView(
    [property: Description("A distinct id of the person; null when the person is no longer known by name.")] string? DistinctId,
    [property: Description("When the person entered the group.")] DateTimeOffset EnteredAt,
    [property: Description("When the person left it; null while they are in it.")] DateTimeOffset? LeftAt);

public sealed record StayPage(
    [property: Description("Stays, person by person, each person's oldest first.")] IReadOnlyList<StayView> Items,
    [property: Description("Asks for the next page; null on the last one.")] string? NextCursor);

/// <summary>User groups, who is in them, and who was when.</summary>
internal static class UserGroupRoutes
{
    private const string Tag = "User groups";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/user-groups", ListAsync).Is(Tag, "listUserGroups", "List the user groups", "Sluice's copies of Mixpanel's cohorts.");
        routes.MapGet("/user-groups/{cohortId}", ShowAsync).Refuses(404).Is(Tag, "getUserGroup", "Show a user group", "One user group, by Mixpanel's id of its cohort.");
        routes.MapGet("/user-groups/{cohortId}/members", MembersAsync).Refuses(400, 404).Is(
            Tag, "listMembers", "List the members", "Who is in the group, exactly as Mixpanel last said. People who enter or leave between two pages may be missed or seen once more.");
        routes.MapGet("/user-groups/{cohortId}/history", HistoryAsync).Refuses(400, 404).Is(
            Tag, "listStays", "List who was in the group when", "Every stay that is remembered, ended or not. It follows the membership within moments.");
    }

    private static async Task<Ok<UserGroupList>> ListAsync(HttpContext context, ManagementServices services, CancellationToken cancellationToken) =>
        TypedResults.Ok(new UserGroupList([.. (await services.Groups.ListAsync(context.Project().Id, cancellationToken)).Select(View)]));

    private static async Task<Results<Ok<UserGroupView>, Refused>> ShowAsync(
        HttpContext context, [Description("Mixpanel's id of the cohort.")] string cohortId, ManagementServices services, CancellationToken cancellationToken) =>
        await services.Groups.FindAsync(context.Project().Id, cohortId, cancellationToken) is { } group ? TypedResults.Ok(View(group)) : Unknown;

    private static async Task<Results<Ok<MemberPage>, Refused>> MembersAsync(
        HttpContext context, [Description("Mixpanel's id of the cohort.")] string cohortId, [AsParameters] PageRequest page, ManagementServices services,
        CancellationToken cancellationToken)
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        PersonKey? after = null;
        if (!page.TryRead(1, out var cursor) || (cursor is not null && !TryKey(cursor[0], out after)))
        {
            return PageRequest.BadCursor;
        }

        var project = context.Project().Id;
        if (await services.Groups.FindAsync(project, cohortId, cancellationToken) is null)
        {
            return Unknown;
        }

        var (items, next) = PageOf.Cut(
            page, await services.Groups.MembersAsync(project, cohortId, after, page.Reads, cancellationToken), m => new MemberView(m.DistinctId),
            m => PageRequest.CursorOf(m.Key.ToString()));
        return TypedResults.Ok(new MemberPage(items, next));
    }

    private static async Task<Results<Ok<StayPage>, Refused>> HistoryAsync(
        HttpContext context, [Description("Mixpanel's id of the cohort.")] string cohortId, [AsParameters] PageRequest page, ManagementServices services,
        CancellationToken cancellationToken)
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        (PersonKey, DateTimeOffset)? after = null;
        if (!page.TryRead(2, out var cursor))
        {
            return PageRequest.BadCursor;
        }

        if (cursor is not null)
        {
            if (!TryKey(cursor[0], out var person) || !PageRequest.TryTime(cursor[1], out var entered))
            {
                return PageRequest.BadCursor;
            }

            after = (person!.Value, entered);
        }

        var project = context.Project().Id;
        if (await services.Groups.FindAsync(project, cohortId, cancellationToken) is null)
        {
            return Unknown;
        }

        var (items, next) = PageOf.Cut(
            page, await services.Records.StaysAsync(project, cohortId, after, page.Reads, cancellationToken),
            s => new StayView(s.DistinctId, s.EnteredAt, s.LeftAt), s => PageRequest.CursorOf(s.Person.ToString(), PageRequest.TextOf(s.EnteredAt)));
        return TypedResults.Ok(new StayPage(items, next));
    }

    private static bool TryKey(string text, out PersonKey? key)
    {
        var valid = PageRequest.TryKey(text, out var read);
        key = read;
        return valid;
    }

    private static Refused Unknown { get; } = Refused.NotFound("The project has no user group of this cohort. A group is there once Mixpanel has sent the cohort's first page.");

    private static UserGroupView View(UserGroup group) => new(
        group.Cohort, group.Name, group.Slug, group.Description, group.Members, group.Recurring, group.Syncing?.Pages, group.Syncing?.TotalPages, group.CreatedAt,
        group.LastPageAt);
}
