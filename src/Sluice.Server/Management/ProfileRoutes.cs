using System.ComponentModel;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Sluice.Core.Erasure;

namespace Sluice.Server.Management;

public sealed record StoredProfileView(
    [property: Description("The distinct id that the profile stands under.")] string DistinctId,
    [property: Description("The profile's properties, as Mixpanel has them.")] IReadOnlyDictionary<string, JsonElement> Properties,
    [property: Description("When the id was first seen.")] DateTimeOffset FirstSeen,
    [property: Description("When the profile last changed.")] DateTimeOffset UpdatedAt);

public sealed record GroupStayView(
    [property: Description("Mixpanel's id of the cohort.")] string CohortId,
    [property: Description("When the person entered the user group.")] DateTimeOffset EnteredAt,
    [property: Description("When the person left it; null while they are in it.")] DateTimeOffset? LeftAt);

public sealed record ContactView(
    [property: Description("Where the contact is.")] string Destination,
    [property: Description("The distinct id that the contact was made of.")] string DistinctId,
    [property: Description("The destination's own number of the contact; null while it is not known.")] long? RemoteId,
    [property: Description("`intended`, `present`, `unknown` or `refused`.")] string State);

public sealed record ListMembershipView(
    [property: Description("Where the list is.")] string Destination,
    [property: Description("The list's id.")] long ListId,
    [property: Description("The list's name; null while it is not known.")] string? Name,
    [property: Description("`intended`, `present`, `unknown` or `leaving`.")] string State,
    [property: Description("Since when.")] DateTimeOffset Since);

public sealed record ProfileView(
    [property: Description("Everything the person is known by; the first one speaks for all.")] IReadOnlyList<string> DistinctIds,
    [property: Description("A profile for each id that has one.")] IReadOnlyList<StoredProfileView> Profiles,
    [property: Description("The cohorts in whose user groups the person is, by id: the attribute `user_groups`.")] IReadOnlyList<string> UserGroups,
    [property: Description("When the person was in which user group, newest first.")] IReadOnlyList<GroupStayView> History,
    [property: Description("What stands against contacting the person.")] IReadOnlyList<SuppressionView> Suppressions,
    [property: Description("The person's contacts at destinations.")] IReadOnlyList<ContactView> Contacts,
    [property: Description("The lists that hold the person, or may.")] IReadOnlyList<ListMembershipView> Lists);

/// <summary>What is known of a person.</summary>
internal static class ProfileRoutes
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/profile", ShowAsync).Refuses(400, 404).Is(
        "Profiles", "getProfile", "Show a profile", "All that is known of the person behind a distinct id, but for events. The id stands in the query because it may hold any character.");

    private static async Task<Results<Ok<ProfileView>, Refused>> ShowAsync(
        HttpContext context, [FromQuery, Description("Any of the person's distinct ids, exactly as Mixpanel sends it; at most 255 characters.")] string? distinctId,
        ManagementServices services, CancellationToken cancellationToken)
    {
        if (distinctId is not { Length: > 0 and <= 255 })
        {
            return Refused.Invalid("distinctId", "is missing, or longer than 255 characters");
        }

        var record = await services.People.ReadAsync(context.Project().Id, distinctId, cancellationToken);
        return record.IsEmpty ? Refused.NotFound("Nothing is known of this distinct id.") : TypedResults.Ok(View(record));
    }

    private static ProfileView View(PersonalRecord record) => new(
        [.. record.Ids.Select(i => i.DistinctId)],
        [.. record.Profiles.Select(p => new StoredProfileView(p.DistinctId, Properties(p.Properties), p.FirstSeen, p.UpdatedAt))],
        [.. record.UserGroups.Where(g => g.LeftAt is null).Select(g => g.Cohort).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        [.. record.UserGroups.OrderByDescending(g => g.EnteredAt).Select(g => new GroupStayView(g.Cohort, g.EnteredAt, g.LeftAt))],
        [.. record.Suppressions.Select(SuppressionRoutes.View)],
        [.. record.Contacts.Select(c => new ContactView(c.Destination, c.DistinctId, c.RemoteId, c.State.ToString().ToLowerInvariant()))],
        [.. record.Lists.Select(l => new ListMembershipView(l.Destination, l.List, l.Name, l.State.ToString().ToLowerInvariant(), l.Since))]);

    private static Dictionary<string, JsonElement> Properties(string json) =>
        JsonElement.Parse(json).EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
}
