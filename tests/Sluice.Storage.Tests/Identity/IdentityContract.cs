using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Identity;

/// <summary>Which ids are one person: what the three modes follow, refuse, and can take back.</summary>
public abstract class IdentityContract : StoreContract
{
    private const string Anonymous = "3f0c8f2e-5f0b-4f53-9c1e-2f0a6b1c7d90";
    private const string Anonymous2 = "4f0c8f2e-5f0b-4f53-9c1e-2f0a6b1c7d91";

    [Fact]
    public async Task An_id_of_which_nothing_was_said_is_a_person_of_its_own()
    {
        var person = await Store.Identities.FindAsync(Project, "ana", Token);

        Assert.Equal(Key("ana"), person.Person);
        Assert.Equal([new KnownId(Key("ana"), "ana")], person.Ids);
    }

    [Fact]
    public async Task A_device_belongs_to_the_user_of_its_first_event()
    {
        await SayAsync(IdentityMode.Simplified, Device("ana", "d1"), Device("ana", "d2"), Device("bo", "d1"));

        Assert.Equal(["ana", "$device:d1", "$device:d2"], await IdsAsync("$device:d2"));
        Assert.Equal(["bo"], await IdsAsync("bo"));
        Assert.Equal([IdentityRefusal.OtherUser], await RefusedAsync());
    }

    [Fact]
    public async Task Two_users_never_become_one_however_they_share_devices()
    {
        await SayAsync(IdentityMode.Simplified, Device("ana", "d1"), Device("bo", "d2"));
        await SayAsync(IdentityMode.Simplified, Device("bo", "d1"), Device("ana", "d2"));

        Assert.Equal(["ana", "$device:d1"], await IdsAsync("ana"));
        Assert.Equal(["bo", "$device:d2"], await IdsAsync("bo"));
    }

    [Fact]
    public async Task Identify_joins_an_anonymous_id_once()
    {
        await SayAsync(IdentityMode.Original, Identify("ana", Anonymous), Identify("bo", Anonymous), Identify("bo", "not-a-uuid"));

        Assert.Equal(["ana", Anonymous], await IdsAsync(Anonymous));
        Assert.Equal(["bo"], await IdsAsync("bo"));
        Assert.Equal([IdentityRefusal.AlreadyIdentified, IdentityRefusal.NotAnonymous], (await RefusedAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Merge_joins_whole_people()
    {
        await SayAsync(IdentityMode.Original, Identify("ana", Anonymous), Identify("bo", Anonymous2), Merge("ana", "bo"));

        Assert.Equal(["ana", Anonymous, Anonymous2, "bo"], await IdsAsync("bo"));
    }

    [Fact]
    public async Task Aliases_make_chains_and_have_one_owner()
    {
        await SayAsync(IdentityMode.Legacy, Alias("ana", "a1"), Alias("a1", "a2"), Alias("bo", "a1"), Merge("ana", "bo"));

        Assert.Equal(["ana", "a1", "a2"], await IdsAsync("a2"));
        Assert.Equal([IdentityRefusal.AliasTaken, IdentityRefusal.WrongMode], (await RefusedAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_person_has_at_most_500_ids()
    {
        await SayAsync(IdentityMode.Original, [.. Enumerable.Range(0, 499).Select(i => Merge("ana", $"u{i}"))]);
        await SayAsync(IdentityMode.Original, Merge("ana", "one too many"));

        Assert.Equal(500, (await IdsAsync("ana")).Count);
        Assert.Equal(["one too many"], await IdsAsync("one too many"));
        Assert.Equal([IdentityRefusal.TooManyIds], await RefusedAsync());
    }

    [Fact]
    public async Task A_user_of_thousands_of_devices_gets_no_more()
    {
        foreach (var part in Enumerable.Range(0, 2_001).Chunk(500))
        {
            await SayAsync(IdentityMode.Simplified, [.. part.Select(i => Device("guest", $"d{i}"))]);
        }

        Assert.Equal(2_000, (await IdsAsync("guest")).Count);
        Assert.Equal([IdentityRefusal.TooManyDevices, IdentityRefusal.TooManyDevices], await RefusedAsync());
    }

    [Fact]
    public async Task The_verbs_mean_nothing_in_simplified_mode()
    {
        await SayAsync(IdentityMode.Simplified, Identify("ana", Anonymous), Merge("ana", "bo"), Alias("ana", "a1"));

        Assert.Equal(["ana"], await IdsAsync("ana"));
        Assert.Equal(3, (await RefusedAsync()).Count);
    }

    [Fact]
    public async Task What_was_said_before_changes_nothing()
    {
        await SayAsync(IdentityMode.Simplified, Device("ana", "d1"));
        await SayAsync(IdentityMode.Simplified, Device("ana", "d1"), Device("ana", "d1"));

        Assert.Equal(["ana", "$device:d1"], await IdsAsync("ana"));
        Assert.Single(await Store.Identities.ListAsync(Project, null, 100, Token));
    }

    [Fact]
    public async Task Undoing_one_claim_leaves_what_the_others_join()
    {
        await SayAsync(IdentityMode.Original, Identify("ana", Anonymous), Identify("bo", Anonymous2), Merge("ana", "bo"));
        var merge = (await Store.Identities.ListAsync(Project, "followed", 100, Token)).Single(c => c.Kind == IdentityClaimKind.Merge);

        Assert.True(await Store.Identities.UndoAsync(Project, merge.Claim, Token));
        Assert.Equal(["ana", Anonymous], await IdsAsync(Anonymous));
        Assert.Equal(["bo", Anonymous2], await IdsAsync(Anonymous2));
        Assert.False(await Store.Identities.UndoAsync(Project, merge.Claim, Token));
    }

    [Fact]
    public async Task What_was_undone_stays_undone_when_it_is_said_again()
    {
        await SayAsync(IdentityMode.Original, Merge("ana", "bo"));
        var merge = Assert.Single(await Store.Identities.ListAsync(Project, "followed", 100, Token));
        await Store.Identities.UndoAsync(Project, merge.Claim, Token);
        await SayAsync(IdentityMode.Original, Merge("ana", "bo"));

        Assert.Equal(["ana"], await IdsAsync("ana"));
    }

    [Fact]
    public async Task Many_at_once_end_in_one_person()
    {
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => SayAsync(IdentityMode.Original, Merge($"u{i}", $"u{i + 1}")))));

        Assert.Equal(13, (await IdsAsync("u7")).Count);
    }

    private static IdentityClaim Device(string user, string device) => new(IdentityClaimKind.Device, user, "$device:" + device);

    private static IdentityClaim Identify(string id, string anonymous) => new(IdentityClaimKind.Identify, id, anonymous);

    private static IdentityClaim Alias(string id, string alias) => new(IdentityClaimKind.Alias, id, alias);

    private static IdentityClaim Merge(string one, string two) => new(IdentityClaimKind.Merge, one, two);

    private Task<EventAppendOutcome> SayAsync(IdentityMode mode, params IdentityClaim[] claims) => Store.Events.AppendAsync(
        new EventBatch(Project, Origin.Received, mode, [new EventRecord("e", 1, "ana", null, "{}"u8.ToArray())], claims), Token);

    /// <summary>The ids of a person, who speaks for all first.</summary>
    private async Task<IReadOnlyList<string>> IdsAsync(string id) => [.. (await Store.Identities.FindAsync(Project, id, Token)).Ids.Select(i => i.DistinctId)];

    private async Task<IReadOnlyList<string?>> RefusedAsync() => [.. (await Store.Identities.ListAsync(Project, "refused", 100, Token)).Select(c => c.Reason)];
}

public sealed class SqliteIdentityTests : IdentityContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresIdentityTests : IdentityContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
