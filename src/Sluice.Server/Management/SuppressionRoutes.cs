using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Sluice.Core.Delivery;
using Sluice.Core.Management;
using Sluice.Core.People.Contact;

namespace Sluice.Server.Management;

public sealed record SuppressionView(
    [property: Description("The address; null when it is about a number or the person.")] string? Email,
    [property: Description("The number, with `+` and country code; null when it is about an address or the person.")] string? Phone,
    [property: Description("The Brevo list that it is about; null for all.")] long? ListId,
    [property: Description("`unsubscribed`, `spam`, `hard_bounce`, `contact_deleted`, `blocklisted`, `manual`, or the word that was given.")] string Reason,
    [property: Description("Who said so: `webhook`, `changes`, `seen` or `hand`.")] string Source,
    [property: Description("Since when.")] DateTimeOffset At);

public sealed record SuppressionPage(
    [property: Description("Suppressed addresses and numbers, newest first.")] IReadOnlyList<SuppressionView> Items,
    [property: Description("Asks for the next page; null on the last one.")] string? NextCursor);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SuppressRequest(
    [property: Description("An e-mail address. Either this or a number.")] string? Email = null,
    [property: Description("A phone number with `+` and country code.")] string? Phone = null,
    [property: Description("Only for this Brevo list. Default: for all.")] long? ListId = null,
    [property: Description("Why, as a word of at most 40 small letters, digits and underscores. Default: manual.")] string Reason = "manual");

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UnsuppressRequest(
    [property: Description("An e-mail address. Either this or a number.")] string? Email = null,
    [property: Description("A phone number with `+` and country code.")] string? Phone = null);

public sealed record UnsuppressedView([property: Description("How many suppressions were taken back, those of people with the address or number included.")] int Removed);

/// <summary>People who must not be contacted.</summary>
internal static class SuppressionRoutes
{
    private const string Tag = "Suppressions";
    private const int LongestReason = 40;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/suppressions", ListAsync).Refuses(400).Is(Tag, "listSuppressions", "List suppressions", "Addresses and numbers that must not be contacted, newest first.");
        routes.MapPost("/suppressions", AddAsync).TakesBody().Is(
            Tag, "suppress", "Suppress somebody", "An address or a number, and everyone who has it. They are taken off the lists and stay off. To send it again changes nothing.");
        routes.MapPost("/suppressions/remove", RemoveAsync).TakesBody().Refuses(404).Is(
            Tag, "unsuppress", "Take a suppression back",
            "Every suppression of an address or a number. Brevo's own block of the contact is not lifted: it comes back with the next look at Brevo's contacts unless it is lifted there first.");
    }

    public static SuppressionView View(SuppressionEntry entry) =>
        new(entry.Email, entry.Phone is null ? null : "+" + entry.Phone, entry.List == 0 ? null : entry.List, entry.Reason, entry.Source, entry.At);

    private static async Task<Results<Ok<SuppressionPage>, Refused>> ListAsync(
        HttpContext context, [AsParameters] PageRequest page, ManagementServices services, CancellationToken cancellationToken)
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        SuppressionPosition? after = null;
        if (!page.TryRead(3, out var cursor))
        {
            return PageRequest.BadCursor;
        }

        if (cursor is not null)
        {
            if (!PageRequest.TryTime(cursor[0], out var at) || !PageRequest.TryKey(cursor[1], out var subject)
                || !long.TryParse(cursor[2], NumberStyles.None, CultureInfo.InvariantCulture, out var list))
            {
                return PageRequest.BadCursor;
            }

            after = new SuppressionPosition(at, subject, list);
        }

        var (items, next) = PageOf.Cut(
            page, await services.Records.SuppressionsAsync(context.Project().Id, after, page.Reads, cancellationToken), s => View(s.Entry),
            s => PageRequest.CursorOf(PageRequest.TextOf(s.Position.At), s.Position.Subject.ToString(), s.Position.List.ToString(CultureInfo.InvariantCulture)));
        return TypedResults.Ok(new SuppressionPage(items, next));
    }

    private static async Task<Results<Ok<SuppressionView>, Refused>> AddAsync(
        HttpContext context, SuppressRequest request, ManagementServices services, CancellationToken cancellationToken)
    {
        if (Read(request.Email, request.Phone, out var email, out var phone) is { } problem)
        {
            return problem;
        }

        if (request.ListId is < 1)
        {
            return Refused.Invalid("listId", "is no list's id");
        }

        if (request.Reason.Length is 0 or > LongestReason || !request.Reason.All(c => c is '_' or (>= 'a' and <= 'z') or (>= '0' and <= '9')))
        {
            return Refused.Invalid("reason", $"is no word of at most {LongestReason} small letters, digits and underscores");
        }

        var entry = new SuppressionEntry(email, null, request.ListId ?? 0, request.Reason, "hand", services.TimeProvider.GetUtcNow()) { Phone = phone };
        await services.Suppressions.AddAsync(context.Project().Id, [entry], cancellationToken);
        return TypedResults.Ok(View(entry));
    }

    private static async Task<Results<Ok<UnsuppressedView>, Refused>> RemoveAsync(
        HttpContext context, UnsuppressRequest request, ManagementServices services, CancellationToken cancellationToken)
    {
        if (Read(request.Email, request.Phone, out var email, out var phone) is { } problem)
        {
            return problem;
        }

        var removed = await services.Suppressions.RemoveAsync(context.Project().Id, email ?? "+" + phone, cancellationToken);
        return removed == 0 ? Refused.NotFound("Neither the address nor the number is suppressed.") : TypedResults.Ok(new UnsuppressedView(removed));
    }

    private static Refused? Read(string? givenEmail, string? givenPhone, out string? email, out string? phone)
    {
        (email, phone) = (null, null);
        if (givenEmail is null == givenPhone is null)
        {
            return Refused.Invalid("email", "give an address or a number, one of the two");
        }

        if (givenEmail is not null)
        {
            return EmailAddress.TryNormalise(givenEmail, out email, out var notEmail) ? null : Refused.Invalid("email", $"is no e-mail address ({notEmail})");
        }

        return PhoneNumber.TryNormalise(givenPhone, out phone, out var notPhone) ? null : Refused.Invalid("phone", $"is no number with a country code ({notPhone})");
    }
}
