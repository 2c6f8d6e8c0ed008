using System.Text.Json;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;
using Sluice.Tests.Commands;

namespace Sluice.Tests.Budgets;

public sealed class BudgetsCommandTests
{
    [Fact]
    public async Task What_is_left_of_every_family_is_shown_and_when_more_comes()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.WithStoreAsync(async store =>
        {
            var budgets = new MixpanelBudgets(store.PermitBooks, MixpanelBudgets.AccountOf(new Uri("https://mixpanel.com"), "4100200"), home.Host.Time);
            var gate = budgets.For(MixpanelCaller.Person(TimeSpan.Zero));
            await gate.EnterAsync(new MixpanelCall("/engage", MixpanelBudget.Query), CommandHome.Token);
            await budgets.ReserveAsync(MixpanelBudget.Query, "pull", 20, TimeSpan.FromHours(1), CommandHome.Token);
            var refused = await gate.EnterAsync(new MixpanelCall("/export", MixpanelBudget.Export), CommandHome.Token);
            await refused.CompleteAsync(new MixpanelCallOutcome(429, TimeSpan.FromMinutes(5)), CancellationToken.None);
            await gate.EnterAsync(new MixpanelCall("/import", MixpanelBudget.Ingestion) { Bytes = 1_000_000_000, Length = TimeSpan.FromSeconds(60) }, CommandHome.Token);
        });

        var budgets = (await home.RunAsync("budgets", "--format", "json")).Expect(0).Json.GetProperty("budgets").EnumerateArray().ToDictionary(b => b.GetProperty("budget").GetString()!);
        Assert.Equal(["query", "export", "ingestion", "gdpr", "schemas"], budgets.Keys);
        Assert.Equal((60, 39, 20, 1), (Number("query", "limit"), Number("query", "left"), Number("query", "reserved"), Number("query", "running")));
        Assert.True(budgets["query"].GetProperty("moreAt").GetDateTimeOffset() > home.Host.Time.GetUtcNow() + TimeSpan.FromMinutes(59));
        Assert.Equal((60, 0), (Number("export", "limit"), Number("export", "left")));
        Assert.Equal(home.Host.Time.GetUtcNow() + TimeSpan.FromMinutes(5), budgets["export"].GetProperty("heldUntil").GetDateTimeOffset());
        Assert.Equal((2_000, 999, "MB a minute"), (Number("ingestion", "limit"), Number("ingestion", "left"), budgets["ingestion"].GetProperty("unit").GetString()));
        Assert.Equal((1, 5), (Number("gdpr", "left"), Number("schemas", "left")));
        Assert.Equal(JsonValueKind.Null, budgets["schemas"].GetProperty("moreAt").ValueKind);

        var text = (await home.RunAsync("budgets")).Expect(0).Output;
        Assert.Matches("(?m)^query +39 +60 +calls an hour +20 +1 ", text);

        int Number(string budget, string name) => budgets[budget].GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Where_nothing_names_the_Mixpanel_project_the_command_says_what_to_set()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.WithStoreAsync(_ => Task.CompletedTask);
        var config = await File.ReadAllTextAsync(home.ConfigFile, CommandHome.Token);
        await File.WriteAllTextAsync(home.ConfigFile, config.Replace("project_id: \"4100200\"", "", StringComparison.Ordinal), CommandHome.Token);
        Assert.Contains("set connectors.mixpanel.project_id", (await home.RunAsync("budgets")).Expect(78).Error, StringComparison.Ordinal);
    }
}
