using Sluice.Core.Cohorts;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Tests.Commands;

namespace Sluice.Tests.Pull;

/// <summary><c>sluice cohorts sync --pull</c>: the cohort comes from Mixpanel, and goes to the list.</summary>
public sealed class CohortsSyncPullTests
{
    private const string Remote = "4100200";

    [Fact]
    public async Task Fetches_a_cohort_that_was_never_sent_and_brings_the_list_in_step()
    {
        await using var mixpanel = await StartAsync();
        await using var home = await HomeAsync(mixpanel);
        var ran = (await home.RunAsync("cohorts", "sync", "901", "--list", "20", "--pull", "--format", "json")).Expect(0);
        Assert.Equal(("Trial users", 3, 2, 20), (
            ran.Json.GetProperty("cohortName").GetString(), ran.Json.GetProperty("membersCount").GetInt64(), ran.Json.GetProperty("syncedToBrevo").GetInt64(),
            ran.Json.GetProperty("listId").GetInt64()));
        Assert.Equal(["ana@shop.test", "bo@shop.test"], home.Brevo.ListEmails(20).Order(StringComparer.Ordinal));
        Assert.Contains("Fetched Trial users (901): 3 people in 2 queries.", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("is sent by Mixpanel too", ran.Error, StringComparison.Ordinal);

        // By its name, and as it is by now.
        mixpanel.Desk(Remote).SetCohort(901, "Trial users", "ana");
        ran = (await home.RunAsync("cohorts", "sync", "Trial users", "--list", "20", "--pull", "--allow-removals", "--format", "json")).Expect(0);
        Assert.Equal(1, ran.Json.GetProperty("removed").GetInt64());
        Assert.Equal(["ana@shop.test"], home.Brevo.ListEmails(20));
    }

    [Fact]
    public async Task Says_when_Mixpanel_sends_the_cohort_too()
    {
        await using var mixpanel = await StartAsync();
        await using var home = await HomeAsync(mixpanel);
        await home.WithStoreAsync(store => store.Intake.ApplyAsync(
            new CohortPage(CommandHome.Project, "901", "Trial users", null, Remote, "Mixpanel's own", CohortAction.Members, 1, 1, 1, [], []), TestContext.Current.CancellationToken));
        var ran = (await home.RunAsync("cohorts", "sync", "901", "--list", "20", "--pull")).Expect(0);
        Assert.Contains("Cohort 901 is sent by Mixpanel too, last at ", ran.Error, StringComparison.Ordinal);
        Assert.Equal(2, home.Brevo.ListCount(20));
    }

    [Fact]
    public async Task Says_what_is_wrong_and_changes_nothing()
    {
        await using var mixpanel = await StartAsync();
        await using var home = await HomeAsync(mixpanel);
        var ran = (await home.RunAsync("cohorts", "sync", "902", "--list", "20", "--pull")).Expect(3);
        Assert.Contains("Mixpanel has no cohort '902'", ran.Error, StringComparison.Ordinal);

        mixpanel.Faults.Add(new MixpanelFault { Method = "POST", Path = "/api/query/engage", Effect = MixpanelFaultEffect.Error(402, "Your plan does not allow API calls."), Every = 1, Count = 1 });
        ran = (await home.RunAsync("cohorts", "sync", "901", "--list", "20", "--pull")).Expect(1);
        Assert.Contains("plan", ran.Error, StringComparison.Ordinal);
        Assert.Equal(0, home.Brevo.ListCount(20));

        await using var without = await CommandHome.CreateAsync(TimeProvider.System);
        await without.WithStoreAsync(_ => Task.CompletedTask);
        ran = (await without.RunAsync("cohorts", "sync", "901", "--list", "20", "--pull")).Expect(78);
        Assert.Contains("service_account", ran.Error, StringComparison.Ordinal);
    }

    private static async Task<MixpanelSimulator> StartAsync()
    {
        var mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions { Projects = [new MixpanelProject { Id = Remote }] }, TestContext.Current.CancellationToken);
        mixpanel.Desk(Remote).SetProfile("ana", """{"$email":"ana@shop.test","plan":"trial"}""");
        mixpanel.Desk(Remote).SetProfile("bo", """{"$email":"bo@shop.test"}""");
        mixpanel.Desk(Remote).SetCohort(901, "Trial users", "ana", "bo", "$device:nobody");
        return mixpanel;
    }

    private static async Task<CommandHome> HomeAsync(MixpanelSimulator mixpanel)
    {
        var home = await CommandHome.CreateAsync(TimeProvider.System);
        var config = await File.ReadAllTextAsync(home.ConfigFile, TestContext.Current.CancellationToken);
        config = config.Replace("    project_id: \"4100200\"", $$"""
                project_id: "{{Remote}}"
                service_account: { username: simulator.account, secret: simulator-secret }
                endpoints: { query: "{{mixpanel.QueryUrl.GetLeftPart(UriPartial.Authority)}}" }
            """, StringComparison.Ordinal);
        await File.WriteAllTextAsync(home.ConfigFile, config, TestContext.Current.CancellationToken);
        await home.WithStoreAsync(_ => Task.CompletedTask);
        return home;
    }
}
