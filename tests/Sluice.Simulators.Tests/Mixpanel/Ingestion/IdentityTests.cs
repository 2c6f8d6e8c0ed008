using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class IdentityTests
{
    private const string Anonymous = "3f0c8f2e-5f0b-4f53-9c1e-2f0a6b1c7d90";
    private const string OtherAnonymous = "3f0c8f2e-5f0b-4f53-8c1e-2f0a6b1c7d91";

    [Theory]
    [InlineData(""" "$user_id":"u","$device_id":"d","distinct_id":"x" """, "u", "u", "d")]
    [InlineData(""" "$device_id":"d","distinct_id":"x" """, "$device:d", null, "d")]
    [InlineData(""" "$device_id":"$device:d" """, "$device:d", null, "d")]
    [InlineData(""" "$device_id":"$device:$device:d" """, "$device:$device:d", null, "$device:d")]
    [InlineData(""" "distinct_id":"$device:d" """, "$device:d", null, "d")]
    [InlineData(""" "distinct_id":"x" """, "x", "x", null)]
    [InlineData(""" "distinct_id":"" """, "", null, null)]
    [InlineData(""" "$user_id":"","$device_id":"","distinct_id":"x" """, "x", "x", "")]
    public async Task Simplified_resolves_ids_in_order(string ids, string distinctId, string? user, string? device)
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();

        Assert.Equal("1", (await TrackAsync(mixpanel, "e", ids)).Text);

        var stored = Assert.Single(mixpanel.Events);
        var properties = MixpanelHarness.Properties(stored);
        Assert.Equal(distinctId, stored.DistinctId);
        Assert.Equal(user, properties.TryGetProperty("$user_id", out var userId) && userId.GetString() is { Length: > 0 } text ? text : null);
        Assert.Equal(device, properties.TryGetProperty("$device_id", out var deviceId) ? deviceId.GetString() : null);
    }

    [Fact]
    public async Task Simplified_links_a_device_to_the_first_user_that_it_is_seen_with()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        await TrackAsync(mixpanel, "before", """ "$device_id":"d" """);
        await TrackAsync(mixpanel, "login", """ "$device_id":"d","$user_id":"u" """);
        await TrackAsync(mixpanel, "other", """ "$device_id":"d","$user_id":"v" """);
        await TrackAsync(mixpanel, "after", """ "$device_id":"d" """);
        await TrackAsync(mixpanel, "second", """ "$device_id":"e","$user_id":"u" """);

        Assert.Equal(["$device:d", "u", "v", "$device:d", "u"], mixpanel.Events.Select(stored => stored.DistinctId));
        var shown = mixpanel.Simulator.QueryEvents(MixpanelHarness.Project);
        Assert.Equal(["u", "u", "v", "u", "u"], shown.Select(stored => stored.DistinctId));
        var moved = MixpanelHarness.Properties(shown[0]);
        Assert.Equal(
            ("u", "$device:d", true),
            (moved.GetProperty("distinct_id").GetString(), moved.GetProperty("$distinct_id_before_identity").GetString(), moved.GetProperty("$is_reshuffled").GetBoolean()));
        Assert.False(MixpanelHarness.Properties(shown[1]).TryGetProperty("$is_reshuffled", out _));
        Assert.True(MixpanelHarness.Properties(mixpanel.Events[2]).TryGetProperty("$identity_failure_reason", out _));
        var cluster = Assert.Single(mixpanel.Simulator.Clusters(MixpanelHarness.Project));
        Assert.Equal(("u", "u,$device:d,$device:e"), (cluster.CanonicalId, string.Join(',', cluster.Ids)));
    }

    [Fact]
    public async Task Simplified_leaves_a_devices_profile_behind()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        const string Update = """{"$token":"simulator-token","$distinct_id":"$device:d","$set":{"a":1}}""";
        await mixpanel.PostAsync("/engage", Update);
        await TrackAsync(mixpanel, "login", """ "$device_id":"d","$user_id":"u" """);
        await mixpanel.PostAsync("/engage", Update);

        Assert.Equal(["$device:d"], mixpanel.Simulator.Profiles(MixpanelHarness.Project).Select(profile => profile.DistinctId));
    }

    [Theory]
    [InlineData("$identify")]
    [InlineData("$create_alias")]
    [InlineData("$merge")]
    public async Task Simplified_refuses_a_batch_with_an_identity_event_whole(string verb)
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();

        var answer = await mixpanel.ImportAsync($"[{mixpanel.Event()},{mixpanel.Event(name: verb, insertId: "i-2")}]");

        answer.Is(400, """{"code":400,"error":"some data points in the request failed validation","status":"Bad Request","num_records_imported":0,"failed_records":["identity events are not allowed when project is using simplified identity management"]}""");
        Assert.Empty(mixpanel.Events);
        Assert.Equal("1", (await TrackAsync(mixpanel, verb, """ "distinct_id":"u" """)).Text);
        Assert.Empty(mixpanel.Events);
    }

    [Theory]
    [InlineData(MixpanelIdentityMode.Simplified, 200)]
    [InlineData(MixpanelIdentityMode.Original, 400)]
    [InlineData(MixpanelIdentityMode.Legacy, 400)]
    public async Task An_event_without_distinct_id_tells_the_mode(MixpanelIdentityMode mode, int status)
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(new MixpanelProject { Identity = mode });

        var answer = await mixpanel.ImportAsync(
            $$$"""[{"event":"e","properties":{"time":{{{mixpanel.Now}}},"$device_id":"d","$user_id":"u","$insert_id":"i"}}]""");

        Assert.Equal(status, answer.Status);
        if (status == 400)
        {
            Assert.Equal("'properties.distinct_id' is invalid: must not be missing", answer.Failed[0].GetProperty("message").GetString());
        }
    }

    [Fact]
    public async Task Original_identifies_a_random_uuid_once()
    {
        await using var mixpanel = await OriginalAsync();
        await TrackAsync(mixpanel, "seen", $"\"distinct_id\":\"{Anonymous}\"");
        await TrackAsync(mixpanel, "$identify", $""" "$identified_id":"u","$anon_id":"{Anonymous}" """);
        await TrackAsync(mixpanel, "$identify", $""" "$identified_id":"u","$anon_id":"{Anonymous}" """);
        await TrackAsync(mixpanel, "$identify", $""" "$identified_id":"v","$anon_id":"{Anonymous}" """);
        await TrackAsync(mixpanel, "$identify", """ "$identified_id":"v","$anon_id":"not-a-uuid" """);
        await TrackAsync(mixpanel, "$identify", """ "$identified_id":"v","$anon_id":"3f0c8f2e-5f0b-1f53-9c1e-2f0a6b1c7d90" """);
        await TrackAsync(mixpanel, "$identify", $""" "$identified_id":"u","$anon_id":"{OtherAnonymous}" """);

        Assert.Equal(
            [null, null, null, "anon_id_already_identified", "anon_id_not_uuid_v4", "anon_id_not_uuid_v4", null],
            mixpanel.Events.Select(Reason));
        var cluster = Assert.Single(mixpanel.Simulator.Clusters(MixpanelHarness.Project));
        Assert.Equal((Anonymous, 3), (cluster.CanonicalId, cluster.Ids.Count));
        Assert.Contains("u", cluster.Ids);
        Assert.Equal("u", mixpanel.Events[1].DistinctId);
        Assert.All(mixpanel.Simulator.QueryEvents(MixpanelHarness.Project).Take(3), stored => Assert.Equal(Anonymous, stored.DistinctId));
    }

    [Fact]
    public async Task Original_takes_chains_of_aliases_and_one_owner_for_each()
    {
        await using var mixpanel = await OriginalAsync();
        await TrackAsync(mixpanel, "$create_alias", """ "distinct_id":"u","alias":"a" """);
        await TrackAsync(mixpanel, "$create_alias", """ "distinct_id":"u","alias":"b" """);
        await TrackAsync(mixpanel, "$create_alias", """ "distinct_id":"b","alias":"c" """);
        await TrackAsync(mixpanel, "$create_alias", """ "distinct_id":"x","alias":"a" """);
        await TrackAsync(mixpanel, "$create_alias", """ "distinct_id":"x" """);

        Assert.Equal([null, null, null, "alias_already_used", "missing_id"], mixpanel.Events.Select(Reason));
        Assert.Equal("u,a,b,c", string.Join(',', Assert.Single(mixpanel.Simulator.Clusters(MixpanelHarness.Project)).Ids));
    }

    [Fact]
    public async Task Original_merges_any_two_ids_through_import_alone()
    {
        await using var mixpanel = await OriginalAsync();
        const string Pair = """{"event":"$merge","properties":{"$distinct_ids":["u","v"]}}""";

        // Neither time nor ids of its own: the official clients send none with it.
        var import = await mixpanel.ImportAsync($$$"""[{{{Pair}}},{"event":"$merge","properties":{"$distinct_ids":["u","v","w"]}}]""");
        await TrackAsync(mixpanel, "$merge", """ "$distinct_ids":["u","z"]""");

        import.Is(200, """{"code":200,"num_records_imported":2,"status":"OK"}""");
        Assert.Equal([null, "not_two_ids", "merge_not_authenticated"], mixpanel.Events.Select(Reason));
        Assert.Equal("u,v", string.Join(',', Assert.Single(mixpanel.Simulator.Clusters(MixpanelHarness.Project)).Ids));
    }

    [Fact]
    public async Task A_person_has_at_most_500_ids_and_going_over_is_not_refused()
    {
        await using var mixpanel = await OriginalAsync();
        string Merge(string left, string right) => $$$"""{"event":"$merge","properties":{"$distinct_ids":["{{{left}}}","{{{right}}}"]}}""";

        await mixpanel.ImportAsync($"[{string.Join(',', Enumerable.Range(1, 499).Select(i => Merge("u", $"id-{i}")))}]");
        var over = await mixpanel.ImportAsync($"[{Merge("u", "late")},{Merge("late", "later")},{Merge("u", "id-7")}]");

        over.Is(200, """{"code":200,"num_records_imported":3,"status":"OK"}""");
        Assert.Equal(["cluster_too_large", null, null], mixpanel.Events.Skip(499).Select(Reason));
        Assert.True(MixpanelHarness.Properties(mixpanel.Events[499]).TryGetProperty("$failure_description", out _));
        Assert.Equal([500, 2], mixpanel.Simulator.Clusters(MixpanelHarness.Project).Select(cluster => cluster.Ids.Count));
    }

    [Fact]
    public async Task Original_leaves_device_and_user_properties_alone()
    {
        await using var mixpanel = await OriginalAsync();
        await TrackAsync(mixpanel, "e", """ "distinct_id":"x","$device_id":"$device:d","$user_id":"u" """);

        Assert.Equal("x", Assert.Single(mixpanel.Events).DistinctId);
        Assert.Equal("$device:d", MixpanelHarness.Properties(mixpanel.Events[0]).GetProperty("$device_id").GetString());
        Assert.Empty(mixpanel.Simulator.Clusters(MixpanelHarness.Project));
    }

    [Fact]
    public async Task Legacy_knows_aliases_alone()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(new MixpanelProject { Identity = MixpanelIdentityMode.Legacy });
        await TrackAsync(mixpanel, "$create_alias", """ "distinct_id":"u","alias":"a" """);
        await TrackAsync(mixpanel, "$identify", $""" "$identified_id":"u","$anon_id":"{Anonymous}" """);
        await mixpanel.ImportAsync("""[{"event":"$merge","properties":{"$distinct_ids":["u","v"]}}]""");

        Assert.Equal([null, "merge_disabled", "merge_disabled"], mixpanel.Events.Select(Reason));
        Assert.Equal("u,a", string.Join(',', Assert.Single(mixpanel.Simulator.Clusters(MixpanelHarness.Project)).Ids));
    }

    private static Task<MixpanelHarness> OriginalAsync() =>
        MixpanelHarness.StartAsync(new MixpanelProject { Identity = MixpanelIdentityMode.Original });

    private static Task<Answer> TrackAsync(MixpanelHarness mixpanel, string name, string ids) =>
        mixpanel.PostAsync("/track", $$$"""{"event":"{{{name}}}","properties":{"token":"simulator-token",{{{ids}}}}}""");

    private static string? Reason(MixpanelEventView stored) =>
        MixpanelHarness.Properties(stored).TryGetProperty("$failure_reason", out var reason) ? reason.GetString() : null;
}
