using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class EngageTests : IAsyncLifetime
{
    private MixpanelHarness _mixpanel = null!;

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelHarness.StartAsync(new MixpanelProject { Identity = MixpanelIdentityMode.Original });

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Theory]
    [InlineData("""{}""", """ "$set":{"a":1,"b":"x"}""", """{"a":1,"b":"x"}""")]
    [InlineData("""{"a":1,"c":true}""", """ "$set":{"a":{"k":[1]},"b":null}""", """{"a":{"k":[1]},"c":true,"b":null}""")]
    [InlineData("""{"a":1}""", """ "$set_once":{"a":2,"b":3}""", """{"a":1,"b":3}""")]
    [InlineData("""{"a":null}""", """ "$set_once":{"a":2}""", """{"a":null}""")]
    [InlineData("""{"a":1}""", """ "$add":{"a":2,"b":-5}""", """{"a":3,"b":-5}""")]
    [InlineData("""{"a":1.5}""", """ "$add":{"a":2}""", """{"a":3.5}""")]
    [InlineData("""{"a":9223372036854775807}""", """ "$add":{"a":1}""", """{"a":9.223372036854776E+18}""")]
    [InlineData("""{"a":"x"}""", """ "$add":{"a":2}""", """{"a":"x"}""")]
    [InlineData("""{"a":["x"]}""", """ "$append":{"a":"x","b":{"k":1}}""", """{"a":["x","x"],"b":[{"k":1}]}""")]
    [InlineData("""{"a":"x"}""", """ "$append":{"a":"y"}""", """{"a":"x"}""")]
    [InlineData("""{"a":["x"]}""", """ "$union":{"a":["x","y","y"],"b":[1,1.0,2],"c":"one"}""", """{"a":["x","y"],"b":[1,2],"c":["one"]}""")]
    [InlineData("""{"a":["x","y","x"]}""", """ "$remove":{"a":"x","b":"y"}""", """{"a":["y"]}""")]
    [InlineData("""{"a":1,"b":2}""", """ "$unset":["a","z"]""", """{"b":2}""")]
    [InlineData("""{"a":1}""", """ "$unset":["a"],"$set":{"a":5,"c":1},"$add":{"c":1}""", """{"c":2}""")]
    public async Task Operations_change_the_stored_profile(string before, string operation, string after)
    {
        await _mixpanel.PostAsync("/engage?ip=0", Update($"\"$set\":{before}"));

        (await _mixpanel.PostAsync("/engage?ip=0", Update(operation))).Is(200, "1");

        Assert.Equal(after, Assert.Single(_mixpanel.Simulator.Profiles(MixpanelHarness.Project)).PropertiesJson);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"null\"")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task Delete_removes_the_profile_whatever_its_value(string value)
    {
        await _mixpanel.PostAsync("/engage", Update(""" "$set":{"a":1}"""));

        Assert.Equal("1", (await _mixpanel.PostAsync("/engage", Update($"\"$delete\":{value}"))).Text);

        Assert.Empty(_mixpanel.Simulator.Profiles(MixpanelHarness.Project));
    }

    [Theory]
    [InlineData("""{"$distinct_id":"u","$set":{}}""", "'$token' must not be missing or blank")]
    [InlineData("""{"$token":"simulator-token","$set":{}}""", "'$distinct_id' must not be missing or blank")]
    [InlineData("""{"$token":"simulator-token","$distinct_id":"u"}""", "update has no operation")]
    [InlineData("""{"$token":"simulator-token","$distinct_id":"u","$set":[]}""", "'$set' is invalid: must be an object")]
    [InlineData("""{"$token":"simulator-token","$distinct_id":"u","$set_once":1}""", "'$set_once' is invalid: must be an object")]
    [InlineData("""{"$token":"simulator-token","$distinct_id":"u","$add":{"a":"1"}}""", "'$add' is invalid: values must be numbers")]
    [InlineData("""{"$token":"simulator-token","$distinct_id":"u","$union":{"a":[]}}""", "'$union' is invalid: values must be lists of strings or numbers")]
    [InlineData("""{"$token":"simulator-token","$distinct_id":"u","$union":{"a":[{}]}}""", "'$union' is invalid: values must be lists of strings or numbers")]
    [InlineData("""{"$token":"simulator-token","$distinct_id":"u","$unset":[]}""", "'$unset' is invalid: must be a list of at least one name")]
    [InlineData("""{"$token":"simulator-token","$distinct_id":"u","$unset":{"a":1}}""", "'$unset' is invalid: must be a list of at least one name")]
    [InlineData("""{"$token":"simulator-token","$distinct_id":"u","$set":{"a":"\udc00"}}""", "$set.a is invalid: string should be valid utf8")]
    [InlineData("7", "update must be a JSON object")]
    public async Task Bad_updates_are_answered_with_200_and_a_zero(string update, string message)
    {
        (await _mixpanel.PostAsync("/engage", update)).Is(200, "0");
        (await _mixpanel.PostAsync("/engage?verbose=1", $"[{update}]")).Is(200, $$"""{"status":0,"error":"{{message}}"}""");
        Assert.Empty(_mixpanel.Simulator.Profiles(MixpanelHarness.Project));
    }

    [Fact]
    public async Task Strict_names_each_bad_update_and_the_good_ones_take_effect()
    {
        var batch = $$"""[{{Update(""" "$set":{"a":1}""")}},{{Update(""" "$add":{"a":"x"}""")}}]""";

        (await _mixpanel.PostAsync("/engage", batch)).Is(200, "1");
        (await _mixpanel.PostAsync("/engage?strict=1", batch)).Is(
            200,
            """{"status":0,"error":"some data points in the request failed validation","num_good_events":1,"failed_records":[{"index":1,"id":"u-1","field":"$add","message":"'$add' is invalid: values must be numbers"}]}""");
        (await _mixpanel.PostAsync("/engage?strict=1", Update(""" "$set":{"a":1}"""))).Is(200, """{"status":1,"error":"","num_good_events":1}""");
        (await _mixpanel.PostAsync("/engage?verbose=2", batch)).Is(200, """{"status":1,"error":"","num_good_events":1}""");
        Assert.Equal(1, _mixpanel.Profile("u-1").GetProperty("a").GetInt32());
    }

    [Fact]
    public async Task Forms_and_queries_are_taken_and_gzip_is_not()
    {
        var update = Update(""" "$add":{"n":1}""");

        Assert.Equal("1", (await _mixpanel.PostAsync("/engage", $"data={Uri.EscapeDataString(update)}", "application/x-www-form-urlencoded")).Text);
        Assert.Equal("1", (await _mixpanel.GetAsync($"/engage?data={Uri.EscapeDataString(update)}")).Text);
        Assert.Equal("1", (await _mixpanel.PostAsync("/engage/", $"[{update}]")).Text);
        (await _mixpanel.SendAsync("POST", "/engage?verbose=1", MixpanelHarness.Gzip(update), "application/json", encoding: "gzip"))
            .Is(200, """{"status":0,"error":"content encoding gzip is not supported"}""");
        Assert.Equal(3, _mixpanel.Profile("u-1").GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task Last_seen_moves_unless_it_is_told_not_to()
    {
        string? Seen(string id) => _mixpanel.Profile(id).TryGetProperty("$last_seen", out var seen) ? seen.GetString() : null;
        string Of(string id, string more) => $$"""{"$token":"simulator-token","$distinct_id":"{{id}}","$set":{"a":1}{{more}}}""";

        await _mixpanel.PostAsync("/engage", $$"""[{{Of("a", "")}},{{Of("b", ""","$ignore_time":true""")}},{{Of("c", ""","$ignore_time":"true" """)}},{{Of("d", ""","$time":1767225600""")}}]""");

        Assert.Equal(("2026-03-02T09:00:00", null, null, "2026-01-01T00:00:00"), (Seen("a"), Seen("b"), Seen("c"), Seen("d")));
        _mixpanel.Clock.Advance(TimeSpan.FromMinutes(1));
        await _mixpanel.PostAsync("/engage", $$"""[{{Of("a", ""","$ignore_time":true""")}},{{Of("b", "")}}]""");
        Assert.Equal(("2026-03-02T09:00:00", "2026-03-02T09:01:00"), (Seen("a"), Seen("b")));
    }

    [Theory]
    [InlineData("", "", "Ashburn", null)]
    [InlineData("?ip=1", "", "Ashburn", null)]
    [InlineData("?ip=0", "", null, null)]
    [InlineData("", ""","$ip":"0" """, null, null)]
    [InlineData("?ip=0", ""","$ip":"203.0.113.7" """, "Lyon", null)]
    [InlineData("?ip=0", ""","$ip":"203.0.113.7","$latitude":37.5,"$longitude":127.0""", "Seoul", "reverse_geocoding")]
    public async Task The_place_of_an_update_overwrites_the_profiles(string query, string more, string? city, string? source)
    {
        await _mixpanel.PostAsync("/engage" + query, $$"""{"$token":"simulator-token","$distinct_id":"u","$set":{"a":1}{{more}}}""");

        var profile = _mixpanel.Profile("u");
        Assert.Equal(city, profile.TryGetProperty("$city", out var found) ? found.GetString() : null);
        Assert.Equal(city is not null, profile.TryGetProperty("$country_code", out _));
        Assert.Equal(source, profile.TryGetProperty("$geo_source", out var told) ? told.GetString() : null);
        Assert.False(profile.TryGetProperty("$ip", out _));

        await _mixpanel.PostAsync("/engage", """{"$token":"simulator-token","$distinct_id":"u","$ip":"192.0.2.7","$set":{"$city":"Busan"}}""");
        Assert.Equal("Busan", _mixpanel.Profile("u").GetProperty("$city").GetString());
    }

    [Fact]
    public async Task A_profile_has_bounds()
    {
        await using var small = await MixpanelHarness.StartAsync(limits: new MixpanelLimits { MaxProfileProperties = 3, MaxProfileValueBytes = 20 });
        string Set(string properties) => $$$"""{"$token":"simulator-token","$distinct_id":"u","$ignore_time":true,"$set":{{{{properties}}}}}""";

        Assert.Equal("1", (await small.PostAsync("/engage?ip=0", Set(""" "a":1,"b":2,"c":3"""))).Text);
        (await small.PostAsync("/engage?ip=0&verbose=1", Set(""" "a":9,"d":4""")))
            .Is(200, """{"status":0,"error":"a profile must not have more than 3 properties"}""");
        (await small.PostAsync("/engage?ip=0&verbose=1", Set(""" "a":["0123456789","0123456789"]""")))
            .Is(200, """{"status":0,"error":"'a' must not exceed 20 bytes"}""");

        Assert.Equal("""{"a":1,"b":2,"c":3}""", small.Profile("u").GetRawText());
    }

    [Fact]
    public async Task Texts_of_a_profile_are_cut_by_bytes()
    {
        await _mixpanel.PostAsync("/engage", Update($$""" "$set":{"a":"{{new string('é', 200)}}"}"""));

        Assert.Equal(new string('é', 127), _mixpanel.Profile("u-1").GetProperty("a").GetString());
    }

    [Fact]
    public async Task Profiles_of_merged_ids_are_one_and_ignore_alias_looks_past_that()
    {
        await _mixpanel.PostAsync("/engage?ip=0", $$"""[{{Update(""" "$set":{"a":1,"b":1}""")}},{{Update(""" "$set":{"b":2,"c":2}""", "alias")}}]""");
        await _mixpanel.PostAsync("/track", """{"event":"$create_alias","properties":{"token":"simulator-token","distinct_id":"u-1","alias":"alias"}}""");

        Assert.Equal("""{"a":1,"b":1,"c":2}""", Assert.Single(_mixpanel.Simulator.Profiles(MixpanelHarness.Project)).PropertiesJson);
        await _mixpanel.PostAsync("/engage?ip=0", Update(""" "$set":{"d":4}""", "alias"));
        await _mixpanel.PostAsync("/engage?ip=0", Update(""" "$ignore_alias":true,"$set":{"own":1}""", "alias"));

        Assert.Equal(4, _mixpanel.Profile("u-1").GetProperty("d").GetInt32());
        Assert.Equal("""{"own":1}""", _mixpanel.Profile("alias").GetRawText());
        await _mixpanel.PostAsync("/engage", Update(""" "$ignore_alias":"true","$delete":"" """, "alias"));
        Assert.Equal(["u-1"], _mixpanel.Simulator.Profiles(MixpanelHarness.Project).Select(profile => profile.DistinctId));
    }

    private static string Update(string operation, string id = "u-1") =>
        $$"""{"$token":"simulator-token","$distinct_id":"{{id}}","$ignore_time":true,{{operation}}}""";
}
