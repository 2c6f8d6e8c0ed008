using System.Net;

namespace Sluice.Tests.Management;

/// <summary>Budgets come and go with the Mixpanel project that they belong to.</summary>
public sealed class BudgetTests
{
    [Fact]
    public async Task There_are_budgets_while_a_Mixpanel_project_is_connected_paused_or_not()
    {
        await using var world = await ManagedWorld.StartAsync();

        // The file's block names hosts alone, and so nobody's budgets.
        Assert.Equal("""{"items":[]}""", (await world.GetAsync("budgets")).Body);

        await world.PutAsync("connectors/mixpanel", $$"""{"projectToken":"{{ManagedWorld.MixpanelToken}}"}""");
        Assert.Equal(["query", "export", "ingestion", "gdpr", "schemas"], await NamesAsync());
        await world.PostAsync("connectors/mixpanel/pause");
        Assert.Equal(5, (await NamesAsync()).Length);
        await world.DeleteAsync("connectors/mixpanel");
        Assert.Empty(await NamesAsync());

        async Task<string[]> NamesAsync()
        {
            var answer = await world.GetAsync("budgets");
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            return [.. answer.Json.GetProperty("items").EnumerateArray().Select(b => b.GetProperty("name").GetString()!)];
        }
    }
}
