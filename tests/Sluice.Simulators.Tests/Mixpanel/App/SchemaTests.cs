using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.App;

public sealed class SchemaTests
{
    private const string Path = "/projects/12345/schemas";

    [Fact]
    public async Task Schemas_are_written_read_and_deleted()
    {
        await using var mixpanel = await StartAsync();
        (await mixpanel.AppAsync("POST", Path, Entries(("event", "Purchase"), ("event", "Visit"), ("profile", "$user")))).Is(200, """{"status":"ok","results":{"added":3,"deleted":0}}""");

        Assert.Equal(3, (await mixpanel.AppAsync("GET", Path)).Json.GetProperty("results").GetArrayLength());
        Assert.Equal(2, (await mixpanel.AppAsync("GET", $"{Path}/event")).Json.GetProperty("results").GetArrayLength());
        Assert.Equal(1, (await mixpanel.AppAsync("GET", $"{Path}/event?entity_name=Visit")).Json.GetProperty("results").GetArrayLength());
        Assert.Equal("about Purchase", (await mixpanel.AppAsync("GET", $"{Path}/event/Purchase")).Json.GetProperty("results").GetProperty("description").GetString());
        Assert.Equal(404, (await mixpanel.AppAsync("GET", $"{Path}/event/None")).Status);
        Assert.Equal(400, (await mixpanel.AppAsync("GET", $"{Path}/other")).Status);
        (await mixpanel.AppAsync("DELETE", $"{Path}/event?entity_name=Visit")).Is(200, """{"status":"ok","results":{"delete_count":1}}""");
        (await mixpanel.AppAsync("POST", Path, Entries(("event", "New")).Replace("false}", "true}", StringComparison.Ordinal))).Is(200, """{"status":"ok","results":{"added":1,"deleted":1}}""");
        Assert.Equal(404, (await mixpanel.AppAsync("GET", $"{Path}/event/Purchase")).Status);
        (await mixpanel.AppAsync("DELETE", Path)).Is(200, """{"status":"ok","results":{"delete_count":2}}""");
        Assert.Equal(400, (await mixpanel.AppAsync("POST", Path, """{"entries":[{"name":"x"}]}""")).Status);
    }

    [Fact]
    public async Task Metadata_that_are_not_named_stay_and_null_removes_them()
    {
        await using var mixpanel = await StartAsync();
        await mixpanel.AppAsync("POST", $"{Path}/event/Purchase", """{"description":"a","metadata":{"com.mixpanel":{"displayName":"Buy","hidden":false,"tags":["rev"]}}}""");
        var next = await mixpanel.AppAsync("POST", $"{Path}/event/Purchase", """{"description":"b","metadata":{"com.mixpanel":{"hidden":true,"tags":null}}}""");

        Assert.Equal(
            """{"description":"b","metadata":{"com.mixpanel":{"hidden":true,"displayName":"Buy"}}}""",
            next.Json.GetProperty("results").GetRawText());
    }

    [Fact]
    public async Task Five_calls_a_minute_and_so_many_entities_are_taken()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(limits: new MixpanelLimits { SchemaEntitiesPerMinute = 4, MaxSchemaDeletions = 1 });
        Assert.Equal(200, (await mixpanel.AppAsync("POST", Path, Entries(("event", "a"), ("event", "b")))).Status);
        var tooMany = await mixpanel.AppAsync("POST", Path, Entries(("event", "c")));
        Assert.Equal((429, "60"), (tooMany.Status, tooMany.Headers["Retry-After"]));
        Assert.Equal(400, (await mixpanel.AppAsync("DELETE", Path)).Status);
        Assert.Equal((200, 200, 429), (await StatusAsync(), await StatusAsync(), await StatusAsync()));
        Assert.Equal(2, mixpanel.Simulator.Calls.BudgetViolationCount);
        mixpanel.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, await StatusAsync());

        async Task<int> StatusAsync() => (await mixpanel.AppAsync("GET", Path)).Status;
    }

    [Fact]
    public async Task Entities_are_counted_by_organization_and_calls_by_project()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(
            null, new MixpanelLimits { SchemaEntitiesPerMinute = 4 },
            new MixpanelProject { Id = "777", Token = "two", ApiSecret = "two" }, new MixpanelProject { Id = "888", Token = "three", ApiSecret = "three", OrganizationId = 78 });
        Assert.Equal(200, (await PostAsync("12345")).Status);
        Assert.Equal(200, (await PostAsync("777")).Status);
        Assert.Equal(429, (await PostAsync("777")).Status);
        Assert.Equal(200, (await PostAsync("888")).Status);

        Task<Answer> PostAsync(string project) => mixpanel.AppAsync("POST", $"/projects/{project}/schemas", Entries(("event", "a")));
    }

    [Fact]
    public async Task Events_whose_schema_drops_them_are_answered_as_good_and_are_gone()
    {
        await using var mixpanel = await StartAsync();
        await mixpanel.AppAsync("POST", $"{Path}/event/Purchase", """{"metadata":{"com.mixpanel":{"dropped":true}}}""");
        Assert.Equal(200, (await mixpanel.ImportAsync($"[{mixpanel.Event()},{mixpanel.Event("u-2", "i-2", "Visit")}]")).Status);
        Assert.Equal("Visit", Assert.Single(mixpanel.Events).Name);
        Assert.Equal(1, mixpanel.Simulator.Lost(MixpanelHarness.Project)["dropped by its schema"]);

        await mixpanel.AppAsync("POST", $"{Path}/event/Purchase", """{"metadata":{"com.mixpanel":{"dropped":null}}}""");
        await mixpanel.ImportAsync($"[{mixpanel.Event()}]");
        Assert.Equal(2, mixpanel.Events.Count);
    }

    private static Task<MixpanelHarness> StartAsync() => MixpanelHarness.StartAsync(limits: new MixpanelLimits { SchemaCallsPerMinute = 100 });

    // Each counts as two: itself, and its one property.
    private static string Entries(params (string Type, string Name)[] entries)
    {
        var texts = entries.Select(entry =>
            $$$$"""{"entityType":"{{{{entry.Type}}}}","name":"{{{{entry.Name}}}}","schemaJson":{"description":"about {{{{entry.Name}}}}","properties":{"p":{"type":"number"} } } }""");
        return $$"""{"entries":[{{string.Join(',', texts)}}],"truncate":false}""";
    }
}
