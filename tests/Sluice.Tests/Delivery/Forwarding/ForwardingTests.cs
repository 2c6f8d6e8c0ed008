using System.Text;
using System.Text.Json.Nodes;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Testing;

namespace Sluice.Tests.Delivery.Forwarding;

/// <summary>With Sluice in front of it, Mixpanel has what it would have without.</summary>
public sealed class ForwardingTests
{
    private const string Anonymous = "3f0c8f2e-5f0b-4f53-9c1e-2f0a6b1c7d90";

    // What the server adds; they differ by when and on which path an event came.
    private static readonly string[] AddedByServer = ["$import", "$mp_api_endpoint", "$mp_api_timestamp_ms", "mp_processing_time_ms", "$mp_event_size"];

    [Fact]
    public async Task Events_of_all_shapes_are_there_as_if_they_had_been_sent_there()
    {
        await using var world = await ForwardWorld.StartAsync();
        var now = world.Clock.GetUtcNow().ToUnixTimeSeconds();
        await world.SendAsync("/import?strict=1", $$$"""
            [{"event":"Purchase","properties":{"time":{{{now - 9_000_000}}}123,"distinct_id":"u-1","$insert_id":"a1b2-1","amount":19.50,"tags":["a","b"],"who":{"é":"ü😀","deep":[{"x":1e3}]},"none":null,"yes":true,"ip":"203.0.113.7"}},
             {"event":"Signed up","properties":{"time":{{{now - 60}}},"$user_id":"u-2","$device_id":"d-2","distinct_id":"u-2","$insert_id":"a1b2-2"}},
             {"event":"Looked","properties":{"time":{{{now - 50}}},"$device_id":"d-3","$insert_id":"a1b2-3"}},
             {"event":"Rained","properties":{"time":{{{now - 40}}},"distinct_id":"","$insert_id":"a1b2-4","$city":"Oslo"}}]
            """, withKeys: true);
        await world.SendAsync("/import", $$$"""
            {"event":"Line","properties":{"time":{{{now - 30}}},"distinct_id":"u-1","$insert_id":"a1b2-5"}}
            {"event":"Line","properties":{"time":{{{now - 29}}},"distinct_id":"u-1","$insert_id":"a1b2-6","big":12345678901234567890,"half":0.10}}
            """, "application/x-ndjson", withKeys: true);
        var form = Convert.ToBase64String(Encoding.UTF8.GetBytes(
            $$$"""[{"event":"Page view","properties":{"token":"{{{ForwardWorld.Token}}}","time":{{{now - 20}}}.123,"distinct_id":"$device:d-9","$device_id":"d-9","$insert_id":"zz9","mp_lib":"web","ip":"198.51.100.9"}}]"""));
        await world.SendAsync("/track/?verbose=1&ip=1", $"data={Uri.EscapeDataString(form)}", "application/x-www-form-urlencoded");
        world.Run();
        await world.DrainAsync();
        Assert.Equal(7, world.Events.Count);
        AssertSameEvents(world);
        Assert.Equal(7, (await world.CountsAsync())["sent"]);
        Assert.Empty(await world.LettersAsync());
        world.AssertClean();
    }

    [Fact]
    public async Task An_insert_id_that_import_would_not_take_becomes_one_that_it_takes_and_a_missing_one_is_made()
    {
        await using var world = await ForwardWorld.StartAsync();
        var now = world.Clock.GetUtcNow().ToUnixTimeSeconds();
        string Event(string insertId) => $$$"""{"event":"E","properties":{"token":"{{{ForwardWorld.Token}}}","time":{{{now}}},"distinct_id":"u-1"{{{insertId}}}}}""";
        await world.SendAsync("/track", $"[{Event(",\"$insert_id\":\"order_1:paid\"")},{Event("")},{Event("")}]", compare: false);
        world.Run();
        await world.DrainAsync();
        var ids = world.Mixpanel.Events(ForwardWorld.RemoteProject).Select(e => e.InsertId).ToList();
        Assert.Equal(3, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{32}$", id));

        // The same event again, as a client does that got no answer: we know it already, and so would Mixpanel.
        await world.SendAsync("/track", $"[{Event(",\"$insert_id\":\"order_1:paid\"")}]", compare: false);
        await world.DrainAsync();
        Assert.Equal(3, world.Mixpanel.EventCount(ForwardWorld.RemoteProject));
    }

    [Fact]
    public async Task Operations_on_profiles_and_groups_go_as_operations_in_their_order()
    {
        await using var world = await ForwardWorld.StartAsync(project: new MixpanelProject { GroupKeys = ["company_id"] });
        string[] bodies =
        [
            """[{"$token":"T","$distinct_id":"u-1","$ip":"203.0.113.7","$set":{"$email":"ana@example.org","plan":"pro","gone":1,"seen":"2026-01-01T00:00:00"}}]""",
            """[{"$token":"T","$distinct_id":"u-1","$set_once":{"plan":"free","first":"a"}},{"$token":"T","$distinct_id":"u-1","$add":{"logins":2,"left":-1.5}}]""",
            """{"$token":"T","$distinct_id":"u-1","$ignore_time":true,"$append":{"history":{"at":"x","n":[1,2]}}}""",
            """[{"$token":"T","$distinct_id":"u-1","$union":{"tags":["vip","a"]}},{"$token":"T","$distinct_id":"u-1","$union":{"tags":["a","b"]}},{"$token":"T","$distinct_id":"u-1","$remove":{"tags":"vip"}}]""",
            """[{"$token":"T","$distinct_id":"u-1","$unset":["gone"]},{"$token":"T","$distinct_id":"u-1","$append":{"history":"x"}},{"$token":"T","$distinct_id":"u-1","$add":{"logins":1}}]""",
            """[{"$token":"T","$distinct_id":"u-2","$set":{"a":1}},{"$token":"T","$distinct_id":"u-2","$delete":"","$ignore_alias":true},{"$token":"T","$distinct_id":"u-3","$set":{"$name":"Zoë 😀"},"$time":1760000000}]""",
            """[{"$token":"T","$distinct_id":"u-4","$latitude":59.91,"$longitude":10.75,"$set":{"x":[1,"2",null]}},{"$token":"T","$distinct_id":"u-5","$set":{}}]""",
        ];
        foreach (var (i, body) in bodies.Index())
        {
            // Every other one lets the place be looked up.
            await world.SendAsync(FormattableString.Invariant($"/engage?verbose=1&ip={i % 2}"), body.Replace("\"T\"", $"\"{ForwardWorld.Token}\"", StringComparison.Ordinal));
        }

        foreach (var body in (string[])
            ["""[{"$token":"T","$group_key":"company_id","$group_id":"acme","$set":{"$name":"Acme","seats":40,"old":1}},{"$token":"T","$group_key":"company_id","$group_id":"b","$set":{"x":1}}]""",
             """[{"$token":"T","$group_key":"company_id","$group_id":"acme","$union":{"markets":["no","se"]}},{"$token":"T","$group_key":"company_id","$group_id":"acme","$unset":["old"]},{"$token":"T","$group_key":"company_id","$group_id":"b","$delete":""}]"""])
        {
            await world.SendAsync("/groups", body.Replace("\"T\"", $"\"{ForwardWorld.Token}\"", StringComparison.Ordinal));
        }

        world.Run();
        await world.DrainAsync();
        Assert.Equal(Profiles(world.Direct), Profiles(world.Mixpanel));
        Assert.Equal(4, Profiles(world.Mixpanel).Count);
        Assert.Equal(3, world.Profile("u-1")["logins"]!.GetValue<int>());
        Assert.Equal(Groups(world.Direct), Groups(world.Mixpanel));
        Assert.Single(Groups(world.Mixpanel));
        Assert.Empty(await world.LettersAsync());
        world.AssertClean();
    }

    [Fact]
    public async Task What_says_who_is_who_is_not_lost_whatever_words_the_client_has_for_it()
    {
        await using var world = await ForwardWorld.StartAsync(
            project: new MixpanelProject { Identity = MixpanelIdentityMode.Original }, identity: IdentityMode.Original);
        var now = world.Clock.GetUtcNow().ToUnixTimeSeconds();
        await world.SendAsync("/import?strict=1", $$"""
            [{"event":"$merge","properties":{"$distinct_ids":["u-1","u-7"],"token":"{{ForwardWorld.Token}}"} },
             {"event":"$create_alias","properties":{"distinct_id":"u-1","alias":"mail","time":{{now}},"token":"{{ForwardWorld.Token}}"} },
             {"event":"$identify","properties":{"$identified_id":"u-1","$anon_id":"{{Anonymous}}","token":"{{ForwardWorld.Token}}"} } ]
            """, withKeys: true);
        world.Run();
        await world.DrainAsync();
        Assert.Equal(["u-1", "u-7", "mail", Anonymous], IdsOfCluster(world.Mixpanel));
        Assert.Equal(IdsOfCluster(world.Direct), IdsOfCluster(world.Mixpanel));

        // The browser's script has other names for the two.
        const string other = "9c1e8f2e-5f0b-4f53-9c1e-2f0a6b1c7d91";
        await world.SendAsync("/track", $$"""
            [{"event":"$identify","properties":{"token":"{{ForwardWorld.Token}}","time":{{now}},"distinct_id":"u-1","$anon_distinct_id":"{{other}}","$user_id":"u-1"} } ]
            """, compare: false);
        await world.DrainAsync();
        Assert.Contains(other, IdsOfCluster(world.Mixpanel));
        Assert.Empty(await world.LettersAsync());
    }

    [Fact]
    public async Task A_lookup_table_is_replaced_there_too()
    {
        var table = new Guid("0f8fad5b-d9cb-469f-a165-70867728950e");
        await using var world = await ForwardWorld.StartAsync(project: new MixpanelProject { LookupTables = [new MixpanelLookupTable(table, "Products")] });
        const string csv = "sku,name,price,since,sold,tags\r\np-1,\"Cup, \"\"blue\"\"\",9.50,2026-01-02T03:04:05Z,true,\"[\"\"a\"\",\"\"b\"\"]\"\r\np-2,007,,,FALSE,\r\n";
        await world.SendAsync($"/lookup-tables/{table}", csv, "text/csv", withKeys: true, HttpMethod.Put);
        world.Run();
        await world.DrainAsync();
        Assert.Equal(Rows(world.Direct), Rows(world.Mixpanel));
        Assert.Equal(2, Rows(world.Mixpanel).Count);

        // Of several replacements the last one is enough.
        foreach (var price in Enumerable.Range(1, 5))
        {
            await world.SendAsync($"/lookup-tables/{table}", $"sku,price\r\n{string.Concat(Enumerable.Range(0, 6_000).Select(i => FormattableString.Invariant($"p-{i},{price}\r\n")))}", "text/csv", withKeys: true, HttpMethod.Put);
        }

        await world.DrainAsync();
        Assert.Equal(6_000, Rows(world.Mixpanel).Count);
        Assert.Equal(Rows(world.Direct), Rows(world.Mixpanel));
        Assert.InRange(world.Mixpanel.Calls.ByEndpoint["PUT /lookup-tables/{id}"], 2, 3);
        Assert.Equal((await world.CountsAsync())["tables_sent"], world.Mixpanel.Calls.ByEndpoint["PUT /lookup-tables/{id}"]);
    }

    [Fact]
    public async Task Only_what_was_received_goes_on()
    {
        await using var world = await ForwardWorld.StartAsync();
        foreach (var origin in Enum.GetValues<Origin>())
        {
            await world.Store.Events.AppendAsync(
                new EventBatch(ForwardWorld.Project, origin, IdentityMode.Simplified,
                    [new EventRecord(origin.ToString(), 1_760_000_000_000, "u1", $"i-{origin}", Encoding.UTF8.GetBytes($$"""{"distinct_id":"u1","$insert_id":"i-{{origin}}"}"""))], []),
                TestContext.Current.CancellationToken);
        }

        world.Run();
        await world.DrainAsync();
        Assert.Equal(nameof(Origin.Received), Assert.Single(world.Events).Name);
    }

    [Fact]
    public async Task What_came_while_it_was_off_does_not_go_on_and_what_waits_is_dropped_when_it_is_switched_off()
    {
        await using var world = await ForwardWorld.StartAsync(scope: default(ForwardScope));
        Task SendAsync(int number) => Task.WhenAll(
            world.ImportAsync(world.Event(number)), world.EngageAsync(ForwardWorld.Update(FormattableString.Invariant($"u{number}"), "$set", new JsonObject { ["a"] = 1 })));

        await SendAsync(1);
        await world.SwitchAsync(new ForwardScope(Received: true, Told: false));
        await SendAsync(2);
        world.Run();
        await world.DrainAsync();
        Assert.Equal([2], world.Numbers());
        Assert.Equal("u2", Assert.Single(world.Mixpanel.Profiles(ForwardWorld.RemoteProject)).DistinctId);
        await world.StopAsync();

        await SendAsync(3);
        await world.SwitchAsync(default);
        await SendAsync(4);
        await world.SwitchAsync(new ForwardScope(Received: true, Told: false));
        await SendAsync(5);
        world.Run();
        await world.DrainAsync();
        Assert.Equal([2, 5], world.Numbers().Order());
        Assert.Equal(["u2", "u5"], world.Mixpanel.Profiles(ForwardWorld.RemoteProject).Select(p => p.DistinctId).Order());
        Assert.Equal(1, (await world.CountsAsync())["skipped_forward_off"]);
    }

    [Fact]
    public async Task Many_events_fit_into_few_calls_and_no_budget_is_exceeded()
    {
        await using var world = await ForwardWorld.StartAsync();
        foreach (var some in Enumerable.Range(0, 9_000).Chunk(1_500))
        {
            await world.ImportAsync(some.Select(i => world.Event(i, FormattableString.Invariant($"u{i % 100}"))));
        }

        world.Run();
        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(0, 9_000), world.Numbers().Order());
        Assert.Equal(9_000, world.Mixpanel.EventCount(ForwardWorld.RemoteProject));
        Assert.Equal(5, world.Mixpanel.Calls.ByEndpoint["POST /import"]);
        world.AssertClean();
    }

    internal static void AssertSameEvents(ForwardWorld world)
    {
        static List<string> All(MixpanelSimulator simulator) => [.. simulator.QueryEvents(ForwardWorld.RemoteProject).Select(e =>
        {
            var properties = (JsonObject)JsonNode.Parse(e.PropertiesJson)!;
            foreach (var added in AddedByServer)
            {
                properties.Remove(added);
            }

            return $"{e.Name} {e.TimeMs} {e.DistinctId} {e.InsertId} {CanonicalJson.Format(properties.ToJsonString())}";
        }).Order(StringComparer.Ordinal)];

        Assert.Equal(All(world.Direct), All(world.Mixpanel));
    }

    private static List<string> Profiles(MixpanelSimulator simulator) =>
        [.. simulator.Profiles(ForwardWorld.RemoteProject).Select(p => $"{p.DistinctId} {CanonicalJson.Format(p.PropertiesJson)}").Order(StringComparer.Ordinal)];

    private static List<string> Groups(MixpanelSimulator simulator) =>
        [.. simulator.Groups(ForwardWorld.RemoteProject).Select(g => $"{g.GroupKey} {g.GroupId} {CanonicalJson.Format(g.PropertiesJson)}").Order(StringComparer.Ordinal)];

    private static List<string> Rows(MixpanelSimulator simulator) =>
        [.. Assert.Single(simulator.LookupTables(ForwardWorld.RemoteProject)).RowsJson.Order(StringComparer.Ordinal)];

    private static List<string> IdsOfCluster(MixpanelSimulator simulator) =>
        [.. Assert.Single(simulator.Clusters(ForwardWorld.RemoteProject)).Ids.OrderBy(i => i.Length).ThenBy(i => i, StringComparer.Ordinal)];
}
