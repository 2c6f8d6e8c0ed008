using Sluice.Core.Delivery;

namespace Sluice.Tests.Commands;

public sealed class CohortsShowTests
{
    private static readonly (string Id, string Properties)[] People =
    [
        ("fine-1", CommandHome.Person("one@shop.test", ",\"plan\":\"pro\"")),
        ("fine-2", CommandHome.Person("two@shop.test")),
        ("by-phone", """{"$phone":"+4915112345678"}"""),
        ("bare", "{}"),
        ("no-address", """{"$email":"not an address"}"""),
        ("twin", CommandHome.Person("ONE@shop.test")),
        ("gone", CommandHome.Person("gone@shop.test")),
        ("left-list", CommandHome.Person("left@shop.test")),
    ];

    [Fact]
    public async Task Shows_where_people_are_lost_before_anything_was_sent()
    {
        await using var home = await GivenAsync();

        CommandHome.Golden.MatchesText("cohorts-show.txt", (await home.RunAsync("cohorts", "show", CommandHome.Engaged, "--offline")).Expect(0).Output);
        CommandHome.Golden.MatchesJson(
            "cohorts-show.json", (await home.RunAsync("cohorts", "show", "engaged_users", "--offline", "--format", "json")).Expect(0).Output);
        Assert.Equal(0, home.Brevo.Calls.Total);
    }

    [Theory]
    [InlineData("contactable")]
    [InlineData("identified")]
    [InlineData("known")]
    [InlineData("sent")]
    public async Task Lists_the_people_behind_a_step(string step)
    {
        await using var home = await GivenAsync();

        var ran = (await home.RunAsync("cohorts", "show", CommandHome.Engaged, "--step", step, "--offline", "--format", "json")).Expect(0);

        CommandHome.Golden.MatchesJson($"cohorts-show-{step}.json", ran.Json.GetProperty("missed").GetRawText());
    }

    [Fact]
    public async Task Lists_no_more_people_than_asked_for_and_says_how_many_there_are()
    {
        await using var home = await GivenAsync();

        var ran = (await home.RunAsync("cohorts", "show", CommandHome.Engaged, "--step", "contactable", "--limit", "2", "--offline")).Expect(0);

        Assert.Contains("Not contactable: 4, the first 2\n", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_Brevo_for_its_attributes_and_writes_nothing_there()
    {
        await using var home = await GivenAsync();

        var ran = (await home.RunAsync("cohorts", "show", CommandHome.Engaged, "--format", "json")).Expect(0);

        Assert.Equal("brevo", ran.Json.GetProperty("mapping").GetString());
        Assert.NotEqual(0, home.Brevo.Calls.Total);
        Assert.All(home.Brevo.Calls.ByEndpoint.Keys, e => Assert.StartsWith("GET ", e, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_Brevo_says_so_and_looks_at_addresses_only()
    {
        await using var home = await GivenAsync();
        home.Host = home.Host with { Http = () => new Unreachable() };

        var ran = (await home.RunAsync("cohorts", "show", CommandHome.Engaged, "--format", "json")).Expect(0);

        Assert.Equal("offline", ran.Json.GetProperty("mapping").GetString());
        Assert.Contains("Brevo could not be asked", ran.Error, StringComparison.Ordinal);
    }

    private static async Task<CommandHome> GivenAsync()
    {
        var home = await CommandHome.CreateAsync();
        await home.SendAsync(CommandHome.Engaged, "Engaged users", People, [CohortsListTests.Rejected("""{"name":"nobody"}""")]);
        await home.WithStoreAsync(store => store.Suppressions.AddAsync(
            CommandHome.Project,
            [
                new SuppressionEntry("gone@shop.test", null, 0, "unsubscribed", "webhook", home.Host.Time.GetUtcNow()),
                new SuppressionEntry("left@shop.test", null, 16, "unsubscribed", "webhook", home.Host.Time.GetUtcNow()),
            ],
            CommandHome.Token));
        return home;
    }

    private sealed class Unreachable : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException(HttpRequestError.ConnectionError, "Nobody answers.");
    }
}
