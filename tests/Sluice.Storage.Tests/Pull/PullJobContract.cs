using Sluice.Core.Delivery;
using Sluice.Core.Pull;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Pull;

/// <summary>Where a job stands is kept from run to run and from node to node, and only whoever holds the lease moves it.</summary>
public abstract class PullJobContract : StoreContract
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_job_is_kept_as_it_is_and_changes_as_it_goes_on()
    {
        Assert.Null(await Store.PullJobs.FindAsync(Project, "cohorts", Token));
        var lease = await LeaseAsync("a");
        var job = new PullJob("cohorts", Noon, null, null);
        await Store.PullJobs.SaveAsync(Project, lease, job, Token);
        Assert.Equal(job, await Store.PullJobs.FindAsync(Project, "cohorts", Token));

        job = job with { Cursor = "{\"next\":7}", Run = new PullRunState("r1", Noon, null, Counts(("calls", 3)), null, "said") };
        await Store.PullJobs.SaveAsync(Project, lease, job, Token);
        await ReopenAsync();
        AssertSame(job, await Store.PullJobs.FindAsync(Project, "cohorts", Token));

        job = job with { DueAt = Noon.AddHours(6), Run = job.Run! with { EndedAt = Noon.AddMinutes(1), Counts = Counts(("calls", 4), ("people", 100)), Error = "refused" } };
        await Store.PullJobs.SaveAsync(Project, lease, job, Token);
        AssertSame(job, await Store.PullJobs.FindAsync(Project, "cohorts", Token));
    }

    [Fact]
    public async Task Jobs_of_a_project_are_listed_by_name_and_no_other_project_s()
    {
        var lease = await LeaseAsync("a");
        await Store.PullJobs.SaveAsync(Project, lease, new PullJob("events", Noon, null, null), Token);
        await Store.PullJobs.SaveAsync(Project, lease, new PullJob("cohorts", Noon, null, null), Token);
        await Store.PullJobs.SaveAsync(Project + "-other", lease, new PullJob("profiles", Noon, null, null), Token);
        Assert.Equal(["cohorts", "events"], (await Store.PullJobs.ListAsync(Project, Token)).Select(j => j.Name));
        Assert.Null(await Store.PullJobs.FindAsync(Project, "profiles", Token));
    }

    [Fact]
    public async Task Its_runs_stand_among_the_project_s_runs()
    {
        var lease = await LeaseAsync("a");
        var job = new PullJob("cohorts", Noon, null, new PullRunState("r1", Noon, null, Counts(("people", 5)), null, null));
        await Store.PullJobs.SaveAsync(Project, lease, job, Token);
        Assert.Equal(("running", "pull cohorts", "mixpanel", null), await RunAsync("r1"));
        await Store.PullJobs.SaveAsync(Project, lease, job with { Run = job.Run! with { EndedAt = Noon, Note = "a note" } }, Token);
        Assert.Equal(("done", "pull cohorts", "mixpanel", "a note"), await RunAsync("r1"));
        await Store.PullJobs.SaveAsync(Project, lease, job with { Run = job.Run! with { Id = "r2", EndedAt = Noon, Error = "Refused.", Note = "A note." } }, Token);
        Assert.Equal(("failed", "pull cohorts", "mixpanel", "Refused. A note."), await RunAsync("r2"));
        Assert.Equal(("done", "pull cohorts", "mixpanel", "a note"), await RunAsync("r1"));
    }

    [Fact]
    public async Task Whoever_has_lost_the_lease_writes_nothing()
    {
        var first = await LeaseAsync("a");
        var job = new PullJob("cohorts", Noon, null, null);
        await Store.PullJobs.SaveAsync(Project, first, job, Token);
        await Store.Leases.ReleaseAsync(first, Token);
        var second = await LeaseAsync("b");
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.PullJobs.SaveAsync(Project, first, job with { Cursor = "stale" }, Token));
        Assert.Null((await Store.PullJobs.FindAsync(Project, "cohorts", Token))!.Cursor);
        await Store.PullJobs.SaveAsync(Project, second, job with { Cursor = "fresh" }, Token);
        Assert.Equal("fresh", (await Store.PullJobs.FindAsync(Project, "cohorts", Token))!.Cursor);
    }

    private static Dictionary<string, long> Counts(params (string Name, long Count)[] counts) => counts.ToDictionary(c => c.Name, c => c.Count);

    private static void AssertSame(PullJob expected, PullJob? job)
    {
        Assert.Equal(expected.Run!.Counts, job!.Run!.Counts);
        Assert.Equal(expected, job with { Run = job.Run with { Counts = expected.Run.Counts } });
    }

    private async Task<Lease> LeaseAsync(string owner) => (await Store.Leases.TryTakeAsync($"pull/{Project}", owner, TimeSpan.FromMinutes(1), Token))!;

    private async Task<(string State, string Kind, string Destination, string? Note)> RunAsync(string id)
    {
        var run = Assert.Single(await Store.Runs.ListAsync(Project, 10, Token), r => r.Id == id);
        return (run.State, run.Kind, run.Destination, run.Note);
    }
}

public sealed class SqlitePullJobTests : PullJobContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresPullJobTests : PullJobContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
