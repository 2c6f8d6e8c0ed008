using System.Text.Json;

namespace Sluice.Mixpanel.Client;

public sealed partial class MixpanelQueryClient
{
    /// <summary>Counts an event by time, and by segments. Costs one query.</summary>
    /// <param name="query">What is counted.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The counts.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/query-api"/>
    public Task<SegmentationResult> SegmentationAsync(SegmentationQuery query, CancellationToken cancellationToken = default) =>
        SegmentationAsync("/segmentation", query, needsOn: false, cancellationToken);

    /// <summary>Counts an event by ranges of a number. Costs one query.</summary>
    /// <param name="query">What is counted; with <see cref="SegmentationQuery.On"/>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The counts by range.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/query-api"/>
    public Task<SegmentationResult> SegmentationNumericAsync(SegmentationQuery query, CancellationToken cancellationToken = default) =>
        SegmentationAsync("/segmentation/numeric", query, needsOn: true, cancellationToken);

    /// <summary>Adds up a number over an event's occurrences; what is no number counts as 0. Costs one query.</summary>
    /// <param name="query">What is added up; with <see cref="SegmentationQuery.On"/>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>By time, the sum.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/query-api"/>
    public Task<IReadOnlyDictionary<string, double>> SegmentationSumAsync(SegmentationQuery query, CancellationToken cancellationToken = default) =>
        TotalsAsync("/segmentation/sum", query, cancellationToken);

    /// <summary>The average of a number over an event's occurrences. Costs one query.</summary>
    /// <param name="query">What is averaged; with <see cref="SegmentationQuery.On"/>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>By time, the average.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/query-api"/>
    public Task<IReadOnlyDictionary<string, double>> SegmentationAverageAsync(SegmentationQuery query, CancellationToken cancellationToken = default) =>
        TotalsAsync("/segmentation/average", query, cancellationToken);

    private static SegmentationResult Series(JsonElement root)
    {
        if (root.Member("data") is not { ValueKind: JsonValueKind.Object } data)
        {
            throw MixpanelFailures.Unreadable(200, "it has no data.");
        }

        return new SegmentationResult(
            data.Member("series").Texts(),
            data.Members("values").Map<IReadOnlyDictionary<string, double>>(v => v.ValueKind == JsonValueKind.Object ? v.Numbers() : null));
    }

    private async Task<SegmentationResult> SegmentationAsync(string endpoint, SegmentationQuery query, bool needsOn, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Series(await GetAsync(endpoint, query.AddTo(Query(), needsOn), cancellationToken).ConfigureAwait(false));
    }

    private async Task<IReadOnlyDictionary<string, double>> TotalsAsync(string endpoint, SegmentationQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var root = await GetAsync(endpoint, query.AddTo(Query(), needsOn: true), cancellationToken).ConfigureAwait(false);
        return root.Member("results") is { ValueKind: JsonValueKind.Object } results ? results.Numbers() : throw MixpanelFailures.Unreadable(200, "it has no results.");
    }
}
