using System.CommandLine;
using System.Text.Json;
using Sluice.Client;
using Sluice.Commands;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;
using Sluice.Testing;
using Sluice.Tests.Management;

namespace Sluice.Tests.Sdk;

/// <summary>The TypeScript SDK, generated, compiled and run. It needs Node and the packages beside these tests.</summary>
public sealed class TypeScriptTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private const string Mark = "// Long because: openapi-typescript makes it from docs/openapi.json (npm run generate); nobody writes or reads it.\n";

    private readonly TempFolder _folder = new();

    private static string Folder => Repository.Combine("tests/Sluice.Tests/Sdk/typescript");

    private string Compiled => _folder.Combine("dist", "index.js");

    public async ValueTask InitializeAsync()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "typescript")))
        {
            await RunAsync("npm", [], "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        }

        await RunAsync("node", [], "node_modules/typescript/bin/tsc", "--project", Repository.Combine("sdk/typescript/tsconfig.json"), "--outDir", _folder.Combine("dist"));
        _folder.Write("dist/package.json", """{"type":"module"}""");
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Its_types_are_those_of_the_document()
    {
        var schema = _folder.Combine("schema.ts");
        await RunAsync("node", [], "node_modules/openapi-typescript/bin/cli.js", Repository.Combine("docs/openapi.json"), "--output", schema);
        Golden.In("sdk/typescript/src").MatchesText("schema.ts", Mark + await File.ReadAllTextAsync(schema, ManagedWorld.Token));
    }

    [Fact]
    public async Task The_documented_example_syncs_a_cohort()
    {
        await using var world = await ManagedWorld.StartAsync();
        await world.SaveCohortAsync(12345, "Engaged Users (Last 7 Days)", 32);
        var printed = await RunAsync(
            "node",
            [
                ("SLUICE_SDK", Compiled), ("SLUICE_URL", world.Url.AbsoluteUri), ("SLUICE_ACCESS_KEY", ManagedWorld.Shop.Access), ("SLUICE_SECRET_KEY", ManagedWorld.Shop.Secret),
                ("BREVO_API_KEY", ManagedWorld.BrevoKey), ("MIXPANEL_TOKEN", ManagedWorld.MixpanelToken), ("MIXPANEL_SA_USER", ManagedWorld.Account),
                ("MIXPANEL_SA_SECRET", ManagedWorld.AccountSecret), ("MIXPANEL_PROJECT_ID", ManagedWorld.ProjectId),
            ],
            "example.mjs");
        var cohort = JsonElement.Parse(printed);
        Assert.Equal("Engaged Users (Last 7 Days)", cohort.GetProperty("cohortName").GetString());
        Assert.Equal((32, 32, 16), (cohort.GetProperty("membersCount").GetInt32(), cohort.GetProperty("syncedToBrevo").GetInt32(), cohort.GetProperty("listId").GetInt32()));
        Assert.Equal(32, world.Brevo.ListCount(ManagedWorld.List));
    }

    [Fact]
    public async Task It_tries_again_what_may_be_tried_and_tells_errors_by_their_type() => Assert.Equal("ok", (await RunAsync("node", [("SLUICE_SDK", Compiled)], "errors.mjs")).Trim());

    [Fact]
    public async Task Both_SDKs_show_what_is_left_of_the_budgets_as_the_command_does()
    {
        await using var world = await ManagedWorld.StartAsync(
            mixpanel: $"project_id: \"{ManagedWorld.ProjectId}\"\n        project_secret: {ManagedWorld.ProjectSecret}\n        service_account: {{ username: {ManagedWorld.Account}, secret: {ManagedWorld.AccountSecret} }}",
            brevo: $"api_key: {ManagedWorld.BrevoKey}", shared: true);
        await world.SaveCohortAsync(12345, "Engaged", 3);
        using var shop = new SluiceClient(world.Url, ManagedWorld.Shop.Access, ManagedWorld.Shop.Secret);
        using var blog = new SluiceClient(world.Url, ManagedWorld.Blog.Access, ManagedWorld.Blog.Secret);
        await shop.Connectors.SyncCohortAsync("mixpanel", new CohortSyncRequest { CohortId = 12345, TargetList = 16 }, ManagedWorld.Token);
        var spent = new MixpanelBudgets(
            world.Node.Store.PermitBooks,
            [MixpanelBudgets.AccountOf(world.Mixpanel.QueryUrl, ManagedWorld.ProjectId), MixpanelBudgets.AccountOf(world.Mixpanel.QueryUrl, ManagedWorld.ProjectSecret)],
            TimeProvider.System);
        await spent.ReserveAsync(MixpanelBudget.Query, "pull of the shop", 20, TimeSpan.FromHours(1), ManagedWorld.Token);
        var refused = await spent.For(MixpanelCaller.Person(TimeSpan.Zero)).EnterAsync(new MixpanelCall("/export", MixpanelBudget.Export), ManagedWorld.Token);
        await refused.CompleteAsync(new MixpanelCallOutcome(429, TimeSpan.FromMinutes(5)), CancellationToken.None);

        // The list of cohorts and one page of people.
        var budgets = (await shop.Project.ListBudgetsAsync(ManagedWorld.Token)).ToDictionary(b => b.Name, StringComparer.Ordinal);
        var now = TimeProvider.System.GetUtcNow();
        Assert.Equal(["query", "export", "ingestion", "gdpr", "schemas"], budgets.Keys);
        Assert.Equal(new Budget("query", BudgetUnit.Calls, 3600, 60, 38, 20, 0, budgets["query"].MoreAt, null), budgets["query"]);
        Assert.InRange(budgets["query"].MoreAt!.Value, now + TimeSpan.FromMinutes(50), now + TimeSpan.FromMinutes(65));
        Assert.Equal((60, 0), (budgets["export"].Limit, budgets["export"].Left));
        Assert.InRange(budgets["export"].HeldUntil!.Value, now + TimeSpan.FromMinutes(1), now + TimeSpan.FromMinutes(6));
        Assert.Equal(new Budget("ingestion", BudgetUnit.Megabytes, 60, 2_000, 2_000, 0, null, null, null), budgets["ingestion"]);
        Assert.Equal((1, 60), (budgets["gdpr"].WindowSeconds, budgets["schemas"].WindowSeconds));

        var printed = await RunAsync(
            "node",
            [("SLUICE_SDK", Compiled), ("SLUICE_URL", world.Url.AbsoluteUri), ("SLUICE_ACCESS_KEY", ManagedWorld.Shop.Access), ("SLUICE_SECRET_KEY", ManagedWorld.Shop.Secret)],
            "budgets.mjs");
        Assert.Equal(budgets.Values, JsonSerializer.Deserialize<List<Budget>>(printed, JsonSerializerOptions.Web)!);
        Assert.Equal(
            budgets.Values.Select(b => (b.Name, b.Limit, b.Left, b.Reserved, b.Running, b.MoreAt, b.HeldUntil)),
            (await CommandAsync(world)).EnumerateArray().Select(b => (
                b.GetProperty("budget").GetString()!, b.GetProperty("limit").GetInt64(), b.GetProperty("left").GetInt64(), b.GetProperty("reserved").GetInt32(),
                b.GetProperty("running").Deserialize<int?>(), b.GetProperty("moreAt").Deserialize<DateTimeOffset?>(), b.GetProperty("heldUntil").Deserialize<DateTimeOffset?>())));

        // Another project with the same Mixpanel project has the same budgets, and is not told whose calls they are. It knows that project by another name, under
        // which each call was written down a moment later.
        Assert.Equal(budgets.Values.Select(WithoutTimes), (await blog.Project.ListBudgetsAsync(ManagedWorld.Token)).Select(WithoutTimes));
        Assert.DoesNotContain("shop", (await world.SendAsync(HttpMethod.Get, "budgets", null, ManagedWorld.Blog)).Body, StringComparison.OrdinalIgnoreCase);

        static Budget WithoutTimes(Budget budget) => budget with { MoreAt = null, HeldUntil = null };
    }

    private static async Task<JsonElement> CommandAsync(ManagedWorld world)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await SluiceCommand.RunAsync(
            ["budgets", "--project", "shop", "--format", "json", "--config", world.ConfigFile], new CommandHost { Environment = _ => null },
            new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, ManagedWorld.Token);
        Assert.True(code == ExitCode.Ok, error.ToString());
        return JsonElement.Parse(output.ToString()).GetProperty("budgets");
    }

    private static Task<string> RunAsync(string program, (string Name, string Value)[] environment, params string[] arguments) => ChildProcess.RunAsync(
        program, arguments, environment.ToDictionary(e => e.Name, e => (string?)e.Value), Folder, Patience, ManagedWorld.Token);
}
