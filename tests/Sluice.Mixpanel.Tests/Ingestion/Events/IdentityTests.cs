using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Events;

namespace Sluice.Mixpanel.Tests.Ingestion.Events;

public sealed class IdentityTests
{
    private static readonly EventParserOptions Original = Parsed.Import with { Identity = IdentityMode.Original };
    private static readonly EventParserOptions Legacy = Parsed.Import with { Identity = IdentityMode.Legacy };

    [Theory]
    [InlineData("""{"$user_id":"u","$device_id":"d","distinct_id":"x"}""", "u", "d", "u")]
    [InlineData("""{"$user_id":"u"}""", "u", null, "u")]
    [InlineData("""{"$device_id":"d"}""", "$device:d", "d", null)]
    [InlineData("""{"$device_id":"$device:d"}""", "$device:d", "d", null)]
    [InlineData("""{"$device_id":"$device:$device:d"}""", "$device:$device:d", "$device:d", null)]
    [InlineData("""{"$device_id":"d","distinct_id":"x"}""", "$device:d", "d", null)]
    [InlineData("""{"distinct_id":"$device:d"}""", "$device:d", "d", null)]
    [InlineData("""{"distinct_id":"x"}""", "x", null, "x")]
    [InlineData("""{"distinct_id":"x","$user_id":"","$device_id":null}""", "x", null, "x")]
    [InlineData("""{"$user_id":5,"$device_id":6}""", "5", "6", "5")]
    [InlineData("""{"distinct_id":"Zoë \"Z\" \ud83d\ude00"}""", "Zoë \"Z\" 😀", null, "Zoë \"Z\" 😀")]
    [InlineData("""{"\u0024user_id":"\u0075","\u0024device\u005fid":"d","\u0064istinct_id":"x"}""", "u", "d", "u")]
    [InlineData("""{"distinct_id":""}""", "", null, null)]
    [InlineData("{}", "", null, null)]
    public void In_a_simplified_project_the_reserved_ids_decide(string ids, string distinctId, string? deviceId, string? userId)
    {
        var body = $$"""{"event":"e","properties":{"token":"T",{{ids[1..^1]}} } }""".Replace(", } }", "} }", StringComparison.Ordinal);
        var parsed = Parsed.Of(body, Parsed.Track);

        Assert.Equal((distinctId, deviceId, userId), (parsed.Event.DistinctId, parsed.Event.DeviceId, parsed.Event.UserId));
        using var properties = System.Text.Json.JsonDocument.Parse(parsed.Properties[0]);
        string? Stored(string name) => properties.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
        Assert.Equal(distinctId.Length == 0 ? null : distinctId, Stored("distinct_id"));
        Assert.Equal((deviceId, userId), (Stored("$device_id"), Stored("$user_id")));
    }

    [Theory]
    [InlineData(IdentityMode.Original)]
    [InlineData(IdentityMode.Legacy)]
    public void In_other_projects_they_are_properties_like_any_other(IdentityMode mode)
    {
        var options = Parsed.Import with { Identity = mode };
        var parsed = Parsed.Of(Parsed.ImportEvent("\"$user_id\":\"null\",\"$device_id\":\"$device:d\""), options);

        Assert.Equal(("u", null, null), (parsed.Event.DistinctId, parsed.Event.DeviceId, parsed.Event.UserId));
        Assert.Equal("""{"distinct_id":"u","$insert_id":"i-1","$user_id":"null","$device_id":"$device:d"}""", parsed.Properties[0]);
        Assert.Equal("properties.distinct_id", Parsed.Of(
            """{"event":"e","properties":{"time":1767225600,"$insert_id":"i","$device_id":"d","$user_id":"u"}}""", options).Failure.Field);
    }

    [Theory]
    [InlineData("""{"distinct_id":"$device:"}""")]
    [InlineData("""{"$device_id":"$device:"}""")]
    public void A_device_without_an_id_is_refused(string ids)
    {
        var body = $$"""{"event":"e","properties":{"time":1767225600,"$insert_id":"i",{{ids[1..^1]}} } }""";

        Assert.Single(Parsed.Of(body, Parsed.Import).Failed);
    }

    [Theory]
    [InlineData("$identify")]
    [InlineData("$create_alias")]
    [InlineData("$merge")]
    public void An_identity_event_refuses_an_import_of_a_simplified_project_whole(string verb)
    {
        var failure = Parsed.FailureOf($"[{Parsed.ImportEvent("")},{Parsed.ImportEvent("", verb)}]", Parsed.Import);

        Assert.Equal((BodyFailureKind.IdentityEvents, 400), (failure.Kind, failure.StatusCode));
        Assert.Equal("identity events are not allowed when project is using simplified identity management", failure.Message);
    }

    [Fact]
    public void The_browsers_identity_event_does_not_cost_the_other_events_of_its_batch()
    {
        var parsed = Parsed.Of($"[{Parsed.TrackEvent("")},{Parsed.TrackEvent("", "$identify")}]", Parsed.Track);

        Assert.Equal(0, parsed.Event.Index);
        Assert.Equal((1, 0), (parsed.IdentityIgnored, parsed.Failed.Count));
    }

    [Theory]
    [InlineData("""{"$identified_id":"u-1","$anon_id":"a"}""", "u-1", "u-1", "a")]
    [InlineData("""{"$identified_id":"u-1","$anon_id":"a","distinct_id":"d"}""", "d", "u-1", "a")]
    [InlineData("""{"distinct_id":"u-1","$anon_distinct_id":"a"}""", "u-1", "u-1", "a")]
    public void Identify_joins_an_anonymous_id(string properties, string distinctId, string id, string otherId)
    {
        foreach (var rules in new[] { EventRules.Import, EventRules.Track })
        {
            var item = Parsed.Of(Verb("$identify", properties), Original with { Rules = rules }).Event;

            Assert.Equal((EventKind.Identify, distinctId, id, otherId), (item.Kind, item.DistinctId, item.Id, item.OtherId));
        }
    }

    [Fact]
    public void An_alias_joins_in_legacy_projects_too()
    {
        foreach (var options in new[] { Original, Legacy })
        {
            var item = Parsed.Of(Verb("$create_alias", """{"distinct_id":"u-1","alias":"a"}"""), options).Event;

            Assert.Equal((EventKind.CreateAlias, "u-1", "u-1", "a"), (item.Kind, item.DistinctId, item.Id, item.OtherId));
        }
    }

    [Fact]
    public void Merge_joins_two_ids()
    {
        var parsed = Parsed.Of("""[{"event":"$merge","properties":{"$distinct_ids":["u-1", "u-7"],"token":"TKN"}}]""", Original);

        var item = parsed.Event;
        Assert.Equal((EventKind.Merge, "u-1", "u-1", "u-7"), (item.Kind, item.DistinctId, item.Id, item.OtherId));
        Assert.Equal("""{"distinct_id":"u-1","$distinct_ids":["u-1","u-7"]}""", parsed.Properties[0]);
    }

    [Theory]
    [InlineData("$identify", """{"$identified_id":"u-1"}""", "properties.$anon_id")]
    [InlineData("$identify", """{"$anon_id":"a"}""", "properties.$identified_id")]
    [InlineData("$identify", """{"$identified_id":"u-1","$anon_id":"undefined"}""", "properties.$anon_id")]
    [InlineData("$create_alias", """{"distinct_id":"u-1"}""", "properties.alias")]
    [InlineData("$create_alias", """{"alias":"a"}""", "properties.distinct_id")]
    [InlineData("$merge", "{}", "properties.$distinct_ids")]
    [InlineData("$merge", """{"$distinct_ids":"u"}""", "properties.$distinct_ids")]
    [InlineData("$merge", """{"$distinct_ids":[]}""", "properties.$distinct_ids")]
    [InlineData("$merge", """{"$distinct_ids":["a"]}""", "properties.$distinct_ids")]
    [InlineData("$merge", """{"$distinct_ids":["a","b","c"]}""", "properties.$distinct_ids")]
    [InlineData("$merge", """{"$distinct_ids":["a",5]}""", "properties.$distinct_ids")]
    [InlineData("$merge", """{"$distinct_ids":["a",""]}""", "properties.$distinct_ids")]
    public void An_identity_event_without_its_ids_fails(string verb, string properties, string field)
    {
        Assert.Equal(field, Parsed.Of(Verb(verb, properties), Original).Failure.Field);
    }

    [Fact]
    public void Merge_needs_more_than_a_token()
    {
        var body = Verb("$merge", """{"$distinct_ids":["a","b"]}""");

        Assert.Equal("event", Parsed.Of(body, Original with { Rules = EventRules.Track }).Failure.Field);
    }

    [Fact]
    public void With_merging_off_other_verbs_say_nothing()
    {
        var parsed = Parsed.Of($"[{Parsed.ImportEvent("", "$identify")},{Parsed.ImportEvent("", "$merge")}]", Legacy);

        Assert.Equal([EventKind.Ordinary, EventKind.Ordinary], parsed.Events.Select(item => item.Kind));
    }

    private static string Verb(string verb, string properties) =>
        $$"""{"event":"{{verb}}","properties":{"token":"TKN"{{(properties == "{}" ? "" : ",")}}{{properties[1..^1]}} } }""";
}
