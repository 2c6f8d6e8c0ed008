using Sluice.Core.Delivery;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>A list that was asked for belongs to one project, however many ask at one instant, and is remembered as asked for.</summary>
public abstract class ListClaimContract : DeliveryContract
{
    [Fact]
    public async Task Of_many_who_ask_at_one_instant_one_gets_the_list()
    {
        string[] projects = [.. Enumerable.Range(0, 12).Select(i => $"{Project}-{i}")];
        for (var list = 1; list <= 5; list++)
        {
            using var start = new Barrier(projects.Length);
            var wanted = list;
            var owners = await Task.WhenAll(projects.Select(p => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait(TimeSpan.FromMinutes(1), Token);
                    return Store.ListClaims.ClaimAsync("account-" + Project, p, Brevo, wanted, projects, Token);
                },
                Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
            var owner = Assert.Single(owners.Select(o => o.Owner).Distinct());
            Assert.Single(owners, o => o.Made is not null);
            foreach (var project in projects)
            {
                Assert.Equal(project == owner, (await ListsAsync(project)).ContainsKey(list));
            }

            // The owner may ask again, the others may not, and neither is forgotten by a restart.
            await ReopenAsync();
            Assert.Equal(new ListClaim(owner, null), await Store.ListClaims.ClaimAsync("account-" + Project, owner, Brevo, list, projects, Token));
            Assert.Equal(new ListClaim(owner, null), await Store.ListClaims.ClaimAsync("account-" + Project, Project, Brevo, list, projects, Token));
        }
    }

    [Fact]
    public async Task Another_account_has_lists_of_its_own()
    {
        Assert.Equal(Project, await ClaimAsync("one", Project));
        Assert.Equal(Other, await ClaimAsync("two", Other));
    }

    [Fact]
    public async Task It_is_kept_until_the_list_is_gone_and_whatever_is_known_of_it_stays()
    {
        var scope = await RegisterAsync(Rule(20, ListMode.Mirror), Rule(21, ListMode.Mirror));
        var known = (await ListsAsync(Project))[20] with { Name = "Trial", ForeignRead = -1 };
        await CommitAsync(scope, c => c.Lists.Add(known));
        Assert.False((await ListsAsync(Project))[20].IsKept);

        await ClaimAsync("one", Project);
        Assert.Equal(known with { IsKept = true }, (await ListsAsync(Project))[20]);
        Assert.Equal(known with { IsKept = true }, (await Store.Insight.DestinationAsync(Project, Brevo, Token))!.Lists[20]);
        Assert.False((await ListsAsync(Project))[21].IsKept);

        // A step of the worker says nothing of it.
        await CommitAsync(scope, c => c.Lists.Add(known with { WalkSlice = 1 }));
        Assert.True((await ListsAsync(Project))[20].IsKept);

        await CommitAsync(scope, c => c.Ended.Add(("one-" + Project, 20)));
        Assert.False((await ListsAsync(Project))[20].IsKept);
        Assert.Equal(Other, await ClaimAsync("one", Other));
    }

    [Fact]
    public async Task A_list_that_ends_in_one_account_stays_claimed_in_another()
    {
        var scope = await RegisterAsync();
        await ClaimAsync("one", Project);
        await ClaimAsync("two", Project);
        await CommitAsync(scope, c => c.Ended.Add(("two-" + Project, 20)));
        Assert.Equal(Project, await ClaimAsync("one", Other));
        Assert.Equal(Other, await ClaimAsync("two", Other));
    }

    [Fact]
    public async Task What_a_project_has_claimed_that_does_not_go_on_passes_on()
    {
        await ClaimAsync("one", Project);
        Assert.Equal(Project, await ClaimAsync("one", Other));
        var taken = await Store.ListClaims.ClaimAsync("one-" + Project, Other, Brevo, 20, [Other], Token);
        Assert.Equal(Other, taken.Owner);
        Assert.NotNull(taken.Made);
        Assert.True((await ListsAsync(Other))[20].IsKept);
        Assert.False((await ListsAsync(Project))[20].IsKept);

        // Who comes back has lost it.
        Assert.Equal(Other, await ClaimAsync("one", Project));
        Assert.False((await ListsAsync(Project))[20].IsKept);
    }

    [Fact]
    public async Task Two_keys_that_are_known_to_open_one_account_have_its_lists_together()
    {
        foreach (var project in new[] { Project, Other })
        {
            Assert.Equal("whole-" + Project, await Store.Connectors.RememberAccountAsync(project, Brevo, "whole-" + Project, Token));
        }

        Assert.Equal(Project, await ClaimAsync("one", Project));
        Assert.Equal(Project, await ClaimAsync("two", Other));
        Assert.DoesNotContain(20, (await ListsAsync(Other)).Keys);

        // Who was refused has claimed nothing, under no name.
        Assert.Equal(Third, await ClaimAsync("two", Third));
        Assert.Equal(Project, await ClaimAsync("one", Third));

        // It ends under both names.
        await CommitAsync(Scope(), c => c.Ended.Add(("one-" + Project, 20)));
        Assert.Equal(Other, await ClaimAsync("three", Other));
        Assert.Equal(Third, await ClaimAsync("one", Third));
    }

    [Fact]
    public async Task A_claim_that_came_to_nothing_is_given_back()
    {
        var scope = await RegisterAsync();
        await ReleaseAsync("one", (await MakeAsync("one"))!);
        Assert.False((await ListsAsync(Project))[20].IsKept);
        Assert.Equal(Other, await ClaimAsync("one", Other));

        // Somebody was put there, or may be by a job: it stays.
        var made = (await MakeAsync("two"))!;
        await CommitAsync(scope, c => c.Job = JobOf("j1", 20));
        await ReleaseAsync("two", made);
        Assert.Equal(Project, await ClaimAsync("two", Other));
        await CommitAsync(scope, c =>
        {
            c.Job = JobOf("j1", 20, Job.Done) with { EndedAt = DateTimeOffset.UnixEpoch.AddDays(20_000) };
            c.Members.Add(new MemberChange(20, Key("ana"), Member(LedgerState.Present)));
        });
        await ReleaseAsync("two", made);
        Assert.Equal(Project, await ClaimAsync("two", Other));
        Assert.True((await ListsAsync(Project))[20].IsKept);
    }

    [Fact]
    public async Task Who_asks_second_does_not_give_back_what_the_first_is_about_to_fill()
    {
        await RegisterAsync();
        var first = (await MakeAsync("one"))!;
        Assert.Null(await MakeAsync("one"));

        // Who has made nothing has nothing to give back; and what both have asked for, the first does not give back either.
        foreach (var made in new[] { "", first })
        {
            await ReleaseAsync("one", made);
            Assert.True((await ListsAsync(Project))[20].IsKept);
            Assert.Equal(Project, await ClaimAsync("one", Other));
        }
    }

    [Fact]
    public async Task A_claim_that_was_given_back_and_made_again_is_another()
    {
        await RegisterAsync();
        var first = (await MakeAsync("one"))!;
        await ReleaseAsync("one", first);
        var second = (await MakeAsync("one"))!;
        await ReleaseAsync("one", first);
        Assert.Equal(Project, await ClaimAsync("one", Other));

        // That another project was refused changes nothing.
        await ReleaseAsync("one", second);
        Assert.Equal(Other, await ClaimAsync("one", Other));
    }

    [Fact]
    public async Task A_list_that_a_project_had_under_one_name_of_the_account_is_not_given_back_under_another()
    {
        await ClaimAsync("whole", Project);
        Assert.Equal("whole-" + Project, await Store.Connectors.RememberAccountAsync(Project, Brevo, "whole-" + Project, Token));
        Assert.Null(await MakeAsync("new-key"));
        Assert.True((await ListsAsync(Project))[20].IsKept);
    }

    [Fact]
    public async Task A_run_that_no_worker_made_stands_among_the_others()
    {
        var day = DateTimeOffset.UnixEpoch.AddDays(20_000);
        var run = new Run("r1", 20, "sync", "failed", day, day.AddMinutes(1), new Dictionary<string, long>(), "Why, and what to do.") { Destination = Brevo };
        await Store.Runs.WriteAsync(Project, run, Token);
        var read = Assert.Single(await Store.Runs.ListAsync(Project, 10, Token));
        Assert.Equal(run with { Counts = read.Counts }, read);
        Assert.Empty(read.Counts);
    }

    private string Other => "other-" + Project;

    private string Third => "third-" + Project;

    /// <summary>Claims list 20, as one of three projects that go on.</summary>
    private async Task<string> ClaimAsync(string account, string project) =>
        (await Store.ListClaims.ClaimAsync($"{account}-{Project}", project, Brevo, 20, [Project, Other, Third], Token)).Owner;

    private async Task<string?> MakeAsync(string account)
    {
        var claim = await Store.ListClaims.ClaimAsync($"{account}-{Project}", Project, Brevo, 20, [Project, Other, Third], Token);
        Assert.Equal(Project, claim.Owner);
        return claim.Made;
    }

    private Task ReleaseAsync(string account, string made) => Store.ListClaims.ReleaseUnusedAsync($"{account}-{Project}", Project, Brevo, 20, made, Token);

    private async Task<IReadOnlyDictionary<long, ListState>> ListsAsync(string project) =>
        (await Store.Ledger.RegisterAsync(new DeliveryScope(project, Brevo, [], GroupAttributes: false), Token)).Lists;
}

public sealed class SqliteListClaimTests : ListClaimContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresListClaimTests : ListClaimContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
