using System.Text.Json;

namespace Sluice.Mixpanel.Client;

public sealed partial class MixpanelQueryClient
{
    /// <summary>Counts who comes back. Costs one query.</summary>
    /// <param name="query">Who, and after what; without <see cref="RetentionQuery.On"/>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>By day, week or month.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/retention-query"/>
    public async Task<IReadOnlyDictionary<string, RetentionCohort>> RetentionAsync(RetentionQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.On is not null)
        {
            throw new ArgumentException("The shape of segmented retention is not published: ask for its JSON.", nameof(query));
        }

        var root = await RetentionJsonAsync(query, cancellationToken).ConfigureAwait(false);
        return root.Map(cohort => cohort.Long("first") is { } first ? new RetentionCohort(first, Whole(cohort.Member("counts"))) : null);
    }

    /// <summary>The same as Mixpanel writes it, also with segments. Costs one query.</summary>
    /// <param name="query">Who, and after what.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>An object.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/retention-query"/>
    public async Task<JsonElement> RetentionJsonAsync(RetentionQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Object(await GetAsync("/retention", query.AddTo(Query()), cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Counts how often people come back within a day, a week or a month. Costs one query.</summary>
    /// <param name="query">Who, and by which units.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>By time, how many people were there in at least 1, 2, 3 … units.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/retention-frequency-query"/>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<long>>> AddictionAsync(AddictionQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var root = Object(await GetAsync("/retention/addiction", query.AddTo(Query()), cancellationToken).ConfigureAwait(false));

        // One of its pages shows the map without the data around it.
        var data = root.Member("data") is { ValueKind: JsonValueKind.Object } inner ? inner : root;
        return data.Map<IReadOnlyList<long>>(counts => counts.ValueKind == JsonValueKind.Array ? Whole(counts) : null);
    }

    private static IReadOnlyList<long> Whole(JsonElement? counts) => [.. counts.Items().Select(c => (long)(c.Double() ?? 0))];
}
