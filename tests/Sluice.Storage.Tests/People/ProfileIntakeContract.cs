using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Tests.Delivery;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.People;

/// <summary>Profile updates are applied in their order, and destinations are told once.</summary>
public abstract class ProfileIntakeContract : DeliveryContract
{
    [Fact]
    public async Task Updates_are_applied_in_their_order()
    {
        var scope = await RegisterAsync();
        var refused = await ApplyAsync(
            Update("ana", Set("plan", "\"free\""), Set("logins", "1")),
            Update("ana", new ProfileOperation(ProfileOperationKind.Add, "logins", Json("2"))),
            Update("bo", Set("plan", "\"pro\"")),
            Update("ana", Set("plan", "\"pro\"")));

        Assert.Empty(refused);
        Assert.Equal("""{"plan":"pro","logins":3}""", (await LoadAsync(scope, "ana")).Properties);
        Assert.Equal("""{"plan":"pro"}""", (await LoadAsync(scope, "bo")).Properties);
        Assert.Equal(new[] { "ana", "bo" }.Select(Key).Order(), await PendingAsync(scope));
    }

    [Fact]
    public async Task What_cannot_be_applied_changes_nothing_and_the_others_are_applied()
    {
        var scope = await RegisterAsync();
        var refused = await ApplyAsync(
            Update(0, "ana", Set("plan", "\"free\"")),
            Update(1, "ana", Set("seats", "5"), new(ProfileOperationKind.Add, "plan", Json("2"))),
            Update(2, "ana", Set("city", "\"Seoul\"")));

        Assert.Equal(1, Assert.Single(refused).Index);
        Assert.Equal("""{"plan":"free","city":"Seoul"}""", (await LoadAsync(scope, "ana")).Properties);
    }

    [Fact]
    public async Task What_changes_nothing_marks_nobody()
    {
        var scope = await RegisterAsync();
        await ApplyAsync(Update("ana", Set("plan", "\"free\"")));
        await DealAsync(scope);
        await ApplyAsync(Update("ana", Set("plan", "\"free\"")));

        Assert.Empty(await PendingAsync(scope));
        Assert.Equal(1, (await LoadAsync(scope, "ana")).Rev);
    }

    [Fact]
    public async Task An_update_brings_the_time_at_which_the_person_was_seen()
    {
        var scope = await RegisterAsync();
        await ApplyAsync(Update("ana", Set("plan", "\"free\"")) with { Time = 1_790_000_000_123 });

        Assert.Equal("""{"plan":"free","$last_seen":"2026-09-21T14:13:20"}""", (await LoadAsync(scope, "ana")).Properties);
    }

    [Fact]
    public async Task A_property_that_was_taken_away_is_explicitly_empty_for_destinations()
    {
        var scope = await RegisterAsync();
        await ApplyAsync(Update("ana", Set("plan", "\"free\""), Set("city", "\"Seoul\"")));
        await ApplyAsync(Update("ana", Unset("city"), Unset("never")));
        Assert.Equal("""{"plan":"free","city":null}""", (await LoadAsync(scope, "ana")).Properties);

        await ApplyAsync(Update("ana", Set("city", "\"Busan\"")));
        Assert.Equal("""{"plan":"free","city":"Busan"}""", (await LoadAsync(scope, "ana")).Properties);
    }

    [Fact]
    public async Task A_deleted_profile_is_nobodys_and_its_suppression_stays()
    {
        var scope = await RegisterAsync();
        await ApplyAsync(Update("ana", Set("$email", "\"ana@example.org\"")));
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry("ana@example.org", null, 0, "spam", "webhook", DateTimeOffset.UnixEpoch)], Token);
        await DealAsync(scope);
        await ApplyAsync(Update("ana", new ProfileOperation(ProfileOperationKind.Delete, "", default)));
        Assert.Null((await LoadAsync(scope, "ana")).DistinctId);
        Assert.Equal([Key("ana")], await PendingAsync(scope));

        await ApplyAsync(Update("ana", Set("$email", "\"other@example.org\"")));
        Assert.Equal("spam", (await LoadAsync(scope, "ana")).Suppressed);
    }

    [Fact]
    public async Task Deleted_and_made_again_in_one_request_is_a_new_profile()
    {
        var scope = await RegisterAsync();
        await ApplyAsync(Update("ana", Set("plan", "\"free\"")));
        await ApplyAsync(Update("ana", new ProfileOperation(ProfileOperationKind.Delete, "", default)), Update("ana", Set("city", "\"Seoul\"")));

        Assert.Equal("""{"city":"Seoul"}""", (await LoadAsync(scope, "ana")).Properties);
    }

    [Fact]
    public async Task A_changed_address_is_found_and_the_old_one_is_not()
    {
        var scope = await RegisterAsync();
        await ApplyAsync(Update("ana", Set("$email", "\"one@example.org\"")), Update("bo", Set("$email", "\"one@example.org\"")));
        await ApplyAsync(Update("ana", Set("$email", "\"two@example.org\"")));

        Assert.Null((await LoadAsync(scope, "bo")).AddressHeldBy);
    }

    [Fact]
    public async Task An_alias_is_the_id_that_it_stands_for_except_when_told_otherwise()
    {
        var scope = await RegisterAsync();
        await Store.Events.AppendAsync(
            new EventBatch(
                Project, Origin.Received, IdentityMode.Legacy, [new EventRecord("e", 1, "ana", null, "{}"u8.ToArray())],
                [new IdentityClaim(IdentityClaimKind.Alias, "ana", "old")]),
            Token);
        await Store.Profiles.ApplyAsync(new ProfileUpdates(Project, IdentityMode.Legacy, [Update("old", Set("plan", "\"free\""))]), Token);
        await Store.Profiles.ApplyAsync(
            new ProfileUpdates(Project, IdentityMode.Legacy, [Update("old", Set("city", "\"Seoul\"")) with { IgnoreAlias = true }]), Token);

        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM profile WHERE project = @project AND distinct_id = 'ana' AND props = '{\"plan\":\"free\"}'", Token));
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM profile WHERE project = @project AND distinct_id = 'old' AND props = '{\"city\":\"Seoul\"}'", Token));
        Assert.NotNull(scope);
    }

    [Fact]
    public async Task A_profile_grows_to_1_MB_and_a_full_one_is_still_updated()
    {
        var scope = await RegisterAsync();
        var text = $"\"{new string('x', 1020)}\"";
        for (var i = 0; i < 2; i++)
        {
            Assert.Empty(await ApplyAsync([.. Enumerable.Range(0, 505).Select(n => Update("ana", Set($"p{i}{n:000}", text)))]));
        }

        var refused = await ApplyAsync([.. Enumerable.Range(0, 20).Select(n => Update(n, "ana", Set($"q{n:00}", text)))]);
        Assert.NotEmpty(refused);
        Assert.All(refused, r => Assert.Equal("A profile may have at most 1048576 bytes.", r.Reason));
        Assert.Empty(await ApplyAsync(Update("ana", Set("p0000", "1"), Set("plan", $"\"{new string('y', 1000)}\""))));

        // No room for $last_seen either: that refuses nobody's update.
        Assert.Empty(await ApplyAsync(Update("ana", Set("p1000", text.Replace('x', 'z'))) with { Time = 1_790_000_000_123 }));
        Assert.Contains("zzz", (await LoadAsync(scope, "ana")).Properties, StringComparison.Ordinal);

        GroupUpdate Grow(int n) => new(n, "team", "a", [Set($"p{n:0000}", text)]);
        Assert.NotEmpty(await Store.Profiles.ApplyAsync(new GroupUpdates(Project, [.. Enumerable.Range(0, 1_100).Select(Grow)]), Token));
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM group_profile WHERE project = @project AND length(props) BETWEEN 1000000 AND 1048576", Token));
    }

    [Fact]
    public async Task Names_that_are_made_up_to_be_taken_away_fill_no_profile()
    {
        await RegisterAsync();
        for (var round = 0; round < 3; round++)
        {
            ProfileOperation[] sets = [.. Enumerable.Range(0, 1_000).Select(i => Set($"p{round}-{i}", "1"))];
            await ApplyAsync(Update("ana", sets), Update("ana", [.. sets.Select(s => Unset(s.Name))]));
        }

        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM profile WHERE project = @project AND length(cleared) < 2000 * 10", Token));
    }

    [Fact]
    public async Task Many_at_once_lose_nothing()
    {
        var scope = await RegisterAsync();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => ApplyAsync(
            Update("ana", new ProfileOperation(ProfileOperationKind.Add, "logins", Json("1"))),
            Update($"p{i % 5}", new ProfileOperation(ProfileOperationKind.Add, "logins", Json("1")))))));

        Assert.Equal("""{"logins":40}""", (await LoadAsync(scope, "ana")).Properties);
        Assert.Equal("""{"logins":8}""", (await LoadAsync(scope, "p3")).Properties);
    }

    [Fact]
    public async Task Group_profiles_are_kept_by_key_and_id()
    {
        var refused = await Store.Profiles.ApplyAsync(
            new GroupUpdates(
                Project,
                [
                    new GroupUpdate(0, "company_id", "acme", [Set("$name", "\"Acme\""), Set("seats", "40")]),
                    new GroupUpdate(1, "company_id", "acme", [Unset("seats")]),
                    new GroupUpdate(2, "team", "acme", [Set("$name", "\"Team\"")]),
                    new GroupUpdate(3, "company_id", "gone", [Set("$name", "\"Gone\"")]),
                    new GroupUpdate(4, "company_id", "gone", [new ProfileOperation(ProfileOperationKind.Delete, "", default)]),
                ]),
            Token);

        Assert.Empty(refused);
        Assert.Equal(2, await Home.CountAsync("SELECT count(*) FROM group_profile WHERE project = @project", Token));
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM group_profile WHERE project = @project AND group_key = 'company_id' AND props = '{\"$name\":\"Acme\"}'", Token));
        await Store.Profiles.ApplyAsync(new GroupUpdates(Project, [new GroupUpdate(0, "company_id", "acme", [new(ProfileOperationKind.Delete, "", default)])]), Token);
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM group_profile WHERE project = @project", Token));
    }

    [Fact]
    public async Task What_was_asked_for_before_a_change_only_fills_in_what_is_missing()
    {
        var scope = await RegisterAsync();
        await ApplyAsync(Update("ana", Set("city", "\"Bonn\"")), Update("bo", Set("plan", "\"free\"")));
        await Home.ExecuteAsync("UPDATE profile SET updated_at = updated_at - 3000 WHERE project = @project", Token);
        var asked = await Store.Profiles.NowAsync(Token) - TimeSpan.FromSeconds(2);
        await ApplyAsync(Update("ana", Set("plan", "\"pro\""), Unset("city")));

        ProfileOperation[] answer = [Set("plan", "\"old\""), Set("city", "\"Bonn\""), Set("age", "30")];
        Assert.Empty(await Store.Profiles.ApplyAsync(
            new ProfileUpdates(Project, IdentityMode.Simplified, [Update(0, "ana", answer), Update(1, "bo", answer), Update(2, "cy", answer)]) { AsOf = asked }, Token));
        Assert.Equal("""{"plan":"pro","age":30,"city":null}""", (await LoadAsync(scope, "ana")).Properties);
        Assert.Equal("""{"plan":"old","city":"Bonn","age":30}""", (await LoadAsync(scope, "bo")).Properties);
        Assert.Equal("""{"plan":"old","city":"Bonn","age":30}""", (await LoadAsync(scope, "cy")).Properties);
    }

    private static ReadOnlyMemory<byte> Json(string value) => Encoding.UTF8.GetBytes(value);

    private static ProfileOperation Set(string name, string value) => new(ProfileOperationKind.Set, name, Json(value));

    private static ProfileOperation Unset(string name) => new(ProfileOperationKind.Unset, name, default);

    private static ProfileUpdate Update(string id, params ProfileOperation[] operations) => Update(0, id, operations);

    private static ProfileUpdate Update(int index, string id, params ProfileOperation[] operations) => new(index, id, null, false, operations);

    private Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(params ProfileUpdate[] updates) =>
        Store.Profiles.ApplyAsync(new ProfileUpdates(Project, IdentityMode.Simplified, updates), Token);

    private async Task DealAsync(DeliveryScope scope)
    {
        var pending = await Store.Ledger.PendingAsync(scope, 1_000, Token);
        await CommitAsync(scope, c => c.Dealt.AddRange(pending.Select(p => (p.Key, p.PendingSeq))));
    }
}

public sealed class SqliteProfileIntakeTests : ProfileIntakeContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresProfileIntakeTests : ProfileIntakeContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
