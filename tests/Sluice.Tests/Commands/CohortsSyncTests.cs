using Sluice.Testing;

namespace Sluice.Tests.Commands;

public sealed class CohortsSyncTests
{
    [Fact]
    public async Task A_dry_run_shows_the_work_and_does_none_of_it()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.SendAsync([.. CommandHome.People(4), ("twin", CommandHome.Person("u01@shop.test")), ("bare", "{}")]);

        var ran = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "20", "--dry-run", "--format", "json")).Expect(0);

        CommandHome.Golden.MatchesJson("cohorts-sync-dry-run.json", ran.Output);
        CommandHome.Golden.MatchesText(
            "cohorts-sync-dry-run.txt", (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "20", "--dry-run")).Expect(0).Output);
        Assert.All(home.Brevo.Calls.ByEndpoint.Keys, e => Assert.StartsWith("GET ", e, StringComparison.Ordinal));
        Assert.Equal(0, home.Brevo.ContactCount);
        await home.WithStoreAsync(async store =>
        {
            Assert.Null(await store.Insight.DestinationAsync(CommandHome.Project, "brevo", CommandHome.Token));
            Assert.Empty(await store.Runs.ListAsync(CommandHome.Project, 10, CommandHome.Token));
        });
    }

    [Fact]
    public async Task Brings_a_list_outside_of_the_config_in_step_and_says_so()
    {
        await using var home = await CommandHome.CreateAsync(TimeProvider.System);
        home.Brevo.AddForeignContacts(2, 20);
        await home.SendAsync([.. CommandHome.People(5), ("bare", "{}")]);

        var ran = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "20", "--format", "json")).Expect(0);

        Assert.Equal("Engaged users", ran.Json.GetProperty("cohortName").GetString());
        Assert.Equal(6, ran.Json.GetProperty("membersCount").GetInt64());
        Assert.Equal(5, ran.Json.GetProperty("syncedToBrevo").GetInt64());
        Assert.Equal(20, ran.Json.GetProperty("listId").GetInt64());
        Assert.Equal("done", ran.Json.GetProperty("state").GetString());
        Assert.Equal(7, home.Brevo.ListCount(20));

        await home.SendAsync([.. CommandHome.People(4), ("bare", "{}")]);
        var preview = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "20", "--dry-run", "--format", "json")).Expect(0);
        Assert.Equal(1, preview.Json.GetProperty("removals").GetInt64());
        Assert.Equal(0, preview.Json.GetProperty("additions").GetInt64());
        Assert.Equal(4, preview.Json.GetProperty("unchanged").GetInt64());

        // For a list that is all Sluice's, those count too who were there before and whom nobody knows.
        preview = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "20", "--mode", "exclusive", "--dry-run", "--format", "json")).Expect(0);
        Assert.Equal(3, preview.Json.GetProperty("removals").GetInt64());

        ran = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "20", "--format", "json")).Expect(0);
        Assert.Equal(4, ran.Json.GetProperty("syncedToBrevo").GetInt64());
        Assert.Equal(1, ran.Json.GetProperty("removed").GetInt64());
        Assert.Equal(6, home.Brevo.ListCount(20));
        Assert.DoesNotContain("u05@shop.test", home.Brevo.ListEmails(20));
    }

    [Fact]
    public async Task Removes_members_in_the_mode_remove()
    {
        await using var home = await CommandHome.CreateAsync(TimeProvider.System);
        await home.SendAsync(CommandHome.People(3));
        home.Brevo.AddToList(20, "u01@shop.test");
        home.Brevo.AddToList(20, "someone.else@shop.test");

        var ran = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "20", "--mode", "remove", "--format", "json")).Expect(0);

        Assert.Equal("remove", ran.Json.GetProperty("mode").GetString());
        Assert.Equal(["someone.else@shop.test"], home.Brevo.ListEmails(20));
    }

    [Fact]
    public async Task The_safety_stop_holds_until_a_person_lets_go()
    {
        await using var home = await CommandHome.CreateAsync(TimeProvider.System);
        await home.SendAsync(CommandHome.People(30));
        (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "16")).Expect(0);
        await home.SendAsync(CommandHome.People(4));

        var held = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "16", "--format", "json")).Expect(5);
        Assert.Equal("held", held.Json.GetProperty("state").GetString());
        Assert.Equal(26, held.Json.GetProperty("removalsHeld").GetInt64());
        Assert.Contains("--allow-removals", held.Error, StringComparison.Ordinal);
        Assert.Equal(30, home.Brevo.ListCount(16));

        (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "16", "--allow-removals")).Expect(0);
        Assert.Equal(4, home.Brevo.ListCount(16));
    }

    [Fact]
    public async Task A_list_that_the_config_fills_otherwise_is_refused()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.SendAsync(CommandHome.People(3));
        await home.SendAsync("9", "Others", CommandHome.People(2), []);

        var mode = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "16", "--mode", "add")).Expect(2);
        Assert.Contains("The config keeps list 16 in step (mirror of 7700123)", mode.Error, StringComparison.Ordinal);
        (await home.RunAsync("cohorts", "sync", "9", "--list", "16")).Expect(2);
        Assert.Equal(0, home.Brevo.Calls.Total);
    }

    [Fact]
    public async Task A_list_that_Brevo_does_not_have_is_not_found_by_a_dry_run_and_pauses_a_sync()
    {
        await using var home = await CommandHome.CreateAsync(TimeProvider.System);
        await home.SendAsync(CommandHome.People(3));

        var dry = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "404", "--dry-run")).Expect(3);
        Assert.Contains("Brevo has no list 404", dry.Error, StringComparison.Ordinal);
        var ran = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "404", "--format", "json")).Expect(5);
        Assert.Equal("paused", ran.Json.GetProperty("state").GetString());
        Assert.Contains("list_missing", ran.Json.GetProperty("note").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_another_process_keeps_the_account_it_says_so()
    {
        await using var home = await CommandHome.CreateAsync(TimeProvider.System);
        await home.SendAsync(CommandHome.People(3));
        (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "20")).Expect(0);

        // What it waits for the account is shorter on this clock.
        home.Host = home.Host with { Time = new FastTime(30) };
        await home.WithStoreAsync(async store =>
        {
            var account = Account(home);
            Assert.NotNull(await store.Leases.TryTakeAsync(account, "other-machine/4711/x", TimeSpan.FromHours(10), CommandHome.Token));
        });

        var ran = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "20")).Expect(6);

        Assert.Contains("process 4711 on other-machine", ran.Error, StringComparison.Ordinal);
        Assert.Contains("connectors.mixpanel.lists", ran.Error, StringComparison.Ordinal);

        // What came to nothing keeps the list from nobody; what was filled before stays the project's.
        home.Brevo.CreateList("Free", 21);
        (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "21")).Expect(6);
        Assert.Equal("news", await ClaimAsync("news", 21));
        Assert.Equal(CommandHome.Project, await ClaimAsync("news", 20));

        // And so does what somebody else has asked for, and is about to fill.
        home.Brevo.CreateList("About to be filled", 22);
        await ClaimAsync(CommandHome.Project, 22);
        (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "22")).Expect(6);
        Assert.Equal(CommandHome.Project, await ClaimAsync("news", 22));

        async Task<string> ClaimAsync(string project, long list)
        {
            var owner = "";
            await home.WithStoreAsync(async store => owner = (await store.ListClaims.ClaimAsync(
                Account(home)["delivery/".Length..], project, "brevo", list, [CommandHome.Project, "news"], CommandHome.Token)).Owner);
            return owner;
        }
    }

    [Fact]
    public async Task A_running_server_walks_over_a_list_of_the_config_when_asked()
    {
        await using var home = await CommandHome.CreateAsync(TimeProvider.System);
        await home.SendAsync(CommandHome.People(5));
        await using var server = ChildProcess.Sluice(["serve", "--config", home.ConfigFile]);
        await server.WaitForListeningAsync(cancellationToken: CommandHome.Token);
        await Eventually.GetAsync(
            "the list to be full", _ => Task.FromResult(home.Brevo.ListCount(16)), n => n == 5, TimeSpan.FromMinutes(4), cancellationToken: CommandHome.Token);

        var ran = (await home.RunAsync("cohorts", "sync", CommandHome.Engaged, "--list", "16", "--format", "json")).Expect(0);

        Assert.Contains("A running server delivers for this account", ran.Error, StringComparison.Ordinal);
        Assert.Equal(5, ran.Json.GetProperty("syncedToBrevo").GetInt64());
        Assert.NotEqual(0, ran.Json.GetProperty("runs").GetArrayLength());
        Assert.Equal(0, await server.StopAsync(cancellationToken: CommandHome.Token));
    }

    private static string Account(CommandHome home)
    {
        var bytes = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{home.Brevo.BaseUrl}\0{CommandHome.ApiKey}"));
        return $"delivery/{Convert.ToHexStringLower(bytes.AsSpan(0, 8))}";
    }
}
