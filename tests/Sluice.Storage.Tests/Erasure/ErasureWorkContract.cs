using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Erasure;

/// <summary>An erasure waits for what it has to and for nothing else, and tells what it could not do.</summary>
public abstract class ErasureWorkContract : ErasureSuite
{
    private const string Ana = "anastasia-1";
    private const string Email = "anastasia@erase.test";
    private const string Phone = "+14155550123";
    private const string Name = "Anastasia Quill";

    [Fact]
    public async Task An_import_that_was_under_way_is_waited_for()
    {
        await FillAsync(Ana, Email, Phone, Name);
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        var state = await RequestAsync(Ana);
        await CommitAsync(scope, c => c.Job = JobOf("running", 15) with { StartedAt = state.RequestedAt });
        var looks = 0;
        var stages = await EraseAsync(async job =>
        {
            if (job.Stage == ErasureStage.Settle && ++looks == 3)
            {
                await CommitAsync(scope, c => c.Job = JobOf("running", 15, Job.Done) with { EndedAt = DateTimeOffset.UnixEpoch });
            }
        });

        Assert.InRange(stages.Count(s => s == ErasureStage.Settle), 4, 6);
    }

    [Fact]
    public async Task An_import_that_nobody_ends_holds_nothing_up_for_ever()
    {
        await FillAsync(Ana, Email, Phone, Name);
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        var state = await RequestAsync(Ana);
        await CommitAsync(scope, c => c.Job = JobOf("stuck", 15) with { StartedAt = state.RequestedAt });
        var waits = 0;
        await EraseAsync(async job =>
        {
            if (job.Stage == ErasureStage.Settle && ++waits == 3)
            {
                Assert.Contains("import of brevo", (await Store.Erasures.FindAsync(Project, state.Id, Token))!.Note, StringComparison.Ordinal);

                // Lost by now for whoever started it, whatever it is that keeps them from writing so.
                await Home.ExecuteAsync("UPDATE job SET started_at = started_at - 21600001 WHERE project = @project", Token);
            }
        });

        Assert.InRange(waits, 3, 5);
    }

    [Fact]
    public async Task An_import_of_a_destination_that_is_not_configured_is_not_waited_for()
    {
        await FillAsync(Ana, Email, Phone, Name);
        var state = await RequestAsync(Ana);
        await CommitAsync(await RegisterAsync(Rule(15, ListMode.Mirror, "7")), c => c.Job = JobOf("stuck", 15) with { StartedAt = state.RequestedAt });

        var stages = await EraseAsync(destinations: ["other"]);
        Assert.Equal(2, stages.Count(s => s == ErasureStage.Settle));
    }

    [Fact]
    public async Task A_contact_that_nobody_can_delete_is_told_of()
    {
        await FillAsync(Ana, Email, Phone, Name);
        await Store.EventOutbox.OpenAsync(new DeliveryScope(Project, "hook", [], false) { HasContacts = false }, await LeaseAsync(), Token);
        var state = await RequestAsync(Ana);
        await EraseAsync(async job =>
        {
            if (job.Stage == ErasureStage.GatherAgain)
            {
                // Who has no contacts is not asked for any.
                var contacts = await Store.ErasureWork.ContactsAsync(job, 1_000, Token);
                Assert.All(contacts, c => Assert.Equal(Brevo, c.Destination));
                Assert.Equal([Email, "old." + Email], contacts.Where(c => c.IsKnown).Select(c => c.Email).Order(StringComparer.Ordinal));
                await Store.ErasureWork.ContactsDoneAsync((await ErasureLeaseAsync())!, job, contacts, 0, contacts.Count(c => c.IsKnown), Token);
            }
        });

        var done = (await Store.Erasures.FindAsync(Project, state.Id, Token))!;
        Assert.Equal((ErasureStatus.Success, 2), (done.Status, done.Erased["contacts_not_deleted"]));
        Assert.StartsWith("2 contacts were not deleted", done.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Erasures_that_come_together_share_the_walks_over_the_log()
    {
        await AppendAsync([Event("Open", "a", 1, "{}"), Event("Open", "b", 2, "{}"), Event("Close", "b", 3, "{}"), Event("Open", "cy", 4, "{}")]);
        string[] requests = [(await RequestAsync("a")).Id, (await RequestAsync("b")).Id, (await RequestAsync("nobody")).Id];
        var stages = await EraseAsync();

        Assert.Equal((1, 1), (stages.Count(s => s == ErasureStage.Log), stages.Count(s => s == ErasureStage.LogAgain)));
        var erased = new List<long>();
        foreach (var request in requests)
        {
            var done = (await Store.Erasures.FindAsync(Project, request, Token))!;
            Assert.Equal(ErasureStatus.Success, done.Status);
            erased.Add(done.Erased.GetValueOrDefault("events"));
        }

        Assert.Equal([1L, 2, 0], erased);
        Assert.Equal([Key("cy")], (await Store.EventLog.ReadKeysAsync(Project, LogPosition.Start, 10, null, Token)).Keys.Select(k => k.Person));
    }

    [Fact]
    public async Task A_shared_walk_begins_where_the_least_has_been_looked_at()
    {
        await AppendAsync([Event("Open", "a", 1, "{}")]);
        await AppendAsync([Event("Open", "b", 2, "{}"), Event("Open", "a", 3, "{}"), Event("Open", "cy", 4, "{}")]);
        var first = (await RequestAsync("a")).Id;
        await RequestAsync("b");
        await Home.ExecuteAsync($"UPDATE erasure SET requested_at = requested_at - 1000 WHERE project = @project AND erasure = '{first}'", Token);
        var gathered = 0;
        await EraseAsync(async job =>
        {
            if (job.Stage == ErasureStage.Gather && ++gathered == 2)
            {
                // The first one's walk was cut short behind all that there is.
                await Home.ExecuteAsync($"UPDATE erasure SET cursor = '2:9' WHERE project = @project AND erasure = '{first}'", Token);
            }
        });

        Assert.Equal([Key("cy")], (await Store.EventLog.ReadKeysAsync(Project, LogPosition.Start, 10, null, Token)).Keys.Select(k => k.Person));
    }

    [Fact]
    public async Task An_erasure_that_comes_after_a_walk_has_one_of_its_own()
    {
        await AppendAsync([Event("Open", "a", 1, "{}"), Event("Open", "b", 2, "{}")]);
        await RequestAsync("a");
        var late = "";
        var stages = await EraseAsync(async job => late = job.Stage == ErasureStage.Letters && late.Length == 0 ? (await RequestAsync("b")).Id : late);

        Assert.Equal(2, stages.Count(s => s == ErasureStage.Log));
        Assert.Equal(1, (await Store.Erasures.FindAsync(Project, late, Token))!.Erased["events"]);
        Assert.Empty((await Store.EventLog.ReadKeysAsync(Project, LogPosition.Start, 10, null, Token)).Keys);
    }

    [Fact]
    public async Task Requests_of_long_ago_are_forgotten()
    {
        var state = await RequestAsync(Ana);
        await EraseAsync();
        await Store.ErasureWork.ClearAsync(Project, Token);
        Assert.NotNull(await Store.Erasures.FindAsync(Project, state.Id, Token));
        await Home.ExecuteAsync("UPDATE erasure SET ended_at = ended_at - 2592000001 WHERE project = @project", Token);
        await Store.ErasureWork.ClearAsync(Project, Token);
        Assert.Null(await Store.Erasures.FindAsync(Project, state.Id, Token));
    }

    [Fact]
    public async Task A_request_can_be_taken_back_until_it_begins()
    {
        var mistaken = await Store.Erasures.RequestAsync(
            new ErasureRequest(Project, ErasureKind.Deletion, [Ana, "b"], "GDPR", null, "test", TimeSpan.FromMinutes(1)), Token);
        Assert.Null(await Store.ErasureWork.DueAsync(Project, Token));
        Assert.Equal(0, await Store.Erasures.CancelOfAsync(Project, [Ana], Token));
        Assert.Equal(CancelOutcome.Cancelled, await Store.Erasures.CancelAsync(Project, mistaken.Id, Token));
        Assert.Equal(CancelOutcome.TooLate, await Store.Erasures.CancelAsync(Project, mistaken.Id, Token));
        Assert.Equal(CancelOutcome.Unknown, await Store.Erasures.CancelAsync(Project, "no-such", Token));
        Assert.Equal(ErasureStatus.Revoked, (await Store.Erasures.FindAsync(Project, mistaken.Id, Token))!.Status);
        Assert.Equal(1, (await AppendAsync([Event("Open", Ana, 1, "{}")])).Stored);

        var meant = await RequestAsync(Ana);
        await Store.ErasureWork.AdvanceAsync((await ErasureLeaseAsync())!, (await Store.ErasureWork.DueAsync(Project, Token))!, Token);
        Assert.Equal(CancelOutcome.TooLate, await Store.Erasures.CancelAsync(Project, meant.Id, Token));
    }
}

public sealed class SqliteErasureWorkTests : ErasureWorkContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome { Durable = false });
}

public sealed class PostgresErasureWorkTests : ErasureWorkContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateOwnAsync(Token);
}
