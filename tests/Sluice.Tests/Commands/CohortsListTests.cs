using Sluice.Core.Cohorts;

namespace Sluice.Tests.Commands;

public sealed class CohortsListTests
{
    [Fact]
    public async Task Says_of_every_cohort_how_it_is_synced_and_which_lists_it_feeds()
    {
        var time = new StandingTime();
        await using var home = await CommandHome.CreateAsync(time, "engaged_users: 16, at_risk: 17, vip: 18");
        await home.SendAsync(CommandHome.People(3));
        await home.SendAsync(CommandHome.People(3));
        time.Now += TimeSpan.FromHours(3);
        await home.SendAsync("7700124", "At risk", CommandHome.People(2), []);
        await home.SendAsync("7700125", "New \u001b[31mcohort", CommandHome.People(2), [], page: 1, of: 3);

        var text = (await home.RunAsync("cohorts", "list")).Expect(0);
        CommandHome.Golden.MatchesText("cohorts-list.txt", text.Output);
        CommandHome.Golden.MatchesText("cohorts-list.stderr.txt", text.Error);
        CommandHome.Golden.MatchesJson("cohorts-list.json", (await home.RunAsync("cohorts", "list", "--format", "json")).Expect(0).Output);
    }

    [Fact]
    public async Task Spends_no_call_and_writes_nothing()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.SendAsync(CommandHome.People(3));

        (await home.RunAsync("cohorts", "list")).Expect(0);

        Assert.Equal(0, home.Brevo.Calls.Total);
        await home.WithStoreAsync(async store =>
        {
            Assert.Null(await store.Insight.DestinationAsync(CommandHome.Project, "brevo", CommandHome.Token));
            Assert.Empty(await store.Insight.SourcesAsync(CommandHome.Project, "brevo", CommandHome.Token));
        });
    }

    [Fact]
    public async Task Without_a_cohort_says_what_to_do()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.WithStoreAsync(_ => Task.CompletedTask);

        var ran = (await home.RunAsync("cohorts", "list")).Expect(0);

        Assert.Equal("", ran.Output);
        Assert.Contains("Mixpanel has sent no cohort yet", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cohort_that_is_not_there_is_not_found()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.SendAsync(CommandHome.People(1));

        var ran = (await home.RunAsync("cohorts", "show", "nobody")).Expect(3);

        Assert.Equal("", ran.Output);
        Assert.Contains("no cohort 'nobody'", ran.Error, StringComparison.Ordinal);
        Assert.Contains("sluice cohorts list", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_two_cohorts_have_asks_for_the_id()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.SendAsync("1", "Same", CommandHome.People(1), []);
        await home.SendAsync("2", "Same", CommandHome.People(1), []);

        var ran = (await home.RunAsync("cohorts", "show", "Same")).Expect(2);

        Assert.Contains("1, 2", ran.Error, StringComparison.Ordinal);
    }

    internal static RejectedMember Rejected(string payload) => new(0, "no_distinct_id", "The member has no distinct id.", payload);
}
