using System.Text.Json;
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

    private static Task<string> RunAsync(string program, (string Name, string Value)[] environment, params string[] arguments) => ChildProcess.RunAsync(
        program, arguments, environment.ToDictionary(e => e.Name, e => (string?)e.Value), Folder, Patience, ManagedWorld.Token);
}
