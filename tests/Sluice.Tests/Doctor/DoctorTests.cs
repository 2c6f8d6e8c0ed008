using Sluice.Core.Doctor;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;
using Sluice.Testing;

namespace Sluice.Tests.Doctor;

public sealed class DoctorTests
{
    [Fact]
    public void The_page_of_troubleshooting_is_the_doctors_list() =>
        Golden.In("docs").MatchesText("troubleshooting.md", TroubleshootingPage.Write());

    [Fact]
    public void Codes_are_unique_and_every_text_is_a_sentence()
    {
        var all = FindingCatalogue.All;
        Assert.Equal(all.Count, all.Select(k => k.Code).Distinct(StringComparer.Ordinal).Count());
        Assert.All(all.SelectMany(k => new[] { k.What, k.Cause, k.Remedy }), text => Assert.EndsWith(".", text, StringComparison.Ordinal));
        Assert.All(all, k => Assert.Matches("^[a-z0-9_]+$", k.Code));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("key", 5)]
    [InlineData("config", 78)]
    [InlineData("store", 4)]
    public async Task The_exit_code_says_whether_somebody_must_act(string wrong, int code)
    {
        await using var home = await DoctorHome.CreateAsync();
        switch (wrong)
        {
            case "key":
                home.Remotes.On("GET api.brevo.com/v3/account", 401);
                break;
            case "config":
                home.Id = "'no id'";
                break;
            case "store":
                await File.WriteAllTextAsync(home.StoreFile, new string('x', 10_000), DoctorHome.Token);
                break;
            default:
                home.Mapping = "{ $email: email, city: CITY }";
                break;
        }

        (await home.RunAsync()).Expect(code);
    }

    [Fact]
    public async Task A_person_reads_what_was_seen_why_and_what_to_do()
    {
        await using var home = await DoctorHome.CreateAsync();
        home.Remotes.On("POST mixpanel.com/api/query/cohorts/list", 402);
        var ran = (await home.RunAsync()).Expect(5);

        Assert.Contains("error: mixpanel_plan (project shop)\n", ran.Output, StringComparison.Ordinal);
        Assert.Contains(FindingCatalogue.SourcePlan.Cause, ran.Output, StringComparison.Ordinal);
        Assert.Contains(FindingCatalogue.SourcePlan.Remedy, ran.Output, StringComparison.Ordinal);
        Assert.Equal("Found: 1 errors, 0 warnings, 0 notes.\n", ran.Error);
    }

    [Fact]
    public async Task Offline_nobody_is_asked()
    {
        await using var home = await DoctorHome.CreateAsync();
        home.Remotes.Dead("mixpanel.com").Dead("api.brevo.com").Dead("sluice.example.test");
        await home.ImportAsync("Purchase", """{"distinct_id":"u1"}""");

        Assert.Equal(["events_without_insert_id"], (await home.FindAsync("--offline")).Select(f => f.Code));
        Assert.Empty(home.Remotes.Calls);
    }

    [Fact]
    public async Task What_hangs_holds_it_up_no_longer_than_allowed()
    {
        await using var home = await DoctorHome.CreateAsync();
        home.Remotes.Silent("api.brevo.com").Silent("mixpanel.com");
        home.Time.Holds = true;
        var finding = home.FindAsync("--timeout", "77");
        await Task.WhenAll(home.Remotes.ReachedAsync("api.brevo.com"), home.Remotes.ReachedAsync("mixpanel.com")).WaitAsync(TimeSpan.FromMinutes(3), DoctorHome.Token);
        home.Time.End(TimeSpan.FromSeconds(77));
        var found = await finding.WaitAsync(TimeSpan.FromMinutes(3), DoctorHome.Token);

        Assert.Contains(found, f => f.Code == "unchecked" && f.Seen.Contains("Brevo for project shop", StringComparison.Ordinal));
        Assert.Contains(found, f => f.Code == "unchecked" && f.Seen.Contains("Mixpanel for project shop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_takes_too_long_is_given_up_and_named()
    {
        await using var home = await DoctorHome.CreateAsync();
        home.Remotes.Silent("sluice.example.test").Silent("data.mixpanel.com");
        home.Time.Holds = true;
        var finding = home.FindAsync("--timeout", "77");
        await Task.WhenAll(home.Remotes.ReachedAsync("sluice.example.test"), home.Remotes.ReachedAsync("data.mixpanel.com")).WaitAsync(TimeSpan.FromMinutes(3), DoctorHome.Token);
        home.Time.End(TimeSpan.FromSeconds(8));
        Assert.True(home.Remotes.IsGivenUp("sluice.example.test") && home.Remotes.IsGivenUp("data.mixpanel.com"));
        var found = await finding.WaitAsync(TimeSpan.FromMinutes(3), DoctorHome.Token);

        Assert.Contains(found, f => f.Code == "public_url_unreachable" && f.Seen.EndsWith("does not answer in time.", StringComparison.Ordinal));
        Assert.Contains(found, f => f.Code == "mixpanel_unreachable" && f.Seen.EndsWith("does not answer in time.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task At_most_three_queries_are_spent_and_they_count()
    {
        await using var home = await DoctorHome.CreateAsync();
        home.Remotes.On("POST mixpanel.com/api/query/cohorts/list", 401);
        await home.RunAsync();
        Assert.Equal(3, home.Remotes.Queries);

        await home.WithStoreAsync(async store =>
        {
            var budgets = new MixpanelBudgets(store.PermitBooks, MixpanelBudgets.AccountOf(new Uri("https://mixpanel.com"), "4100200"), home.Time);
            Assert.Equal(57, (await budgets.ReadAsync(MixpanelBudget.Query, DoctorHome.Token)).Left);
        });
    }

    [Fact]
    public async Task A_spent_budget_is_not_spent_further()
    {
        await using var home = await DoctorHome.CreateAsync();
        await home.WithStoreAsync(async store =>
        {
            var budgets = new MixpanelBudgets(store.PermitBooks, MixpanelBudgets.AccountOf(new Uri("https://mixpanel.com"), "4100200"), home.Time);
            Assert.Equal(50, await budgets.ReserveAsync(MixpanelBudget.Query, "one", 50, TimeSpan.FromHours(1), DoctorHome.Token));
            var gate = budgets.For(MixpanelCaller.Person(TimeSpan.Zero));
            for (var i = 0; i < 10; i++)
            {
                var permit = await gate.EnterAsync(new MixpanelCall("/engage", MixpanelBudget.Query), DoctorHome.Token);
                await permit.CompleteAsync(new MixpanelCallOutcome(200, null), DoctorHome.Token);
                home.Time.Now += TimeSpan.FromSeconds(1);
            }
        });
        var found = await home.FindAsync();

        Assert.Contains(found, f => f.Code == "mixpanel_budget" && f.Seen.Contains("kept for others", StringComparison.Ordinal));
        Assert.Equal(0, home.Remotes.Queries);
    }

    [Fact]
    public async Task An_unknown_project_is_said()
    {
        await using var home = await DoctorHome.CreateAsync();
        var ran = (await home.RunAsync("--project", "nope")).Expect(3);
        Assert.Contains("It has: shop.", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("original")]
    public async Task Device_ids_do_not_belong_into_the_older_modes(string mode)
    {
        await using var home = await DoctorHome.CreateAsync();
        home.MoreOfMixpanel = $"identity: {mode}";
        await home.ImportAsync("Purchase", """{"distinct_id":"$device:7","$insert_id":"a"}""");
        Assert.Contains(await home.FindAsync("--offline"), f => f.Code == "identity_mode" && f.Seen.Contains("$device:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_of_another_residency_is_said()
    {
        await using var home = FindingTests.PassOn(await DoctorHome.CreateAsync());
        Assert.Empty(await home.FindAsync());

        home.Remotes.On("POST api.mixpanel.com/import", 401).On("POST api-eu.mixpanel.com/import", 400, """{"code":400,"error":"there are no records"}""");
        Assert.Equal(
            [("mixpanel_residency", "api.mixpanel.com does not know project_token, and api-eu.mixpanel.com does: data_residency is US and should be EU.")],
            await home.FindAsync());
    }

    [Fact]
    public async Task The_host_of_ingestion_is_looked_at_where_campaign_events_go_there()
    {
        await using var home = await DoctorHome.CreateAsync();
        home.Remotes.Dead("api.mixpanel.com");
        Assert.Empty(await home.FindAsync());

        home.MoreOfMixpanel = "project_token: token0123456789";
        home.Brevo = DoctorHome.BrevoWith("campaign_events: true");
        Assert.Contains(await home.FindAsync(), f => f.Code == "mixpanel_unreachable" && f.Seen.Contains("api.mixpanel.com (ingestion)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_passes_on_needs_a_role_that_may_import()
    {
        await using var home = await DoctorHome.CreateAsync();
        home.MoreOfMixpanel = "forward: true\n    project_token: token0123456789";
        home.Remotes.On("GET mixpanel.com/api/app/me", 200, FakeRemotes.Me("analyst"));
        Assert.Contains(await home.FindAsync(), f => f.Code == "mixpanel_role" && f.Seen.Contains("analyst", StringComparison.Ordinal));
    }
}
