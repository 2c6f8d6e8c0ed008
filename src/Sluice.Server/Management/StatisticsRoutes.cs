using System.ComponentModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Sluice.Server.Management;

public sealed record IngestionCountView(
    [property: Description("The way they came: the first segment of the path, for instance `import`.")] string Way,
    [property: Description("`accepted`, `refused`, `duplicate`, `late`, `ignored`, `erased`, `unknown_person` or `unknown_token`.")] string Outcome,
    [property: Description("The event's name; empty where there is none.")] string Name,
    [property: Description("How many records.")] long Records,
    [property: Description("Their size in bytes, as they are kept, or as they were sent where they were not.")] long Bytes,
    [property: Description("The beginning of the last minute in which one came.")] DateTimeOffset LastMinute);

public sealed record IngestionStatisticsView(
    [property: Description("The beginning of the time that was counted.")] DateTimeOffset From,
    [property: Description("Its end, not included.")] DateTimeOffset To,
    [property: Description("Counts by way, outcome and name.")] IReadOnlyList<IngestionCountView> Items);

/// <summary>What came in.</summary>
internal static class StatisticsRoutes
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(31);
    private static readonly TimeSpan Usual = TimeSpan.FromHours(24);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/statistics/ingestion", CountAsync).Refuses(400).Is(
        "Statistics", "getIngestionStatistics", "Count what came in", "Records that clients sent, by way, outcome and name. Counts are kept by the minute for a month.");

    private static async Task<Results<Ok<IngestionStatisticsView>, Refused>> CountAsync(
        HttpContext context,
        [FromQuery, Description("The beginning, RFC 3339. Default: 24 hours before the end.")] DateTimeOffset? from,
        [FromQuery, Description("The end, RFC 3339, not included; at most 31 days after the beginning. Default: now.")] DateTimeOffset? to,
        ManagementServices services, CancellationToken cancellationToken)
    {
        // The minute that runs counts too.
        var end = to?.ToUniversalTime() ?? services.TimeProvider.GetUtcNow().AddMinutes(1);
        var start = from?.ToUniversalTime() ?? end - Usual;
        if (start >= end || end - start > Longest)
        {
            return Refused.Invalid("from", "is not before `to`, or more than 31 days before it");
        }

        var counts = await services.IntakeCounts.SumAsync(context.Project().Id, start, end, cancellationToken);
        return TypedResults.Ok(new IngestionStatisticsView(
            start, end,
            [.. counts.Select(c => new IngestionCountView(c.Way, c.Outcome, c.Name, c.Records, c.Bytes, c.Minute))
                .OrderBy(c => c.Way, StringComparer.Ordinal).ThenBy(c => c.Outcome, StringComparer.Ordinal).ThenByDescending(c => c.Records).ThenBy(c => c.Name, StringComparer.Ordinal)]));
    }
}
