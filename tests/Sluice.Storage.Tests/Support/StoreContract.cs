using Sluice.Core.Cohorts;
using Sluice.Core.People;

namespace Sluice.Storage.Tests.Support;

/// <summary>What every contract suite stands on: a store in a home that the engine's class makes.</summary>
public abstract class StoreContract : IAsyncLifetime
{
    private StoreHome? _home;
    private Store? _store;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected StoreHome Home => _home!;

    protected Store Store => _store!;

    protected string Project => Home.Project;

    public async ValueTask InitializeAsync()
    {
        _home = await CreateHomeAsync();
        _store = await _home.OpenAsync(Token);
        Prepare(_store);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        if (_home is not null)
        {
            await _home.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    protected abstract Task<StoreHome> CreateHomeAsync();

    /// <summary>Called with a store that was opened.</summary>
    protected virtual void Prepare(Store store)
    {
    }

    /// <summary>Closes the store and opens it again, as a restart does.</summary>
    protected async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        _store = await Home.OpenAsync(Token);
        Prepare(_store);
    }

    protected PersonKey Key(string id) => PersonKey.Of(Project, id);

    /// <summary>A full session.</summary>
    protected Sync Full(string session, string cohort = "7") => new(Apply, Project, cohort, session, CohortAction.Members);

    /// <summary>A session of people who entered.</summary>
    protected Sync Added(string session, string cohort = "7") => new(Apply, Project, cohort, session, CohortAction.AddMembers);

    /// <summary>A session of people who left.</summary>
    protected Sync Removed(string session, string cohort = "7") => new(Apply, Project, cohort, session, CohortAction.RemoveMembers);

    protected async Task<UserGroup> GroupAsync(string cohort = "7") => (await Store.Groups.FindAsync(Project, cohort, Token))!;

    /// <summary>The group holds exactly these people, whichever way it is asked.</summary>
    protected async Task AssertMembersAsync(IEnumerable<string> ids, string cohort = "7")
    {
        var expected = ids.Order(StringComparer.Ordinal).ToArray();
        var members = await Store.Groups.MembersAsync(Project, cohort, null, 1_000_000, Token);
        Assert.Equal(expected, members.Select(m => m.DistinctId).Order(StringComparer.Ordinal));
        Assert.Equal(members.Select(m => m.Key), await Store.Groups.KeysAsync(Project, cohort, KeyRange.All, Token));
        Assert.Equal(members.Select(m => m.Key).Order(), members.Select(m => m.Key));
    }

    /// <summary>Lets everything follow.</summary>
    /// <returns>In how many slices.</returns>
    protected async Task<int> SettleAsync()
    {
        for (var slices = 0; slices < 10_000; slices++)
        {
            if (!await Store.Settling.SettleAsync(Project, Token))
            {
                return slices;
            }
        }

        throw new InvalidOperationException("Settling does not come to an end.");
    }

    private Task<CohortPageOutcome> Apply(CohortPage page) => Store.Intake.ApplyAsync(page, Token);
}
