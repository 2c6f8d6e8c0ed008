using System.Text.Json;

namespace Sluice.Mixpanel.Client;

public sealed partial class MixpanelQueryClient
{
    /// <summary>Reads a saved report. Costs one query.</summary>
    /// <param name="bookmarkId">The report, by the number in its address.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The report.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class; <see cref="MixpanelFailureKind.QueryFailed"/> when the report cannot be computed.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/query-api"/>
    public async Task<InsightsResult> InsightsAsync(long bookmarkId, CancellationToken cancellationToken = default)
    {
        var root = Object(await GetAsync("/insights", Query().Add("bookmark_id", bookmarkId), cancellationToken).ConfigureAwait(false));
        return new InsightsResult(
            root.Text("computed_at"),
            root.Member("headers").Texts(),
            root.Member("series") ?? throw MixpanelFailures.Unreadable(200, "it has no series."),
            root.Member("date_range") ?? default);
    }

    /// <summary>Reads what some people did, under whichever of their ids. Costs one query. The quickest to know of merged people.</summary>
    /// <param name="distinctIds">The people.</param>
    /// <param name="from">The first day.</param>
    /// <param name="to">The last day.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Their events.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/query-api"/>
    public async Task<IReadOnlyList<ActivityEvent>> StreamAsync(
        IReadOnlyCollection<string> distinctIds, DateOnly from, DateOnly to, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(distinctIds);
        ArgumentOutOfRangeException.ThrowIfZero(distinctIds.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        var query = Query().Add("distinct_ids", distinctIds).Add("from_date", from).Add("to_date", to);
        var root = Object(await GetAsync("/stream/query", query, cancellationToken).ConfigureAwait(false));
        if (root.Members("results").Member("events") is not { ValueKind: JsonValueKind.Array } events)
        {
            throw MixpanelFailures.Unreadable(200, "it has no events.");
        }

        return [.. events.EnumerateArray().Select(Activity)];
    }

    private static ActivityEvent Activity(JsonElement row)
    {
        var properties = row.Members("properties");
        var seconds = properties.Double("time");
        return new ActivityEvent(
            row.Text("event") ?? "",
            properties.Text("$distinct_id") ?? properties.Text("distinct_id"),
            seconds is > -62_135_596_800 and < 253_402_300_800 ? DateTimeOffset.UnixEpoch.AddSeconds(seconds.Value) : null,
            properties);
    }
}
