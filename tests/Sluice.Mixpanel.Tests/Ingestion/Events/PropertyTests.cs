using System.Text.Json;
using Sluice.Mixpanel.Ingestion;

namespace Sluice.Mixpanel.Tests.Ingestion.Events;

/// <summary>What is kept of an event's properties.</summary>
public sealed class PropertyTests
{
    [Fact]
    public void What_the_server_adds_or_never_keeps_is_left_out()
    {
        Assert.Equal(
            """{"$insert_id":"i","bucket":"b","$time":5}""",
            Kept(
                """
                {"token":"T","time":1767225600,"ip":"1.2.3.4","$insert_id":"i","bucket":"b","$time":5,"$import":true,
                "$mp_api_endpoint":"api.mixpanel.com","$mp_api_timestamp_ms":1,"mp_processing_time_ms":2,"$mp_event_size":3,"$ignore":false}
                """));
    }

    [Theory]
    [InlineData("""{"token":"T", "a" : [ 1 , {"b" : null } ] , "c" :true}""", """{"a":[1,{"b":null}],"c":true}""")]
    [InlineData("""{"token":"T","a":1,"a":2}""", """{"a":2}""")]
    [InlineData("""{"token":"T","a":1,"b":3,"\u0061":2}""", """{"a":2,"b":3}""")]
    [InlineData("""{"token":"T","o":{"a":1,"b":{"x":1,"x":2},"a":3}}""", """{"o":{"a":3,"b":{"x":2}}}""")]
    [InlineData("""{"token":"T","o":[{"a":1,"a":2},{"a":3}]}""", """{"o":[{"a":2},{"a":3}]}""")]
    [InlineData("""{"token":"T","a":"\u0041\/\u00e9\ud83d\ude00\"\\\n"}""", """{"a":"A/é😀\"\\\n"}""")]
    [InlineData("""{"\u0074oken":"T","a":{},"b":[],"c":""}""", """{"a":{},"b":[],"c":""}""")]
    [InlineData("""{"token":"T","n":-0.10e-5,"m":123456789012345678}""", """{"n":-0.10e-5,"m":123456789012345678}""")]
    public void Properties_are_one_compact_object_with_each_name_once(string sent, string kept)
    {
        Assert.Equal(kept, Kept(sent));
    }

    [Fact]
    public void Of_a_key_of_the_event_the_last_value_wins()
    {
        var parsed = Parsed.Of(
            """{"event":"a","properties":{"token":"X","x":1},"event":"b","properties":{"token":"T","y":2},"other":[{}]}""", Parsed.Track);

        Assert.Equal(("b", "T", """{"y":2}"""), (parsed.Event.Name, parsed.Event.Token, parsed.Properties[0]));
    }

    [Theory]
    [InlineData(255, 0)]
    [InlineData(256, 1)]
    public void Long_texts_and_names_are_cut_at_255_characters(int length, int cut)
    {
        var text = new string('é', length);
        var parsed = Parsed.Of($$"""{"event":"e","properties":{"token":"T","{{text}}":"{{text}}"} }""", Parsed.Track);

        var kept = new string('é', 255);
        Assert.Equal($$"""{"{{kept}}":"{{kept}}"}""", parsed.Properties[0]);
        Assert.Equal((2 * cut, 2 * cut), (parsed.Truncated, parsed.Event.Truncated));
    }

    [Fact]
    public void A_character_is_never_cut_in_two()
    {
        var smile = string.Concat(Enumerable.Repeat("😀", 128));
        var lines = string.Concat(Enumerable.Repeat("\\n", 256));
        var bells = string.Concat(Enumerable.Repeat("\\u0007", 256));

        using var kept = JsonDocument.Parse(Kept($$"""{"token":"T","s":"{{smile}}","x":"x{{smile}}","l":"{{lines}}","b":"{{bells}}"}"""));

        Assert.Equal(smile[..254], kept.RootElement.GetProperty("s").GetString());
        Assert.Equal("x" + smile[..254], kept.RootElement.GetProperty("x").GetString());
        Assert.Equal(new string('\n', 255), kept.RootElement.GetProperty("l").GetString());
        Assert.Equal(new string('\a', 255), kept.RootElement.GetProperty("b").GetString());
    }

    [Fact]
    public void Names_that_are_cut_to_the_same_are_one()
    {
        var name = new string('n', 255);

        Assert.Equal($$"""{"{{name}}":2}""", Kept($$"""{"token":"T","{{name}}1":1,"{{name}}2":2}"""));
    }

    [Fact]
    public void A_long_name_of_an_event_is_cut()
    {
        Assert.Equal(new string('n', 255), Parsed.Of(Parsed.TrackEvent("", new string('n', 300)), Parsed.Track).Event.Name);
    }

    [Fact]
    public void Texts_inside_lists_and_objects_stay_whole()
    {
        var text = new string('x', 300);

        Assert.Equal($$"""{"a":["{{text}}",{"{{text}}":"{{text}}"}]}""", Kept($$"""{"token":"T","a":["{{text}}",{"{{text}}":"{{text}}"}]}"""));
    }

    public static TheoryData<string, bool> Containers => new()
    {
        { "[[[1]]]", true },
        { "[[[[1]]]]", false },
        { """{"a":{"b":{"c":1}}}""", true },
        { """{"a":{"b":{"c":{}}}}""", false },
        { """[{"a":[1]}]""", true },
        { Numbers(255), true },
        { Numbers(256), false },
        { Keys(255), true },
        { Keys(256), false },
        { "[1e400]", false },
        { $"[\"{new string('x', (8 * 1024) - 4)}\"]", true },
        { $"[\"{new string('x', (8 * 1024) - 3)}\"]", false },
        { "1e308", true },
        { "1e309", false },
        { "-1e309", false },
        { "1e-400", false },
        { new string('9', 401), false },
    };

    [Theory]
    [MemberData(nameof(Containers))]
    public void A_value_over_its_limit_fails_the_event(string value, bool isTaken)
    {
        var parsed = Parsed.Of($$"""{"event":"e","properties":{"token":"T","before":1,"v":{{value}} } }""", Parsed.Track);

        Assert.Equal(isTaken ? 0 : 1, parsed.Failed.Count);
        Assert.All(parsed.Failed, record => Assert.Equal("properties.v", record.Field));
        Assert.All(parsed.Properties, kept => Assert.Equal($$"""{"before":1,"v":{{value}}}""", kept));
    }

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void An_event_may_have_255_properties(int count, bool isTaken)
    {
        var parsed = Parsed.Of(Parsed.TrackEvent(Keys(count)[1..^1]), Parsed.Track);

        Assert.Equal(isTaken ? 0 : 1, parsed.Failed.Count);
        Assert.All(parsed.Failed, record => Assert.Equal("properties", record.Field));
    }

    [Fact]
    public void Limits_can_be_others()
    {
        var options = Parsed.Track with { Limits = IngestionLimits.Events with { MaxTextCharacters = 3, MaxDepth = 0, MaxProperties = 2 } };

        Assert.Equal("""{"a":"xyz"}""", Parsed.Of(Parsed.TrackEvent("\"a\":\"xyz123\""), options).Properties[0]);
        Assert.Single(Parsed.Of(Parsed.TrackEvent("\"a\":[]"), options).Failed);
        Assert.Single(Parsed.Of(Parsed.TrackEvent(Keys(3)[1..^1]), options).Failed);
    }

    private static string Numbers(int count) => $"[{string.Join(',', Enumerable.Range(0, count))}]";

    private static string Keys(int count) => $"{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":{i}"))}}}";

    private static string Kept(string properties) =>
        Assert.Single(Parsed.Of($$"""{"event":"e","properties":{{properties}}}""", Parsed.Track).Properties);
}
