using Sluice.Core.Delivery;

namespace Sluice.Tests.Commands;

public sealed class ExplainTests
{
    [Fact]
    public async Task Says_everything_about_a_person_who_is_not_in_a_list()
    {
        var time = new StandingTime();
        await using var home = await CommandHome.CreateAsync(time, "all_users: 15, engaged_users: 16");
        await home.SendAsync(("ann", CommandHome.Person("ann@shop.test", ",\"plan\":\"pro\"")), ("bob", CommandHome.Person("bob@shop.test")));
        time.Now += TimeSpan.FromHours(1);
        await home.SendAsync("9", "Once", [("ann", "{}")], []);
        await home.WithStoreAsync(store => store.Suppressions.AddAsync(
            CommandHome.Project, [new SuppressionEntry("ann@shop.test", null, 0, "hard_bounce", "webhook", time.Now)], CommandHome.Token));

        CommandHome.Golden.MatchesText("explain.txt", (await home.RunAsync("explain", "ann", "--offline")).Expect(0).Output);
        CommandHome.Golden.MatchesJson("explain.json", (await home.RunAsync("explain", "ann", "--list", "16", "--offline", "--format", "json")).Expect(0).Output);
    }

    [Fact]
    public async Task Says_which_run_put_a_person_into_a_list()
    {
        await using var home = await CommandHome.CreateAsync(TimeProvider.System);
        await home.SendAsync(CommandHome.People(2));
        (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "16")).Expect(0);
        (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "20")).Expect(0);

        var ran = (await home.RunAsync("explain", "u01", "--format", "json")).Expect(0);

        Assert.Equal("brevo", ran.Json.GetProperty("mapping").GetString());
        var contact = ran.Json.GetProperty("contact");
        Assert.Equal(home.Brevo.ContactByEmail("u01@shop.test")!.Id, contact.GetProperty("brevoId").GetInt64());
        Assert.True(contact.GetProperty("upToDate").GetBoolean());
        var lists = ran.Json.GetProperty("lists");
        Assert.Equal([16L, 20L], lists.EnumerateArray().Select(l => l.GetProperty("listId").GetInt64()));
        Assert.All(lists.EnumerateArray(), l =>
        {
            Assert.True(l.GetProperty("in").GetBoolean());
            Assert.Equal("added_by_sluice", l.GetProperty("reason").GetString());
            Assert.Equal("walk", l.GetProperty("run").GetProperty("kind").GetString());
        });
        Assert.Equal([true, false], lists.EnumerateArray().Select(l => l.GetProperty("configured").GetBoolean()));
    }

    [Fact]
    public async Task Names_who_has_the_address()
    {
        await using var home = await CommandHome.CreateAsync(TimeProvider.System);
        await home.SendAsync(("first", CommandHome.Person("same@shop.test")));
        await home.SendAsync(("first", CommandHome.Person("same@shop.test")), ("second", CommandHome.Person("same@shop.test")));
        (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "16")).Expect(0);

        var list = (await home.RunAsync("explain", "second", "--format", "json")).Expect(0).Json.GetProperty("lists")[0];

        Assert.False(list.GetProperty("in").GetBoolean());
        Assert.Equal("same_address_as_another_person", list.GetProperty("reason").GetString());
        Assert.Equal("first", list.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Somebody_unknown_or_a_list_unknown_is_not_found()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.SendAsync(CommandHome.People(1));

        Assert.Contains("Nothing is known of 'U01'", (await home.RunAsync("explain", "U01", "--offline")).Expect(3).Error, StringComparison.Ordinal);
        Assert.Contains("It knows: 16", (await home.RunAsync("explain", "u01", "--list", "99", "--offline")).Expect(3).Error, StringComparison.Ordinal);
    }
}
