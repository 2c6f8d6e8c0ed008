using System.Globalization;

namespace Sluice.Mixpanel.Tests.Ingestion.Events;

/// <summary>The rules of <c>/track</c>.</summary>
public sealed class TrackTests
{
    [Fact]
    public void A_name_and_a_token_are_enough()
    {
        var item = Parsed.Of("""{"event":"e","properties":{"token":"TKN"}}""", Parsed.Track).Event;

        Assert.Equal(("e", "TKN", ""), (item.Name, item.Token, item.DistinctId));
        Assert.Equal((Bodies.NowMs, null), (item.TimeMs, item.SentTimeMs));
        Assert.Null(item.InsertId);
        Assert.Equal("{}", Parsed.Of("""{"event":"e","properties":{"token":"TKN"}}""", Parsed.Track).Properties[0]);
    }

    [Fact]
    public void An_event_without_a_token_fails()
    {
        var parsed = Parsed.Of("""[{"event":"e","properties":{"token":""}},{"event":"e"},{"event":"e","properties":{"token":"T"}}]""", Parsed.Track);

        Assert.Equal("T", parsed.Event.Token);
        Assert.Equal([0, 1], parsed.Failed.Select(record => record.Index));
        Assert.All(parsed.Failed, record => Assert.Equal("'properties.token' is invalid: must not be missing", record.Message));
    }

    [Fact]
    public void Each_event_says_its_token()
    {
        var parsed = Parsed.Of("""[{"event":"e","properties":{"token":"A"}},{"event":"e","properties":{"token":"B"}}]""", Parsed.Track);

        Assert.Equal(["A", "B"], parsed.Events.Select(item => item.Token));
    }

    [Theory]
    [InlineData("1767225600.123", 1767225600123)]
    [InlineData("\"1767225600\"", 1767225600000)]
    [InlineData("1767225600123", 1767225600123)]
    public void The_time_may_have_a_fraction_or_be_a_text(string time, long expected)
    {
        Assert.Equal(expected, Parsed.Of(Parsed.TrackEvent($"\"time\":{time}"), Parsed.Track).Event.TimeMs);
    }

    [Theory]
    [InlineData("\"yesterday\"")]
    [InlineData("0")]
    [InlineData("[]")]
    [InlineData("true")]
    public void A_time_that_cannot_be_one_fails(string time)
    {
        Assert.Equal("properties.time", Parsed.Of(Parsed.TrackEvent($"\"time\":{time}"), Parsed.Track).Failure.Field);
    }

    [Fact]
    public void A_time_ahead_becomes_now_and_an_old_one_is_counted()
    {
        string At(TimeSpan offset) => Parsed.TrackEvent($"\"time\":{(Bodies.Now + offset).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)}");
        var parsed = Parsed.Of(
            $"[{At(TimeSpan.FromDays(400))},{At(TimeSpan.FromDays(-5))},{At(TimeSpan.FromDays(-5) - TimeSpan.FromMilliseconds(1))}]", Parsed.Track);

        Assert.Equal(3, parsed.Events.Count);
        Assert.Equal(Bodies.NowMs, parsed.Events[0].TimeMs);
        Assert.Equal(1, parsed.Late);
        Assert.Equal(0, Parsed.Of(Parsed.ImportEvent(""), Parsed.Import).Late);
    }

    [Theory]
    [InlineData(3_600_000, true)]
    [InlineData(3_600_001, false)]
    [InlineData(40_000_000_000, false)]
    public void With_an_insert_id_a_time_may_be_an_hour_ahead_at_most(long aheadMs, bool isTaken)
    {
        var time = (Bodies.NowMs + aheadMs).ToString(CultureInfo.InvariantCulture);
        var parsed = Parsed.Of(Parsed.TrackEvent($"\"$insert_id\":\"i\",\"time\":{time}"), Parsed.Track);

        Assert.Equal(isTaken, parsed.Events.Count == 1);
        if (!isTaken)
        {
            Assert.Equal(("properties.time", "'properties.time' is invalid: must not be more than 60 minutes in the future"), (parsed.Failure.Field, parsed.Failure.Message));
        }
    }

    [Theory]
    [InlineData("undefined")]
    [InlineData("NULL")]
    [InlineData("0")]
    public void A_placeholder_of_an_id_is_nobody(string id)
    {
        var properties = $"\"distinct_id\":\"{id}\",\"$insert_id\":\"{id}\",\"$user_id\":\"{id}\"";
        var item = Parsed.Of(Parsed.TrackEvent(properties), Parsed.Track).Event;

        Assert.Equal("", item.DistinctId);
        Assert.Null(item.UserId);
        Assert.Null(item.InsertId);
    }

    [Fact]
    public void An_insert_id_of_any_kind_is_kept()
    {
        Assert.Equal("a b_é", Parsed.Of(Parsed.TrackEvent("\"$insert_id\":\"a b_\\u00e9\""), Parsed.Track).Event.InsertId);
        Assert.Single(Parsed.Of(Parsed.TrackEvent($"\"$insert_id\":\"{new string('x', 256)}\""), Parsed.Track).Failed);
    }

    [Fact]
    public void Without_an_id_there_may_be_one_of_the_callers()
    {
        var options = Parsed.Track with { DistinctIdWhenMissing = "hash" };

        var without = Parsed.Of(Parsed.TrackEvent("\"a\":1"), options);
        Assert.Equal(("hash", """{"distinct_id":"hash","a":1}"""), (without.Event.DistinctId, without.Properties[0]));
        var quoted = Parsed.Of(Parsed.TrackEvent(""), options with { DistinctIdWhenMissing = "a\"b" });
        Assert.Equal("""{"distinct_id":"a\u0022b"}""", quoted.Properties[0]);
        var empty = Parsed.Of(Parsed.TrackEvent("\"distinct_id\":\"\""), options);
        Assert.Equal(("", "{}"), (empty.Event.DistinctId, empty.Properties[0]));
        Assert.Equal("u", Parsed.Of(Parsed.TrackEvent("\"distinct_id\":\"u\""), options).Event.DistinctId);
    }

    [Fact]
    public void Surrogate_pairs_encoded_one_by_one_are_characters()
    {
        var body = Bodies.Raw("""[{"event":"~ED~A0~BD~ED~B8~80","properties":{"token":"T","a":"x~ED~A0~BC~ED~BF~BFé"}}]""");
        var parsed = Parsed.Of(body, Parsed.Track);

        Assert.Equal("😀", parsed.Event.Name);
        Assert.Equal("""{"a":"x🏿é"}""", parsed.Properties[0]);
        Assert.Single(Parsed.Of(body, Parsed.Import).Failed);
    }

    [Theory]
    [InlineData("~ED~A0~BD")]
    [InlineData("~ED~B8~80~ED~A0~BD")]
    [InlineData("~ED~A0~BDx~ED~B8~80")]
    [InlineData("~C3")]
    [InlineData("~C0~AF")]
    [InlineData("~F4~90~80~80")]
    [InlineData("\\ud83d")]
    [InlineData("\\ude00\\ud83d")]
    public void What_is_no_character_fails_alone(string text)
    {
        var good = Parsed.TrackEvent("");
        var parsed = Parsed.Of(Bodies.Raw($"[{good},{Parsed.TrackEvent($"\"a\":\"{text}\"")},{good}]"), Parsed.Track);

        Assert.Equal([0, 2], parsed.Events.Select(item => item.Index));
        Assert.Equal(("properties.a", "properties.a is invalid: string should be valid utf8"), (parsed.Failure.Field, parsed.Failure.Message));
    }

    [Fact]
    public void The_character_NUL_fails_alone()
    {
        var parsed = Parsed.Of($"[{Parsed.TrackEvent("\"a\":\"x\\u0000\"")},{Parsed.TrackEvent("\"a\":\"\\u0001\"")}]", Parsed.Track);

        Assert.Equal(1, parsed.Event.Index);
        Assert.Equal("properties.a is invalid: string must not hold the character U+0000", parsed.Failure.Message);
    }
}
