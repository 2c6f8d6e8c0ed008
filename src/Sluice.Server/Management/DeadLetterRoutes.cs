using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Sluice.Core.Delivery;

namespace Sluice.Server.Management;

public sealed record DeadLetterView(
    [property: Description("Names the letter.")] string Id,
    [property: Description("`open`, `retried` or `resolved`.")] string State,
    [property: Description("Where it was refused: the way it came in by, or the destination's name.")] string Origin,
    [property: Description("Why, as a stable code.")] string Reason,
    [property: Description("Why, in words.")] string Detail,
    [property: Description("What it is about: a cohort, an event's name, a field; null where that cannot be told.")] string? Subject,
    [property: Description("The record that was refused, or its beginning.")] string Payload,
    [property: Description("When it was refused.")] DateTimeOffset CreatedAt);

public sealed record DeadLetterPage(
    [property: Description("Dead letters, newest first.")] IReadOnlyList<DeadLetterView> Items,
    [property: Description("Asks for the next page; null on the last one.")] string? NextCursor);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RetryRequest(
    [property: Description("Which ones, by id; 1 to 1,000.")] IReadOnlyList<string>? Ids = null,
    [property: Description("All that are open, instead of ids.")] bool All = false);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DropRequest([property: Description("Which ones, by id; 1 to 1,000.")] IReadOnlyList<string> Ids);

public sealed record RetriedView([property: Description("How many open letters were found and are tried again.")] int Retried);

public sealed record DroppedView([property: Description("How many open letters were found and are resolved.")] int Dropped);

/// <summary>Records that were refused for good and wait for a person.</summary>
internal static class DeadLetterRoutes
{
    private const string Tag = "Dead letters";
    private const int MostIds = 1_000;
    private const int LongestId = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dead-letters", ListAsync).Refuses(400).Is(Tag, "listDeadLetters", "List dead letters", "Records that were refused for good, with the reason and the payload, newest first.");
        routes.MapPost("/dead-letters/retry", RetryAsync).TakesBody().StartsWork().Is(
            Tag, "retryDeadLetters", "Try letters again", "People are looked at anew, and refused records are no longer held back. Whoever delivers for the project takes them up.");
        routes.MapPost("/dead-letters/drop", DropAsync).TakesBody().StartsWork().Is(Tag, "dropDeadLetters", "Let letters be", "They are resolved; nothing is tried again.");
    }

    private static async Task<Results<Ok<DeadLetterPage>, Refused>> ListAsync(
        HttpContext context, [FromQuery, Description("Which ones: `open`, `retried`, `resolved` or `all`. Default: open.")] string? state, [AsParameters] PageRequest page,
        ManagementServices services, CancellationToken cancellationToken)
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        if (!page.TryRead(out var after))
        {
            return PageRequest.BadCursor;
        }

        if (state is not (null or "open" or "retried" or "resolved" or "all"))
        {
            return Refused.Invalid("state", "is none of open, retried, resolved and all");
        }

        var wanted = state == "all" ? null : state ?? "open";
        var (items, next) = PageOf.Cut(
            page, await services.Records.DeadLettersAsync(context.Project().Id, wanted, after, page.Reads, cancellationToken), View,
            l => PageRequest.CursorOf(PageRequest.TextOf(l.CreatedAt), l.Id));
        return TypedResults.Ok(new DeadLetterPage(items, next));
    }

    private static async Task<Results<Ok<RetriedView>, Refused>> RetryAsync(
        HttpContext context, RetryRequest request, ManagementServices services, CancellationToken cancellationToken)
    {
        if (request.All == request.Ids is { Count: > 0 })
        {
            return Refused.Invalid("ids", "give ids, or all");
        }

        return Problem(request.Ids ?? []) is { } problem
            ? problem
            : TypedResults.Ok(new RetriedView(await services.DeadLetters.RetryAsync(context.Project().Id, [.. (request.Ids ?? []).Distinct(StringComparer.Ordinal)], cancellationToken)));
    }

    private static async Task<Results<Ok<DroppedView>, Refused>> DropAsync(
        HttpContext context, DropRequest request, ManagementServices services, CancellationToken cancellationToken)
    {
        if (request.Ids.Count == 0)
        {
            return Refused.Invalid("ids", "is empty");
        }

        return Problem(request.Ids) is { } problem
            ? problem
            : TypedResults.Ok(new DroppedView(await services.DeadLetters.DropAsync(context.Project().Id, [.. request.Ids], cancellationToken)));
    }

    private static Refused? Problem(IReadOnlyList<string> ids)
    {
        if (ids.Count > MostIds)
        {
            return Refused.Invalid("ids", string.Create(CultureInfo.InvariantCulture, $"has more than {MostIds} items"));
        }

        var wrong = ids.ToList().FindIndex(id => id is not { Length: > 0 and <= LongestId });
        return wrong < 0 ? null : Refused.Invalid(string.Create(CultureInfo.InvariantCulture, $"ids[{wrong}]"), "is no letter's id");
    }

    private static DeadLetterView View(DeadLetter letter) =>
        new(letter.Id, letter.State, letter.Origin, letter.Reason, letter.Detail, letter.Subject, letter.Payload, letter.CreatedAt);
}
