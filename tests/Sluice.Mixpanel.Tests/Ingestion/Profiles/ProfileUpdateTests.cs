using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Profiles;

namespace Sluice.Mixpanel.Tests.Ingestion.Profiles;

public sealed class ProfileUpdateTests
{
    [Fact]
    public void The_batch_of_the_reference_is_taken()
    {
        var updates = Updates.OfProfiles(
            """
            [{"$token":"TKN","$distinct_id":"u-1001","$ip":"0","$set":{"$email":"ana@example.org","plan":"pro"}},
             {"$token":"TKN","$distinct_id":"u-1001","$add":{"logins":1}},
             {"$token":"TKN","$distinct_id":"u-1001","$union":{"tags":["vip"]}},
             {"$token":"TKN","$distinct_id":"u-1001","$append":{"history":"2026-01-02"}},
             {"$token":"TKN","$distinct_id":"u-1001","$remove":{"tags":"trial"}},
             {"$token":"TKN","$distinct_id":"u-1001","$unset":["old_prop"]},
             {"$token":"TKN","$distinct_id":"u-9","$delete":"","$ignore_alias":true}]
            """);

        Assert.Empty(updates.Failed);
        Assert.Equal(
            [
                "Set $email \"ana@example.org\"", "Set plan \"pro\"", "Add logins 1", "Union tags [\"vip\"]", "Append history \"2026-01-02\"",
                "Remove tags \"trial\"", "Unset old_prop", "Delete",
            ],
            updates.Operations);
        Assert.Equal(Enumerable.Range(0, 7), updates.Accepted.Select(update => update.Index));
        Assert.Equal(("TKN", "u-1001", "0", false), Envelope(updates.Accepted[0]));
        Assert.Equal(("TKN", "u-9", null, true), Envelope(updates.Accepted[6]));
    }

    [Theory]
    [InlineData("-200000000000000")]
    [InlineData("-62135596800001")]
    [InlineData("253402300800000")]
    [InlineData("-1e15")]
    public void A_time_that_no_calendar_has_is_none(string time) =>
        Assert.Null(Updates.OfProfiles(Update($"\"$time\":{time},\"$set\":{{}}")).Update.TimeMs);

    [Fact]
    public void Operations_of_one_object_come_in_a_fixed_order()
    {
        var updates = Updates.OfProfiles(Update(
            """
            "$delete":null,"$unset":["h"],"$remove":{"g":1},"$union":{"f":[1]},"$append":{"e":[1]},"$add":{"d":1},"$set_once":{"c":1},
            "$set":{"b":1,"a":2}
            """));

        Assert.Equal(
            ["Set b 1", "Set a 2", "SetOnce c 1", "Add d 1", "Append e [1]", "Union f [1]", "Remove g 1", "Unset h", "Delete"], updates.Operations);
        Assert.Single(updates.Accepted);
    }

    [Theory]
    [InlineData("\"$ignore_time\":true,\"$ignore_alias\":\"true\"", true, true)]
    [InlineData("\"$ignore_time\":\"false\",\"$ignore_alias\":1", false, true)]
    [InlineData("\"$ignore_time\":null,\"$ignore_alias\":false", false, false)]
    public void A_yes_may_be_a_text(string keys, bool ignoreTime, bool ignoreAlias)
    {
        var update = Updates.OfProfiles(Update(keys + ",\"$set\":{}")).Update;

        Assert.Equal((ignoreTime, ignoreAlias), (update.IgnoreTime, update.IgnoreAlias));
        Assert.Empty(update.Operations);
    }

    [Fact]
    public void Time_address_and_place_are_beside_the_operations()
    {
        var update = Updates.OfProfiles(Update("\"$time\":1767225600,\"$ip\":0,\"$latitude\":48.1,\"$longitude\":\"-11.5\",\"$set\":{}")).Update;

        Assert.Equal((1767225600000, "0", 48.1, -11.5), (update.TimeMs, update.Ip, update.Latitude, update.Longitude));
        var without = Updates.OfProfiles(Update("\"$time\":\"x\",\"$latitude\":{},\"$set\":{}")).Update;
        Assert.Equal((null, null, null, null), (without.TimeMs, without.Ip, without.Latitude, without.Longitude));
    }

    [Theory]
    [InlineData("""{"$distinct_id":"u","$set":{}}""", "$token", "'$token' is invalid: must not be missing")]
    [InlineData("""{"$token":"","$distinct_id":"u","$set":{}}""", "$token", "'$token' is invalid: must not be missing")]
    [InlineData("""{"$token":"T","$set":{}}""", "$distinct_id", "'$distinct_id' is invalid: must not be missing")]
    [InlineData("""{"$token":"T","$distinct_id":null,"$set":{}}""", "$distinct_id", "'$distinct_id' is invalid: must not be missing")]
    [InlineData("""{"$token":"T","$distinct_id":["u"],"$set":{}}""", "$distinct_id", "'$distinct_id' is invalid: must be a string")]
    [InlineData("""{"$token":"T","$distinct_id":"u"}""", "", "the update must hold an operation like '$set'")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$set":[]}""", "$set", "'$set' is invalid: must be an object")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$set":null}""", "$set", "'$set' is invalid: must be an object")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$add":{"n":"1"}}""", "$add.n", "'$add.n' is invalid: must be a number")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$add":{"n":null}}""", "$add.n", "'$add.n' is invalid: must be a number")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$union":{"n":{}}}""", "$union.n", "'$union.n' is invalid: must be a list")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$union":{"n":null}}""", "$union.n", "'$union.n' is invalid: must be a list")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$unset":{"n":1}}""", "$unset", "'$unset' is invalid: must be a list of names")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$unset":["a",1]}""", "$unset", "'$unset' is invalid: must be a list of names")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$set":{"a":1e999}}""", "$set.a", "'$set.a' is invalid: a number must be within the range of a double")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$set":{"a":"\u0000"}}""", "", "string must not hold the character U+0000")]
    [InlineData("""{"$token":"T","$distinct_id":"u","$set":{"a":"\ud800"}}""", "", "string should be valid utf8")]
    [InlineData("5", "", "the record must be a JSON object")]
    public void A_bad_update_fails_alone(string update, string field, string message)
    {
        var updates = Updates.OfProfiles($"[{Update("\"$set\":{\"a\":1}")},{update},{Update("\"$set\":{\"b\":2}")}]");

        Assert.Equal((1, field, message), (updates.Failure.Index, updates.Failure.Field, updates.Failure.Message));
        Assert.Equal(update, Bodies.Text(updates.Failure.Payload));
        Assert.Equal(["Set a 1", "Set b 2"], updates.Operations);
    }

    [Theory]
    [InlineData("undefined")]
    [InlineData("Null")]
    [InlineData("0")]
    public void A_placeholder_of_an_id_is_refused(string id)
    {
        Assert.Equal("$distinct_id", Updates.OfProfiles($$"""{"$token":"T","$distinct_id":"{{id}}","$set":{} }""").Failure.Field);
    }

    [Theory]
    [InlineData("\"$union\":{\"a\":\"x\"}", "Union a [\"x\"]")]
    [InlineData("\"$union\":{\"a\":5}", "Union a [5]")]
    [InlineData("\"$union\":{\"a\":[]}", "Union a []")]
    [InlineData("\"$unset\":\"a\"", "Unset a")]
    [InlineData("\"$delete\":{}", "Delete")]
    [InlineData("\"$delete\":\"null\"", "Delete")]
    [InlineData("\"$set\":{\"a\":1,\"a\":2}", "Set a 2")]
    [InlineData("\"$set\":{\"a\":1},\"$set\":{\"a\":3}", "Set a 3")]
    [InlineData("\"$set\":{\"\\u00e9\":\"\\u00e9\"}", "Set é \"é\"")]
    [InlineData("\"$set\":{\"a\": { \"b\" : [ 1, {\"c\":1,\"c\":2} ] }}", "Set a {\"b\":[1,{\"c\":2}]}")]
    public void An_operation_may_be_written_in_many_ways(string operation, string expected)
    {
        Assert.Equal(expected, Assert.Single(Updates.OfProfiles(Update(operation)).Operations));
    }

    [Fact]
    public void Long_names_and_texts_are_cut()
    {
        var x = new string('x', 300);
        var updates = Updates.OfProfiles(Update($"\"$set\":{{\"{x}\":\"{x}\"}},\"$unset\":[\"{x}\"]"));

        Assert.Equal([$"Set {x[..255]} \"{x[..255]}\"", $"Unset {x[..255]}"], updates.Operations);
        Assert.Equal(3, updates.Truncated);
    }

    [Fact]
    public void Two_thousand_properties_are_taken_and_one_more_is_too_many()
    {
        string Set(int count) => Update($"\"$set\":{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":{i}"))}}}");

        Assert.Equal(2_000, Updates.OfProfiles(Set(2_000)).Operations.Count);
        Assert.Equal("$set", Updates.OfProfiles(Set(2_001)).Failure.Field);
    }

    [Fact]
    public void A_list_may_have_256_KB()
    {
        string List(int bytes) => Update($"\"$set\":{{\"l\":[{string.Join(',', Enumerable.Repeat("1", (bytes - 1) / 2))}]}}");

        Assert.Empty(Updates.OfProfiles(List(256 * 1024)).Failed);
        Assert.Equal("$set.l", Updates.OfProfiles(List((256 * 1024) + 2)).Failure.Field);
    }

    [Fact]
    public void Emoji_of_the_browser_SDK_are_characters()
    {
        var body = Bodies.Raw("""{"$token":"T","$distinct_id":"u","$set":{"a":"~ED~A0~BD~ED~B8~80"}}""");

        Assert.True(new ProfileUpdateParser().TryParse(body, out var batch, out _));
        using (batch)
        {
            Assert.Equal("\"😀\"", Bodies.Text(batch.Updates[0].Operations[0].Value));
        }
    }

    [Fact]
    public void A_body_that_is_no_JSON_is_refused_whole()
    {
        Assert.False(new ProfileUpdateParser().TryParse(Bodies.Utf8("hello"), out var batch, out var failure));
        Assert.Null(batch);
        Assert.Equal(BodyFailureKind.NotJson, failure.Kind);
    }

    private static (string Token, string DistinctId, string? Ip, bool IgnoreAlias) Envelope(ProfileUpdate update) =>
        (update.Token, update.DistinctId, update.Ip, update.IgnoreAlias);

    private static string Update(string operations) => $"{{\"$token\":\"T\",\"$distinct_id\":\"u\",{operations}}}";
}
