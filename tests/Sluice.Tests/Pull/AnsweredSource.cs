using System.Runtime.CompilerServices;
using Sluice.Core.Cohorts;
using Sluice.Core.People;
using Sluice.Core.Pull;

namespace Sluice.Tests.Pull;

/// <summary>Lets something happen when Mixpanel has answered and whoever asked has not heard of it: with each question that is named.</summary>
internal sealed class AnsweredSource(IMixpanelSource inner, Func<string, PagePlace?, Task> answered) : IMixpanelSource
{
    public Task<IReadOnlyList<RemoteCohort>> CohortsAsync(CancellationToken cancellationToken) => inner.CohortsAsync(cancellationToken);

    public async Task<SourcePage<CohortPage>> CohortPageAsync(RemoteCohort cohort, IReadOnlyList<string>? properties, PagePlace? place, CancellationToken cancellationToken)
    {
        var page = await inner.CohortPageAsync(cohort, properties, place, cancellationToken);
        await answered(nameof(CohortPageAsync), place);
        return page;
    }

    public async Task<SourcePage<ProfileUpdates>> ProfilePageAsync(string? where, IReadOnlyList<string>? properties, PagePlace? place, CancellationToken cancellationToken)
    {
        var page = await inner.ProfilePageAsync(where, properties, place, cancellationToken);
        await answered(nameof(ProfilePageAsync), place);
        return page;
    }

    public async IAsyncEnumerable<JqlRow> JqlAsync(string script, string key, IReadOnlyList<string> columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = new List<JqlRow>();
        await foreach (var row in inner.JqlAsync(script, key, columns, cancellationToken))
        {
            rows.Add(row);
        }

        await answered(nameof(JqlAsync), null);
        foreach (var row in rows)
        {
            yield return row;
        }
    }

    public IAsyncEnumerable<SourceEvents> EventsAsync(DateOnly day, IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        inner.EventsAsync(day, names, cancellationToken);

    public Task<CohortPage> MembersOfAsync(RemoteCohort group, IReadOnlyList<string> distinctIds, CancellationToken cancellationToken) =>
        inner.MembersOfAsync(group, distinctIds, cancellationToken);

    public Task<TimeSpan> RestAsync(long pagesLeft, long later, CancellationToken cancellationToken) => inner.RestAsync(pagesLeft, later, cancellationToken);

    public Task KeepQueriesAsync(long queries, CancellationToken cancellationToken) => inner.KeepQueriesAsync(queries, cancellationToken);

    public Task KeepExportsAsync(long exports, CancellationToken cancellationToken) => inner.KeepExportsAsync(exports, cancellationToken);

    public Task ReleaseAsync(CancellationToken cancellationToken) => inner.ReleaseAsync(cancellationToken);
}
