using System.Text.Json;

namespace Sluice.Mixpanel.Client;

public sealed partial class MixpanelQueryClient
{
    /// <summary>Lists the saved funnels. Costs one query.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The funnels.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/funnels-list-saved"/>
    public async Task<IReadOnlyList<MixpanelFunnel>> FunnelsAsync(CancellationToken cancellationToken = default)
    {
        var root = await GetAsync("/funnels/list", Query(), cancellationToken).ConfigureAwait(false);
        return
        [
            .. List(root, "funnels").Select(funnel => new MixpanelFunnel(
                funnel.Long("funnel_id") ?? throw MixpanelFailures.Unreadable(200, "a funnel has no funnel_id."), funnel.Text("name") ?? "")),
        ];
    }

    /// <summary>Counts how people go through a saved funnel. Costs one query.</summary>
    /// <param name="query">Which funnel, and when.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The steps.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/funnels-query"/>
    public async Task<FunnelResult> FunnelAsync(FunnelQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var root = Object(await GetAsync("/funnels", query.AddTo(Query()), cancellationToken).ConfigureAwait(false));
        if (root.Member("data") is not { ValueKind: JsonValueKind.Object } data)
        {
            throw MixpanelFailures.Unreadable(200, "it has no data.");
        }

        return new FunnelResult(root.Members("meta").Member("dates").Texts(), data.Map(Segments));
    }

    /// <summary>Steps stand in a list of their own, or, with segments, in one by segment.</summary>
    private static IReadOnlyDictionary<string, IReadOnlyList<FunnelStep>> Segments(JsonElement time)
    {
        if (time.Member("steps") is { ValueKind: JsonValueKind.Array } steps)
        {
            return new Dictionary<string, IReadOnlyList<FunnelStep>>(StringComparer.Ordinal) { [FunnelResult.Overall] = Steps(steps) };
        }

        return time.Map(segment => segment.ValueKind == JsonValueKind.Array ? Steps(segment) : null);
    }

    private static IReadOnlyList<FunnelStep> Steps(JsonElement steps) => [.. steps.EnumerateArray().Select(FunnelStep.Read)];
}
