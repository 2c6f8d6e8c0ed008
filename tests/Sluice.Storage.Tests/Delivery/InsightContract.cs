using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>What people ask of deliveries from outside the worker: answers that change nothing, and the one request that a worker follows.</summary>
public abstract class InsightContract : DeliveryContract
{
    private const long List = 15;
    private static readonly DateTimeOffset Day = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Fact]
    public async Task A_cohorts_people_in_a_list_are_those_put_there_and_those_who_were_there_before()
    {
        await Full("s1").SendProfilesAsync(1, 1, Person("ana"), Person("bo"), Person("cy"), Person("di"), ("eve", "{}"));
        await Full("s2", "8").SendProfilesAsync(1, 1, Person("fay"));
        await Removed("s3").SendAsync(1, 1, "di");
        var scope = await RegisterAsync(Rule(List, ListMode.Mirror, "7"));
        await CommitAsync(scope, c =>
        {
            c.Members.Add(new(List, Key("ana"), Member(LedgerState.Present)));
            c.Members.Add(new(List, Key("cy"), Member(LedgerState.Intended)));
            c.Members.Add(new(List, Key("di"), Member(LedgerState.Present)));
            c.Members.Add(new(List, Key("eve"), Member(LedgerState.Present)));
            c.Members.Add(new(List, Key("fay"), Member(LedgerState.Present)));
            c.Foreign.AddRange(new[] { "ana", "bo", "zoe" }.Select(id => new ForeignMember(List, Email(id), 1)));
            c.Foreign.Add(new ForeignMember(List + 1, Email("cy"), 1));
        });

        // Ana once, though both; Bo, who was there before; Eve. Cy only may be there, Di has left the cohort, Fay is of another.
        Assert.Equal(3, await Store.Insight.CountInListAsync(scope, List, "7", Token));
        Assert.Equal(1, await Store.Insight.CountInListAsync(scope, List, "8", Token));
        Assert.Equal(0, await Store.Insight.CountInListAsync(scope, List, "unknown", Token));
    }

    [Fact]
    public async Task Everything_that_stands_against_writing_to_a_person_is_told_newest_first()
    {
        await Full("s1").SendProfilesAsync(
            1, 1, ("ana", """{"$email":"ana@example.org","$phone":"+491701234567"}"""), Person("bo"), ("eve", "{}"));
        await Store.Suppressions.AddAsync(
            Project,
            [
                new SuppressionEntry("ana@example.org", null, 15, "unsubscribed", "webhook", Day),
                new SuppressionEntry(null, Key("ana"), 0, "manual", "hand", Day.AddDays(2)),
                new SuppressionEntry(null, null, 0, "manual", "hand", Day.AddDays(1)) { Phone = "491701234567" },
                new SuppressionEntry("bo@example.org", null, 0, "spam", "webhook", Day.AddDays(3)),
            ],
            Token);

        // The person's own first entry stays; whoever has the address or the number is suppressed as a person with it.
        Assert.Equal(
            [
                new SuppressionEntry(null, Key("ana"), 0, "manual", "hand", Day.AddDays(2)),
                new SuppressionEntry(null, null, 0, "manual", "hand", Day.AddDays(1)) { Phone = "491701234567" },
                new SuppressionEntry("ana@example.org", null, 15, "unsubscribed", "webhook", Day),
                new SuppressionEntry(null, Key("ana"), 15, "unsubscribed", "webhook", Day),
            ],
            await Store.Insight.SuppressionsOfAsync(Project, Key("ana"), Token));
        Assert.Equal(["spam", "spam"], (await Store.Insight.SuppressionsOfAsync(Project, Key("bo"), Token)).Select(s => s.Reason));
        Assert.Empty(await Store.Insight.SuppressionsOfAsync(Project, Key("eve"), Token));
        Assert.Empty(await Store.Insight.SuppressionsOfAsync(Project, Key("nobody"), Token));
    }

    [Fact]
    public async Task People_with_one_address_are_told_with_those_who_have_it_the_first_seen_first()
    {
        await Full("s1").SendProfilesAsync(1, 1, ("bo", """{"$email":"one@example.org"}"""));
        Home.Advance(TimeSpan.FromMinutes(1));
        await Full("s2").SendProfilesAsync(1, 1, ("ana", """{"$email":"One@example.org"}"""), Person("cy"), ("eve", "{}"));
        var shared = await Store.Insight.SharedAddressesAsync(Project, [Key("ana"), Key("bo"), Key("cy"), Key("eve")], Token);

        Assert.Equal(new[] { Key("ana"), Key("bo") }.Order(), shared.Select(s => s.Person).Order());
        Assert.All(shared, s => Assert.Equal([Key("bo"), Key("ana")], s.Holders));
    }

    [Fact]
    public async Task Refused_records_are_counted_and_shown_by_cohort_and_by_person()
    {
        var scope = await RegisterAsync();
        var page = Full("s1").Page(1, 1, "ana");
        await Full("s1").SendAsync(page with { Rejected = [new RejectedMember(0, "no_id", "", "1"), new RejectedMember(1, "no_id", "", "2")] });
        await CommitAsync(scope, c => c.DeadLetters.Add(new DeadLetter("d1", Brevo, "refused", "why", Key("ana"), "ana", "{}", "open", Day)));

        Assert.Equal(2, await Store.Insight.CountRefusedAsync(Project, "7", Token));
        Assert.Equal(0, await Store.Insight.CountRefusedAsync(Project, "8", Token));
        Assert.Equal(["1", "2"], (await Store.Insight.RefusedAsync(Project, "7", 10, Token)).Select(l => l.Payload).Order());
        Assert.Single(await Store.Insight.RefusedAsync(Project, "7", 1, Token));
        Assert.Equal("d1", Assert.Single(await Store.Insight.LettersOfAsync(Project, Key("ana"), Token)).Id);
        Assert.Empty(await Store.Insight.LettersOfAsync(Project, Key("bo"), Token));

        // What has been tried again waits for nobody.
        await Store.DeadLetters.RetryAsync(Project, [], Token);
        Assert.Equal(0, await Store.Insight.CountRefusedAsync(Project, "7", Token));
    }

    [Fact]
    public async Task A_destination_and_its_runs_are_told_as_the_worker_wrote_them()
    {
        Assert.Null(await Store.Insight.DestinationAsync(Project, Brevo, Token));
        var scope = await RegisterAsync(Rule(List, ListMode.Mirror, "7"));
        var run = new Run("r1", List, "walk", "done", Day, Day.AddMinutes(1), new Dictionary<string, long> { ["added"] = 3 }, "note");
        await CommitAsync(scope, c =>
        {
            c.Destination = new DestinationChange { Mapping = 7, PreparedAt = Day, PausedReason = "list_missing" };
            c.Run = run;
        });

        var state = (await Store.Insight.DestinationAsync(Project, Brevo, Token))!;
        Assert.Equal((7, Day, null, "list_missing", List), (state.Mapping, state.PreparedAt, state.ChangesReadUntil, state.PausedReason, Assert.Single(state.Lists).Key));
        var found = (await Store.Insight.FindRunAsync(Project, "r1", Token))!;
        Assert.Equal((run with { Counts = found.Counts, Destination = Brevo }, 3L), (found, found.Counts["added"]));
        Assert.Null(await Store.Insight.FindRunAsync(Project, "r2", Token));
    }

    [Fact]
    public async Task Sources_are_those_that_were_found_and_nothing_new_is_found()
    {
        await Full("s1").SendAsync(1, 1, "ana");
        Assert.Empty(await Store.Insight.SourcesAsync(Project, Brevo, Token));
        await Store.Ledger.FindSourcesAsync(Project, Brevo, ["dormant_30d", "nothing"], Token);
        Assert.Equal(new Dictionary<string, string> { ["dormant_30d"] = "7" }, await Store.Insight.SourcesAsync(Project, Brevo, Token));
    }

    [Fact]
    public async Task A_request_for_a_walk_takes_the_lease_and_what_the_worker_still_writes_is_refused()
    {
        var scope = await RegisterAsync(Rule(List, ListMode.Mirror, "7"));
        var lease = await LeaseAsync();
        var list = (await Store.Insight.DestinationAsync(Project, Brevo, Token))!.Lists[List] with { Sources = 5, ForeignRead = -1 };
        var walked = new LedgerChanges();
        walked.Lists.Add(list);
        await Store.Ledger.CommitAsync(scope, lease, walked, Token);
        Assert.Equal("node-1", await Store.Insight.HolderAsync(lease.Name, Token));

        await Store.Insight.RequestWalkAsync(scope, List, lease.Name, TimeSpan.FromHours(1), Token);
        Assert.Null(await Store.Insight.HolderAsync(lease.Name, Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.Ledger.CommitAsync(scope, lease, walked, Token));
        var asked = (await Store.Insight.DestinationAsync(Project, Brevo, Token))!.Lists[List];
        Assert.Null(asked.Sources);
        Assert.Equal(-1, asked.ForeignRead);
        Assert.NotNull(asked.AllowRemovalsUntil);
    }

    private UInt128 Email(string id) => ContactKeys.OfEmail(Project, $"{id}@example.org")!.Value;

    private static (string Id, string Properties) Person(string id) => (id, $$"""{"$email":"{{id}}@example.org"}""");
}

public sealed class SqliteInsightTests : InsightContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresInsightTests : InsightContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
