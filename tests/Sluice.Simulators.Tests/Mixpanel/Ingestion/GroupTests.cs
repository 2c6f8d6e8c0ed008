using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class GroupTests : IAsyncLifetime
{
    private MixpanelHarness _mixpanel = null!;

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelHarness.StartAsync(new MixpanelProject { GroupKeys = ["company_id", "team"] });

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Fact]
    public async Task Groups_are_kept_by_key_and_id()
    {
        var answer = await _mixpanel.PostAsync("/groups", $"""
            [{Update(""" "$set":{"$name":"Acme","seats":40}""")},{Update(""" "$set_once":{"seats":1,"plan":"pro"}""")},{Update(""" "$union":{"tags":["b2b"]}""")},
             {Update(""" "$union":{"tags":["b2b","eu"]}""")},{Update(""" "$remove":{"tags":"b2b"}""")},{Update(""" "$unset":["seats"]""")},
             {Update(""" "$set":{"a":1}""", key: "team")},{Update(""" "$set":{"a":1}""", id: "gone")},{Update(""" "$delete":"null" """, id: "gone")}]
            """);

        answer.Is(200, "1");
        Assert.Equal(
            [("company_id", "acme", """{"$name":"Acme","plan":"pro","tags":["eu"]}"""), ("team", "acme", """{"a":1}""")],
            _mixpanel.Simulator.Groups(MixpanelHarness.Project).Select(group => (group.GroupKey, group.GroupId, group.PropertiesJson)));
    }

    [Theory]
    [InlineData("""{"$token":"simulator-token","$group_id":"a","$set":{}}""", "'$group_key' must not be missing or blank")]
    [InlineData("""{"$token":"simulator-token","$group_key":"team","$set":{}}""", "'$group_id' must not be missing or blank")]
    [InlineData("""{"$token":"simulator-token","$group_key":"team","$group_id":7,"$set":{}}""", "'$group_id' must not be missing or blank")]
    [InlineData("""{"$group_key":"team","$group_id":"a","$set":{}}""", "'$token' must not be missing or blank")]
    [InlineData("""{"$token":"simulator-token","$group_key":"team","$group_id":"a","$add":{"n":1}}""", "'$add' is not supported for groups")]
    [InlineData("""{"$token":"simulator-token","$group_key":"team","$group_id":"a","$append":{"n":1}}""", "'$append' is not supported for groups")]
    public async Task Bad_updates_are_answered_with_200_and_a_zero(string update, string message)
    {
        (await _mixpanel.PostAsync("/groups", update)).Is(200, "0");
        (await _mixpanel.PostAsync("/groups?verbose=1", update)).Is(200, $$"""{"status":0,"error":"{{message}}"}""");
        Assert.Empty(_mixpanel.Simulator.Groups(MixpanelHarness.Project));
    }

    [Fact]
    public async Task A_key_that_is_not_in_the_settings_loses_its_data()
    {
        (await _mixpanel.PostAsync("/groups?strict=1", Update(""" "$set":{"a":1}""", key: "country"))).Is(200, """{"status":1,"error":"","num_good_events":1}""");

        Assert.Empty(_mixpanel.Simulator.Groups(MixpanelHarness.Project));
        Assert.Equal(1, _mixpanel.Simulator.Lost(MixpanelHarness.Project)["group key is not in the settings"]);
    }

    [Fact]
    public async Task A_key_has_a_largest_number_of_groups()
    {
        await using var small = await MixpanelHarness.StartAsync(
            new MixpanelProject { GroupKeys = ["company_id", "team"] }, new MixpanelLimits { MaxGroupProfiles = 2 });

        Assert.Equal("1", (await small.PostAsync("/groups", $"[{Set("a")},{Set("b")}]")).Text);
        Assert.Equal("0", (await small.PostAsync("/groups", Set("c"))).Text);
        Assert.Equal("1", (await small.PostAsync("/groups", $"[{Set("a")},{Update(""" "$set":{}""", "team")}]")).Text);
        Assert.Equal(3, small.Simulator.Groups(MixpanelHarness.Project).Count);

        static string Set(string id) => Update(""" "$set":{"a":1}""", id: id);
    }

    [Fact]
    public async Task Gzip_is_not_taken()
    {
        var answer = await _mixpanel.SendAsync("POST", "/groups", MixpanelHarness.Gzip(Update(""" "$set":{"a":1}""")), "application/json", encoding: "gzip");

        answer.Is(200, "0");
        Assert.Empty(_mixpanel.Simulator.Groups(MixpanelHarness.Project));
    }

    private static string Update(string operation, string key = "company_id", string id = "acme") =>
        $$"""{"$token":"simulator-token","$group_key":"{{key}}","$group_id":"{{id}}",{{operation}}}""";
}
