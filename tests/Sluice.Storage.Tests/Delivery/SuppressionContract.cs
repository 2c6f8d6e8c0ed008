using Sluice.Core.Delivery;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>Who must not be contacted: by address or as a person, everywhere or for one list, and for ever.</summary>
public abstract class SuppressionContract : DeliveryContract
{
    private static readonly DateTimeOffset Day = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Fact]
    public async Task Everyone_who_has_the_address_now_is_suppressed_and_marked()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "one@example.org");
        await PersonAsync("bo", "ONE@example.org");
        await PersonAsync("cy", "other@example.org");
        await SettleAndDealAsync(scope);
        await SuppressAsync("One@Example.org", "spam");

        Assert.Equal(["spam", "spam", null], await ReasonsAsync(scope, "ana", "bo", "cy"));
        Assert.Equal(new[] { "ana", "bo" }.Select(Key).Order(), await PendingAsync(scope));
    }

    [Fact]
    public async Task Everyone_who_gets_the_address_later_is_suppressed()
    {
        var scope = await RegisterAsync();
        await PersonAsync("bo", "bo@example.org");
        await SuppressAsync("one@example.org");
        await PersonAsync("ana", "one@example.org");
        await PersonAsync("bo", "one@example.org");

        Assert.Equal(["unsubscribed", "unsubscribed"], await ReasonsAsync(scope, "ana", "bo"));
    }

    [Fact]
    public async Task A_suppression_outlives_a_change_of_the_address()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "one@example.org");
        await SuppressAsync("one@example.org");
        await PersonAsync("ana", "two@example.org");

        Assert.Equal(["unsubscribed"], await ReasonsAsync(scope, "ana"));
    }

    [Fact]
    public async Task It_outlives_the_change_also_for_whom_got_the_address_after_the_suppression()
    {
        var scope = await RegisterAsync();
        await SuppressAsync("one@example.org");
        await SuppressAsync("three@example.org", "spam", list: 15);
        await PersonAsync("ana", "one@example.org");
        await PersonAsync("ana", "two@example.org");
        await PersonAsync("bo", "three@example.org");
        await PersonAsync("bo", "four@example.org");

        Assert.Equal(["unsubscribed", null], await ReasonsAsync(scope, "ana", "bo"));
        Assert.Equal([15L], (await LoadAsync(scope, "bo")).SuppressedLists);
    }

    [Fact]
    public async Task The_address_that_a_destination_has_of_a_person_counts_too()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "two@example.org");
        await CommitAsync(scope, c => c.Contacts.Add(new(Key("ana"), Contact(LedgerState.Present, "one@example.org"))));
        await SuppressAsync("one@example.org");

        Assert.Equal(["unsubscribed"], await ReasonsAsync(scope, "ana"));
    }

    [Fact]
    public async Task A_person_without_an_address_can_be_suppressed()
    {
        var scope = await RegisterAsync();
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry(null, Key("ana"), 0, "manual", "hand", Day)], Token);
        await PersonAsync("ana", "one@example.org");

        Assert.Equal(["manual", null], await ReasonsAsync(scope, "ana", "bo"));
        Assert.Equal([Key("ana")], (await PendingAsync(scope)).Where(k => k == Key("ana")));
    }

    [Fact]
    public async Task A_suppression_for_one_list_is_for_that_list()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "one@example.org");
        await SuppressAsync("one@example.org", list: 15);

        var person = await LoadAsync(scope, "ana");
        Assert.Null(person.Suppressed);
        Assert.Equal([15L], person.SuppressedLists);
        await SuppressAsync("one@example.org", "spam");
        Assert.Equal(["spam"], await ReasonsAsync(scope, "ana"));
        Assert.Equal([15L], (await LoadAsync(scope, "ana")).SuppressedLists);
    }

    [Fact]
    public async Task The_first_reason_stays()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "one@example.org");
        await SuppressAsync("one@example.org", "spam");
        await SuppressAsync("one@example.org", "hard_bounce");

        Assert.Equal(["spam"], await ReasonsAsync(scope, "ana"));
        Assert.Equal("spam", Assert.Single(await Store.Suppressions.ListAsync(Project, 10, Token)).Reason);
    }

    [Fact]
    public async Task Everyone_who_has_the_number_now_or_later_is_suppressed_whatever_their_address()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "one@example.org", "+49 170 1234567");
        await PersonAsync("bo", "two@example.org", "0049 (0)170 12345-67");
        await PersonAsync("cy", "three@example.org", "+49 170 7654321");
        await SettleAndDealAsync(scope);
        await SuppressPhoneAsync("+491701234567");
        await PersonAsync("di", "four@example.org", "491701234567");

        Assert.Equal(["manual", "manual", null, "manual"], await ReasonsAsync(scope, "ana", "bo", "cy", "di"));
        Assert.Equal(new[] { "ana", "bo" }.Select(Key).Order(), (await PendingAsync(scope)).Where(k => k != Key("di")));
    }

    [Fact]
    public async Task The_suppression_of_a_number_outlives_a_change_of_the_number()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "one@example.org", "+491701234567");
        await SuppressPhoneAsync("+491701234567");
        await PersonAsync("ana", "one@example.org", "+491707654321");
        await PersonAsync("bo", "two@example.org", "+491701234567");
        await PersonAsync("bo", "two@example.org", "+491700000000");

        Assert.Equal(["manual", "manual"], await ReasonsAsync(scope, "ana", "bo"));
    }

    [Fact]
    public async Task A_number_can_be_suppressed_for_one_list_listed_and_freed()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "one@example.org", "+491701234567");
        await SuppressPhoneAsync("+491701234567", list: 15);
        Assert.Equal([15L], (await LoadAsync(scope, "ana")).SuppressedLists);
        Assert.Equal([null], await ReasonsAsync(scope, "ana"));

        var entry = Assert.Single(await Store.Suppressions.ListAsync(Project, 10, Token));
        Assert.Equal((null, "491701234567", 15L), (entry.Email, entry.Phone, entry.List));
        Assert.Equal(2, await Store.Suppressions.RemoveAsync(Project, "+49 170 1234567", Token));
        Assert.Empty((await LoadAsync(scope, "ana")).SuppressedLists);
        Assert.Empty(await Store.Suppressions.ListAsync(Project, 10, Token));
    }

    [Fact]
    public async Task Who_is_suppressed_by_number_and_by_address_stays_so_until_both_are_taken_back()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "one@example.org", "+491701234567");
        await SuppressPhoneAsync("+491701234567");
        await SuppressAsync("one@example.org");
        await Store.Suppressions.RemoveAsync(Project, "one@example.org", Token);
        Assert.Equal(["manual"], await ReasonsAsync(scope, "ana"));
        await Store.Suppressions.RemoveAsync(Project, "+491701234567", Token);
        Assert.Equal([null], await ReasonsAsync(scope, "ana"));
    }

    [Fact]
    public async Task What_delivery_learns_is_written_with_the_step_that_learned_it()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "one@example.org");
        await SettleAndDealAsync(scope);
        await CommitAsync(scope, c => c.Suppressions.Add(new SuppressionEntry("one@example.org", Key("bo"), 0, "blocklisted", "seen", Day)));

        Assert.Equal(["blocklisted", "blocklisted"], await ReasonsAsync(scope, "ana", "bo"));
        Assert.Equal(new[] { "ana", "bo" }.Select(Key).Order(), await PendingAsync(scope));
    }

    [Fact]
    public async Task A_suppression_that_is_taken_back_frees_the_address_and_who_has_it()
    {
        var scope = await RegisterAsync();
        await PersonAsync("ana", "one@example.org");
        await PersonAsync("bo", "two@example.org");
        await SuppressAsync("one@example.org");
        await SuppressAsync("two@example.org");
        await SettleAndDealAsync(scope);

        Assert.True(await Store.Suppressions.RemoveAsync(Project, "One@example.org", Token) > 0);
        Assert.Equal([null, "unsubscribed"], await ReasonsAsync(scope, "ana", "bo"));
        Assert.Equal([Key("ana")], await PendingAsync(scope));
        Assert.Equal(["two@example.org"], (await Store.Suppressions.ListAsync(Project, 10, Token)).Select(s => s.Email));
        Assert.Equal(0, await Store.Suppressions.RemoveAsync(Project, "nobody@example.org", Token));
        Assert.Equal(0, await Store.Suppressions.RemoveAsync(Project, "no address", Token));
    }

    [Fact]
    public async Task They_are_listed_newest_first()
    {
        await Store.Suppressions.AddAsync(
            Project,
            [
                new SuppressionEntry("a@example.org", null, 0, "spam", "webhook", Day),
                new SuppressionEntry("b@example.org", null, 15, "unsubscribed", "changes", Day.AddDays(1)),
            ],
            Token);

        Assert.Equal(
            [
                new SuppressionEntry("b@example.org", null, 15, "unsubscribed", "changes", Day.AddDays(1)),
                new SuppressionEntry("a@example.org", null, 0, "spam", "webhook", Day),
            ],
            await Store.Suppressions.ListAsync(Project, 10, Token));
        Assert.Single(await Store.Suppressions.ListAsync(Project, 1, Token));
        Assert.Empty(await Store.Suppressions.ListAsync(Project + "x", 10, Token));
    }

    [Fact]
    public async Task Many_at_one_time_are_all_kept()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(sender => Store.Suppressions.AddAsync(
            Project, [.. Enumerable.Range(0, 50).Select(i => new SuppressionEntry($"u{(i + (sender * 13)) % 50}@example.org", null, 0, "spam", "webhook", Day))], Token)));

        Assert.Equal(50, (await Store.Suppressions.ListAsync(Project, 1_000, Token)).Count);
    }

    private int _sessions;

    private async Task PersonAsync(string id, string email, string phone = "") =>
        await Added($"s{++_sessions}").SendProfilesAsync(1, 1, (id, $$"""{"$email":"{{email}}","$phone":"{{phone}}"}"""));

    private Task SuppressPhoneAsync(string phone, long list = 0) =>
        Store.Suppressions.AddAsync(Project, [new SuppressionEntry(null, null, list, "manual", "hand", Day) { Phone = phone.TrimStart('+') }], Token);

    private Task SuppressAsync(string email, string reason = "unsubscribed", long list = 0) =>
        Store.Suppressions.AddAsync(Project, [new SuppressionEntry(email, null, list, reason, "webhook", Day)], Token);

    private async Task<IEnumerable<string?>> ReasonsAsync(DeliveryScope scope, params string[] ids) =>
        (await Store.Ledger.LoadAsync(scope, [.. ids.Select(Key)], Token)).Select(p => p.Suppressed);

    private async Task SettleAndDealAsync(DeliveryScope scope)
    {
        await SettleAsync();
        var pending = await Store.Ledger.PendingAsync(scope, 1_000, Token);
        await CommitAsync(scope, c => c.Dealt.AddRange(pending.Select(p => (p.Key, p.PendingSeq))));
        Assert.Empty(await PendingAsync(scope));
    }
}

public sealed class SqliteSuppressionTests : SuppressionContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresSuppressionTests : SuppressionContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
