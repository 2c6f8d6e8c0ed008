using System.Text;
using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Identity;
using Sluice.Core.Lookups;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>What is added to people, and whom a change of it marks.</summary>
public abstract class EnrichmentContract : DeliveryContract
{
    private const string Table = "6f1f0d2e-0000-4000-8000-000000000001";

    [Fact]
    public async Task A_person_gets_what_is_known_of_the_first_of_their_groups()
    {
        var scope = await FollowingAsync();
        await GroupAsync("acme", """{"plan":"team","seats":40,"other":1}""");
        await PersonAsync("ana", """{"company":["acme","beta"]}""");
        await PersonAsync("bo", """{"company":"nowhere"}""");
        await PersonAsync("cy", """{"plan":"own"}""");

        Assert.Equal("""{"group:company.plan":"team","group:company.seats":40}""", (await LoadAsync(scope, "ana")).Added);
        Assert.Equal("""{"group:company.plan":null,"group:company.seats":null}""", (await LoadAsync(scope, "bo")).Added);
        Assert.Equal("{}", (await LoadAsync(scope, "cy")).Added);
        Assert.Equal([new GroupLink("company", "acme"), new GroupLink("company", "beta")], (await LoadAsync(scope, "ana")).Links);
    }

    [Fact]
    public async Task A_changed_group_marks_its_members_and_nobody_else()
    {
        var scope = await FollowingAsync();
        await GroupAsync("acme", """{"plan":"team"}""");
        await PersonAsync("ana", """{"company":"acme"}""");
        await PersonAsync("bo", """{"company":"beta"}""");
        await PersonAsync("cy", """{"company":["beta","acme"]}""");
        await DealAsync(scope);
        Assert.Equal(1, await WalkAsync(scope, 100));
        await DealAsync(scope);

        await GroupAsync("acme", """{"plan":"enterprise"}""");
        Assert.True(await FollowAsync(scope, 100));
        Assert.Equal(Keys("ana", "cy"), await PendingAsync(scope));
        Assert.False(await FollowAsync(scope, 100));

        // One that left follows no more; a deleted group is a change too.
        await DealAsync(scope);
        await PersonAsync("cy", """{"company":"beta"}""");
        await DealAsync(scope);
        await Store.Profiles.ApplyAsync(
            new GroupUpdates(Project, [new GroupUpdate(0, "company", "acme", [new ProfileOperation(ProfileOperationKind.Delete, "", default)])]), Token);
        Assert.True(await FollowAsync(scope, 100));
        Assert.Equal(Keys("ana"), await PendingAsync(scope));
    }

    [Fact]
    public async Task A_large_group_is_marked_in_slices_to_its_end_and_once_more_when_it_changes_on_the_way()
    {
        var scope = await FollowingAsync();
        var ids = Enumerable.Range(0, 25).Select(i => FormattableString.Invariant($"u{i}")).ToArray();
        foreach (var id in ids)
        {
            await PersonAsync(id, """{"company":"acme"}""");
        }

        await DealAsync(scope);
        await GroupAsync("acme", """{"plan":"team"}""");
        Assert.True(await FollowAsync(scope, 10));
        Assert.Equal(10, (await PendingAsync(scope)).Count);
        await DealAsync(scope);

        // However often it changes, those at its end come too.
        await GroupAsync("acme", """{"plan":"enterprise"}""");
        Assert.True(await FollowAsync(scope, 10));
        await ReopenAsync();
        await GroupAsync("acme", """{"plan":"free"}""");
        Assert.True(await FollowAsync(scope, 10));
        Assert.Equal(15, (await PendingAsync(scope)).Count);
        await DealAsync(scope);
        Assert.Equal(3, await WalkAsync(scope, 10));
        Assert.Equal(Keys(ids), await PendingAsync(scope));
    }

    [Fact]
    public async Task Only_groups_that_a_mapping_uses_are_followed()
    {
        var scope = await FollowingAsync();
        await PersonAsync("ana", """{"company":"acme","team":"red"}""");
        await DealAsync(scope);
        await Store.Profiles.ApplyAsync(new GroupUpdates(Project, [new GroupUpdate(0, "team", "red", Set("""{"plan":"x"}"""))]), Token);
        Assert.False(await FollowAsync(scope, 100));

        // A mapping without groups forgets what it followed.
        await Store.Ledger.RegisterAsync(scope with { Enrichment = EnrichmentRules.None }, Token);
        await Store.Ledger.RegisterAsync(scope, Token);
        await GroupAsync("acme", """{"plan":"team"}""");
        Assert.True(await FollowAsync(scope, 100));
        Assert.Empty(await PendingAsync(scope));
    }

    [Fact]
    public async Task Of_groups_that_were_not_followed_before_everybody_is_asked()
    {
        var scope = await FollowingAsync();
        await PersonAsync("ana", """{"team":"red"}""");
        await CommitAsync(scope, c => c.Contacts.Add(new ContactChange(Key("ana"), Contact(LedgerState.Present))));
        await DealAsync(scope);
        var more = scope with { Enrichment = new EnrichmentRules(scope.Enrichment.Groups, []) { Companies = "team" } };
        await Store.Ledger.RegisterAsync(more, Token);
        Assert.Equal(1, await WalkAsync(more, 100));
        Assert.Equal(Keys("ana"), await PendingAsync(more));
        Assert.Equal([new GroupLink("team", "red")], (await LoadAsync(more, "ana")).Links);
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_notes_and_follows_nothing()
    {
        var scope = await FollowingAsync();
        await PersonAsync("ana", """{"company":"acme"}""");
        var lease = await LeaseAsync();
        var lost = lease with { Fence = lease.Fence - 1 };
        var people = await Store.Ledger.LoadAsync(scope, [Key("ana")], Token);
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.Ledger.NoteGroupsAsync(scope, lost, people, Token));
        await GroupAsync("acme", """{"plan":"team"}""");
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.Ledger.FollowAsync(scope, lost, 100, Token));
    }

    [Fact]
    public async Task A_table_adds_what_a_person_does_not_say_themselves()
    {
        var scope = await FollowingAsync(new EnrichmentRules([], [new LookupJoin(Table, "sku", [new LookupColumn("name", "product"), new LookupColumn("price", "price")])]));
        await PersonAsync("ana", """{"sku":7,"price":1}""");
        Assert.Equal("{}", (await LoadAsync(scope, "ana")).Added);
        await TableAsync(("7", """{"name":"Tea","price":3.5,"other":1}"""));
        await PersonAsync("bo", """{"sku":["8"]}""");
        await PersonAsync("cy", """{"other":"7"}""");

        Assert.Equal("""{"product":"Tea"}""", (await LoadAsync(scope, "ana")).Added);
        Assert.Equal("""{"product":null,"price":null}""", (await LoadAsync(scope, "bo")).Added);
        Assert.Equal("{}", (await LoadAsync(scope, "cy")).Added);
        Assert.Equal(["""{"product":"Tea"}""", """{"product":null,"price":null}""", "{}"], (await Store.Ledger.SampleAddedAsync(scope, 10, Token)).OrderByDescending(a => a.Contains("Tea", StringComparison.Ordinal)).ThenByDescending(a => a.Length));
    }

    [Fact]
    public async Task A_replaced_table_marks_everybody_whom_the_destination_has()
    {
        var rules = new EnrichmentRules([], [new LookupJoin(Table, "sku", [new LookupColumn("name", "product")])]);
        var scope = await FollowingAsync(rules);
        string[] ids = [.. Enumerable.Range(0, 25).Select(i => FormattableString.Invariant($"u{i}"))];
        await CommitAsync(scope, c => c.Contacts.AddRange(ids.Select(i => new ContactChange(Key(i), Contact(LedgerState.Present)))));
        await DealAsync(scope);
        Assert.False(await FollowAsync(scope, 10));

        await TableAsync(("7", """{"name":"Tea"}"""));
        Assert.True(await FollowAsync(scope, 10));
        Assert.Equal(10, (await PendingAsync(scope)).Count);
        await DealAsync(scope);

        // Replaced once more on the way, it comes to its end all the same, and begins again.
        await TableAsync(("7", """{"name":"Green tea"}"""));
        Assert.True(await FollowAsync(scope, 10));
        await TableAsync(("7", """{"name":"Black tea"}"""));
        Assert.True(await FollowAsync(scope, 10));
        Assert.Equal(15, (await PendingAsync(scope)).Count);
        await DealAsync(scope);
        Assert.Equal(3, await WalkAsync(scope, 10));
        Assert.Equal(Keys(ids), await PendingAsync(scope));

        // Read in another way, it is another table.
        await DealAsync(scope);
        var other = scope with { Enrichment = new EnrichmentRules([], [new LookupJoin(Table, "sku", [new LookupColumn("name", "title")])]) };
        Assert.Equal(1, await WalkAsync(other, 100));
        Assert.Equal(Keys(ids), await PendingAsync(other));
    }

    private PersonKey[] Keys(params string[] ids) => [.. ids.Select(Key).Order()];

    private async Task<DeliveryScope> FollowingAsync(EnrichmentRules? rules = null)
    {
        var scope = Scope() with { Enrichment = rules ?? new EnrichmentRules([new GroupSource("company", "plan"), new GroupSource("company", "seats")], []) };
        await Store.Ledger.RegisterAsync(scope, Token);

        // Before anybody is known, what has not been followed yet is followed at once.
        Assert.Equal(1, await WalkAsync(scope, 100));
        return scope;
    }

    /// <summary>Everybody who is marked is looked at, as the worker does.</summary>
    private async Task DealAsync(DeliveryScope scope)
    {
        var people = await Store.Ledger.PendingAsync(scope, 1_000, Token);
        await Store.Ledger.NoteGroupsAsync(scope, await LeaseAsync(), people, Token);
        await CommitAsync(scope, c => c.Dealt.AddRange(people.Select(p => (p.Key, p.PendingSeq))));
    }

    private async Task<bool> FollowAsync(DeliveryScope scope, int limit) => await Store.Ledger.FollowAsync(scope, await LeaseAsync(), limit, Token);

    private async Task<int> WalkAsync(DeliveryScope scope, int limit)
    {
        for (var steps = 0; steps < 100; steps++)
        {
            if (!await FollowAsync(scope, limit))
            {
                return steps;
            }
        }

        throw new InvalidOperationException("Following does not come to an end.");
    }

    private async Task PersonAsync(string id, string properties) => await Store.Profiles.ApplyAsync(
        new ProfileUpdates(Project, IdentityMode.Simplified, [new ProfileUpdate(0, id, null, false, Set(properties))]), Token);

    private async Task GroupAsync(string id, string properties) =>
        await Store.Profiles.ApplyAsync(new GroupUpdates(Project, [new GroupUpdate(0, "company", id, Set(properties))]), Token);

    private async Task TableAsync(params (string Key, string Values)[] rows)
    {
        var load = await Store.Lookups.BeginAsync(Project, Table, Token);
        await Store.Lookups.AddAsync(load, [.. rows.Select(r => new LookupRow(r.Key, r.Values))], Token);
        Assert.True(await Store.Lookups.FinishAsync(load, ["key"], rows.Length, Token));
    }

    private static List<ProfileOperation> Set(string properties)
    {
        using var document = JsonDocument.Parse(properties);
        return [.. document.RootElement.EnumerateObject().Select(p => new ProfileOperation(ProfileOperationKind.Set, p.Name, Encoding.UTF8.GetBytes(p.Value.GetRawText())))];
    }
}

public sealed class SqliteEnrichmentTests : EnrichmentContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresEnrichmentTests : EnrichmentContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
