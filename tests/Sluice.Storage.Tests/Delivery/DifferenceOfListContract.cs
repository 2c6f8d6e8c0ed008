using System.Globalization;
using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>The difference between what a list should hold and what the ledger knows of it, against a model with random sets.</summary>
public abstract class DifferenceOfListContract : DeliveryContract
{
    private const long List = 15;

    [Theory]
    [InlineData(ListMode.Mirror, false)]
    [InlineData(ListMode.Exclusive, false)]
    [InlineData(ListMode.Add, false)]
    [InlineData(ListMode.Remove, false)]
    [InlineData(ListMode.Update, false)]
    [InlineData(ListMode.Mirror, true)]
    [InlineData(ListMode.Remove, true)]
    public async Task It_is_what_the_mode_asks_for(ListMode mode, bool allUsers)
    {
        for (var seed = 1; seed <= 4; seed++)
        {
            var people = await FillAsync(seed);
            var rule = Rule(List, mode, "7-" + seed, "8-" + seed, "unknown") with { AllUsers = allUsers };
            var scope = Scope(rule);
            var wanted = people.Where(p => p.InGroup || (allUsers && p.HasProperties)).Select(p => p.Key).ToHashSet();
            var members = people.Where(p => p.State is not null).Select(p => p.Key).ToHashSet();
            var present = people.Where(p => p.State == LedgerState.Present).Select(p => p.Key).ToHashSet();
            var unwanted = mode == ListMode.Remove ? members.Intersect(wanted) : members.Except(wanted);
            var expected = mode switch
            {
                ListMode.Mirror or ListMode.Exclusive => wanted.Except(present).Concat(unwanted),
                ListMode.Add => wanted.Except(present),
                _ => wanted,
            };

            Assert.Equal(expected.Order(), await CutAsync(scope, rule, all: false, slices: 1));
            Assert.Equal(expected.Order(), await CutAsync(scope, rule, all: false, slices: 8));
            Assert.Equal(wanted.Union(members).Order(), await CutAsync(scope, rule, all: true, slices: 8));
            var count = await Store.Ledger.CountRemovalsAsync(scope, rule, Token);
            Assert.Equal((unwanted.Count(), members.Count, 0), (count.Unwanted, count.Size, count.Removed24Hours));
            Assert.True(await Store.Ledger.SizeAsync(scope, rule, Token) >= wanted.Union(members).Count());
            await EmptyAsync(scope, members);
        }
    }

    [Fact]
    public async Task A_list_whose_sources_are_all_waiting_wants_nobody()
    {
        var rule = Rule(List, ListMode.Mirror) with { Waiting = ["at_risk"] };
        var scope = await RegisterAsync(rule);
        await CommitAsync(scope, c => c.Members.Add(new(List, Key("ana"), Member(LedgerState.Present))));

        Assert.Equal([Key("ana")], await Store.Ledger.DifferenceAsync(scope, rule, KeyRange.All, all: false, Token));
        Assert.Equal(new RemovalCount(1, 1, 0, 0), await Store.Ledger.CountRemovalsAsync(scope, rule, Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_an_exclusive_list_they_count_too_who_were_there_before_and_whom_nobody_wants(bool allUsers)
    {
        var people = await FillAsync(seed: 5);
        var random = new Random(6);
        var rule = Rule(List, ListMode.Exclusive, "7-5", "8-5", "unknown") with { AllUsers = allUsers };
        var scope = Scope(rule);

        // Some of these addresses belong to people, some to two of them, some to nobody.
        string[] addresses = [.. Enumerable.Range(0, 400).Select(i => $"{i}@example.org").Where(_ => random.Next(2) == 0)];
        await CommitAsync(scope, c => c.Foreign.AddRange(addresses.Select((a, i) => new ForeignMember(List, Email(a), i))));
        var holders = people.Index().Where(p => p.Item.HasProperties).ToLookup(p => $"{p.Index / 2}@example.org", p => p.Item);
        var unwanted = addresses.Where(a => !holders[a].Any(p => p.InGroup || p.State is not null || (allUsers && p.HasProperties))).Select(Email).Order().ToList();
        var leaving = people.Count(p => p.State is not null && !p.InGroup && !(allUsers && p.HasProperties));

        Assert.NotEmpty(unwanted);
        Assert.True(unwanted.Count < addresses.Length);
        Assert.Equal(
            new RemovalCount(unwanted.Count + leaving, addresses.Length + people.Count(p => p.State is not null), 0, unwanted.Count),
            await Store.Ledger.CountRemovalsAsync(scope, rule, Token));
        var found = new List<UInt128>();
        for (var page = await ForeignAsync(null); page.Count > 0; page = await ForeignAsync(found[^1]))
        {
            found.AddRange(page.Select(f => f.EmailKey));
        }

        Assert.Equal(unwanted, found);

        Task<IReadOnlyList<ForeignMember>> ForeignAsync(UInt128? after) => Store.Ledger.UnwantedForeignAsync(scope, rule, after, 7, Token);
    }

    [Fact]
    public async Task A_large_list_is_counted_in_slices()
    {
        const int Size = 40_000;
        var rule = Rule(List, ListMode.Exclusive, "7");
        var scope = await RegisterAsync(rule);
        string[] ids = [.. Enumerable.Range(0, Size).Select(i => $"u-{i}")];
        foreach (var (i, page) in ids[..(Size / 2)].Chunk(5_000).Index())
        {
            await Full("s1").SendProfilesAsync(i + 1, Size / 2 / 5_000, [.. page.Select(id => (id, $$"""{"$email":"{{id}}@example.org"}"""))]);
        }

        await CommitAsync(scope, c =>
        {
            c.Members.AddRange(ids[..30_000].Select(id => new MemberChange(List, Key(id), Member(LedgerState.Present))));
            c.Foreign.AddRange(ids[10_000..].Select(id => new ForeignMember(List, Email($"{id}@example.org"), 1)));
        });

        // 10,000 have left; 20,000 were there before, of whom nobody is known.
        Assert.Equal(new RemovalCount(30_000, 60_000, 0, 20_000), await Store.Ledger.CountRemovalsAsync(scope, rule, Token));
        Assert.Equal(20_000, await Store.Insight.CountInListAsync(scope, List, "7", Token));
    }

    [Fact]
    public async Task The_removals_of_the_last_24_hours_are_counted_by_list()
    {
        var rule = Rule(List, ListMode.Mirror);
        var scope = await RegisterAsync(rule);
        await CommitAsync(scope, c => c.Removed[List] = 3);
        await CommitAsync(scope, c =>
        {
            c.Removed[List] = 4;
            c.Removed[16] = 100;
        });
        Assert.Equal(7, (await Store.Ledger.CountRemovalsAsync(scope, rule, Token)).Removed24Hours);

        // Whole hours are kept: a removal counts a little longer than 24 hours, and never shorter.
        await Home.ExecuteAsync("UPDATE list_removal SET hour = hour - 24 WHERE project = @project", Token);
        Assert.Equal(7, (await Store.Ledger.CountRemovalsAsync(scope, rule, Token)).Removed24Hours);
        await Home.ExecuteAsync("UPDATE list_removal SET hour = hour - 2 WHERE project = @project", Token);
        Assert.Equal(0, (await Store.Ledger.CountRemovalsAsync(scope, rule, Token)).Removed24Hours);
    }

    /// <summary>People in random groups and in random states of the list, with differences over a replacement, settled or not.</summary>
    private async Task<List<Someone>> FillAsync(int seed)
    {
        var random = new Random(seed);
        string[] ids = [.. Enumerable.Range(0, 400).Select(i => $"{seed}-u-{i}")];
        var scope = await RegisterAsync(Rule(List, ListMode.Mirror));
        var withProperties = ids.Where(_ => random.Next(2) == 0).ToHashSet();
        var first = Some();
        var second = Some();
        var left = Some();
        await Full("f", "7-" + seed).SendProfilesAsync(1, 1, [.. first.Select(id => (id, Properties(id)))]);
        await Added("a", "8-" + seed).SendProfilesAsync(1, 1, [.. second.Select(id => (id, Properties(id)))]);
        await Removed("r", "7-" + seed).SendProfilesAsync(1, 1, [.. left.Select(id => (id, Properties(id)))]);
        if (random.Next(2) == 0)
        {
            await SettleAsync();
        }

        var states = ids.Where(_ => random.Next(2) == 0).ToDictionary(
            id => id, _ => new[] { LedgerState.Intended, LedgerState.Present, LedgerState.Present, LedgerState.Unknown, LedgerState.Leaving }[random.Next(5)]);
        await CommitAsync(scope, c => c.Members.AddRange(states.Select(s => new MemberChange(List, Key(s.Key), Member(s.Value)))));
        var known = first.Concat(second).Concat(left).ToHashSet();
        return [.. ids.Select(id => new Someone(
            Key(id), (first.Contains(id) && !left.Contains(id)) || second.Contains(id), known.Contains(id) && withProperties.Contains(id),
            states.TryGetValue(id, out var state) ? state : null))];

        HashSet<string> Some() => [.. ids.Where(_ => random.Next(3) == 0)];

        // Each two share an address.
        string Properties(string id) => withProperties.Contains(id) ? $$"""{"$email":"{{int.Parse(id[(id.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture) / 2}}@example.org"}""" : "{}";
    }

    private UInt128 Email(string address) => ContactKeys.OfEmail(Project, address)!.Value;

    private async Task<List<PersonKey>> CutAsync(DeliveryScope scope, ListRule rule, bool all, int slices)
    {
        var keys = new List<PersonKey>();
        for (var slice = 0; slice < slices; slice++)
        {
            keys.AddRange(await Store.Ledger.DifferenceAsync(scope, rule, KeyRange.Slice(slice, slices), all, Token));
        }

        return keys;
    }

    /// <summary>Leaves no trace for the next round: everybody has properties no more, and the list is empty.</summary>
    private async Task EmptyAsync(DeliveryScope scope, IEnumerable<PersonKey> members)
    {
        await CommitAsync(scope, c => c.Members.AddRange(members.Select(m => new MemberChange(List, m, null))));
        await Home.ExecuteAsync("UPDATE profile SET props = '{}' WHERE project = @project", Token);
    }

    private sealed record Someone(PersonKey Key, bool InGroup, bool HasProperties, LedgerState? State);
}

public sealed class SqliteDifferenceOfListTests : DifferenceOfListContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresDifferenceOfListTests : DifferenceOfListContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
