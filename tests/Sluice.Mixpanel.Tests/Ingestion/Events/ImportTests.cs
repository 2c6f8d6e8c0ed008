using System.Globalization;

namespace Sluice.Mixpanel.Tests.Ingestion.Events;

/// <summary>The rules of <c>/import</c>.</summary>
public sealed class ImportTests
{
    [Fact]
    public void The_event_of_the_reference_is_taken()
    {
        var parsed = Parsed.Of(
            """
            {"event":"Purchase","properties":{"time":1767225600123,"distinct_id":"u-1001","$insert_id":"a1b2c3d4-0000-4000-8000-000000000001",
             "ip":"203.0.113.7","amount":19.5,"tags":["a","b"],"token":"TKN"}}
            """,
            Parsed.Import);

        var item = parsed.Event;
        Assert.Equal("Purchase", item.Name);
        Assert.Equal(1767225600123, item.TimeMs);
        Assert.Equal(1767225600123, item.SentTimeMs);
        Assert.Equal("u-1001", item.DistinctId);
        Assert.Equal("a1b2c3d4-0000-4000-8000-000000000001", item.InsertId);
        Assert.Equal("TKN", item.Token);
        Assert.Equal("203.0.113.7", item.Ip);
        Assert.Equal(
            """{"distinct_id":"u-1001","$user_id":"u-1001","$insert_id":"a1b2c3d4-0000-4000-8000-000000000001","amount":19.5,"tags":["a","b"]}""",
            Assert.Single(parsed.Properties));
    }

    [Theory]
    [InlineData("""{"properties":{}}""", "event", "'event' must not be missing or blank")]
    [InlineData("""{"event":"","properties":{}}""", "event", "'event' must not be missing or blank")]
    [InlineData("""{"event":"  \t","properties":{}}""", "event", "'event' must not be missing or blank")]
    [InlineData("""{"event":5,"properties":{}}""", "event", "'event' must not be missing or blank")]
    [InlineData("""{"event":null,"properties":{}}""", "event", "'event' must not be missing or blank")]
    [InlineData("""{"event":"e"}""", "properties.time", "'properties.time' is invalid: must not be missing")]
    [InlineData("""{"event":"e","properties":null}""", "properties.time", "'properties.time' is invalid: must not be missing")]
    [InlineData("""{"event":"e","properties":[]}""", "properties", "'properties' is invalid: must be an object")]
    [InlineData("""{"event":"e","properties":{"time":null}}""", "properties.time", "'properties.time' is invalid: must not be missing")]
    [InlineData(
        """{"event":"e","properties":{"time":"1767225600"}}""",
        "properties.time",
        "'properties.time' is invalid: must be specified as seconds since epoch")]
    [InlineData(
        """{"event":"e","properties":{"time":{}}}""",
        "properties.time",
        "'properties.time' is invalid: must be specified as seconds since epoch")]
    [InlineData(
        """{"event":"e","properties":{"time":1767225600,"$insert_id":"i"}}""",
        "properties.distinct_id",
        "'properties.distinct_id' is invalid: must not be missing")]
    [InlineData(
        """{"event":"e","properties":{"time":1767225600,"distinct_id":null,"$insert_id":"i"}}""",
        "properties.distinct_id",
        "'properties.distinct_id' is invalid: must not be missing")]
    [InlineData(
        """{"event":"e","properties":{"time":1767225600,"distinct_id":"u"}}""",
        "properties.$insert_id",
        "'properties.$insert_id' is invalid: must not be missing")]
    public void An_event_that_lacks_something_fails_with_Mixpanels_words(string body, string field, string message)
    {
        var parsed = Parsed.Of(body, Parsed.Import);

        Assert.Empty(parsed.Events);
        Assert.Equal((field, message), (parsed.Failure.Field, parsed.Failure.Message));
        Assert.Equal(body, Bodies.Text(parsed.Failure.Payload));
    }

    [Fact]
    public void One_bad_event_does_not_touch_the_others()
    {
        var parsed = Parsed.Of($"[{Parsed.ImportEvent("")},{{\"event\":\"\",\"properties\":{{\"$insert_id\":\"x-9\"}}}},{Parsed.ImportEvent("")}]", Parsed.Import);

        Assert.Equal([0, 2], parsed.Events.Select(item => item.Index));
        Assert.Equal((1, "x-9"), (parsed.Failure.Index, parsed.Failure.InsertId));
        Assert.Equal(3, parsed.Received);
    }

    [Theory]
    [InlineData("1767225600", 1767225600000)]
    [InlineData("1767225600.25", 1767225600250)]
    [InlineData("1767225600123", 1767225600123)]
    [InlineData("1.7672256e9", 1767225600000)]
    [InlineData("31536000", 31536000000)]
    [InlineData("31536000000", 31536000000)]
    public void Seconds_and_milliseconds_are_told_apart_by_their_size(string time, long expected)
    {
        Assert.Equal(expected, Parsed.Of(With("time", time), Parsed.Import).Event.TimeMs);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("31535999")]
    [InlineData("1e300")]
    [InlineData("99999999999999999999999")]
    [InlineData("-9223372036854775808")]
    [InlineData("1767225600123456")]
    public void A_time_before_1971_or_far_ahead_fails(string time)
    {
        Assert.Equal("properties.time", Parsed.Of(With("time", time), Parsed.Import).Failure.Field);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(3_600_000, true)]
    [InlineData(3_600_001, false)]
    public void A_time_within_the_next_hour_becomes_now(long aheadMs, bool isTaken)
    {
        var time = (Bodies.NowMs + aheadMs).ToString(CultureInfo.InvariantCulture);
        var parsed = Parsed.Of(With("time", time), Parsed.Import);

        Assert.Equal(isTaken, parsed.Failed.Count == 0);
        if (isTaken)
        {
            Assert.Equal((Bodies.NowMs, Bodies.NowMs + aheadMs), (parsed.Event.TimeMs, parsed.Event.SentTimeMs));
        }
    }

    [Theory]
    [InlineData("\"abc-DEF-019\"", true)]
    [InlineData("\"123456789012345678901234567890123456\"", true)]
    [InlineData("\"1234567890123456789012345678901234567\"", false)]
    [InlineData("\"with space\"", false)]
    [InlineData("\"under_score\"", false)]
    [InlineData("\"é\"", false)]
    [InlineData("\"a\\u002db\"", true)]
    [InlineData("\"\"", false)]
    [InlineData("null", false)]
    [InlineData("{}", false)]
    [InlineData("12345", true)]
    [InlineData("1.5", false)]
    [InlineData("\"Undefined\"", false)]
    [InlineData("0", false)]
    public void An_insert_id_is_36_letters_digits_and_hyphens_at_most(string insertId, bool isTaken)
    {
        var parsed = Parsed.Of(With("$insert_id", insertId), Parsed.Import);

        Assert.Equal(isTaken ? 0 : 1, parsed.Failed.Count);
        Assert.All(parsed.Failed, record => Assert.Equal("properties.$insert_id", record.Field));
    }

    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("anon")]
    [InlineData("ANONYMOUS")]
    [InlineData("nil")]
    [InlineData("None")]
    [InlineData("null")]
    [InlineData("n/a")]
    [InlineData("NA")]
    [InlineData("undefined")]
    [InlineData("unknown")]
    [InlineData("<nil>")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void A_placeholder_of_an_id_is_refused(string id)
    {
        Assert.Equal("properties.distinct_id", Parsed.Of(With("distinct_id", $"\"{id}\""), Parsed.Import).Failure.Field);
        Assert.Equal("properties.$insert_id", Parsed.Of(With("$insert_id", $"\"{id}\""), Parsed.Import).Failure.Field);
        Assert.Equal("properties.$user_id", Parsed.Of(Parsed.ImportEvent($"\"$user_id\":\"{id}\""), Parsed.Import).Failure.Field);
        Assert.Equal("properties.$device_id", Parsed.Of(Parsed.ImportEvent($"\"$device_id\":\"$device:{id}\""), Parsed.Import).Failure.Field);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("0")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[\"u\"]")]
    public void What_is_no_text_and_no_number_is_no_id(string value)
    {
        Assert.Equal("properties.distinct_id", Parsed.Of(With("distinct_id", value), Parsed.Import).Failure.Field);
    }

    [Fact]
    public void A_number_is_an_id_by_its_digits()
    {
        var parsed = Parsed.Of(With("distinct_id", "9007199254740993"), Parsed.Import);

        Assert.Equal("9007199254740993", parsed.Event.DistinctId);
        Assert.Contains("\"distinct_id\":\"9007199254740993\"", parsed.Properties[0], StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_id_is_nobodys()
    {
        var parsed = Parsed.Of(With("distinct_id", "\"\""), Parsed.Import);

        Assert.Equal("", parsed.Event.DistinctId);
        Assert.Null(parsed.Event.UserId);
        Assert.Equal("""{"$insert_id":"i-1"}""", parsed.Properties[0]);
    }

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void An_id_is_never_cut(int length, bool isTaken)
    {
        var parsed = Parsed.Of(With("distinct_id", $"\"{new string('x', length)}\""), Parsed.Import);

        Assert.Equal(isTaken ? 0 : 1, parsed.Failed.Count);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("\"yes\"", true)]
    [InlineData("\"\"", false)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    public void An_event_that_is_to_be_ignored_is_counted(string ignore, bool isIgnored)
    {
        var parsed = Parsed.Of(Parsed.ImportEvent($"\"$ignore\":{ignore}"), Parsed.Import);

        Assert.Equal(isIgnored ? (1, 0) : (0, 1), (parsed.Ignored, parsed.Events.Count));
    }

    private static string With(string name, string value)
    {
        var properties = new Dictionary<string, string>
        {
            ["time"] = "1767225600",
            ["distinct_id"] = "\"u\"",
            ["$insert_id"] = "\"i-1\"",
            [name] = value,
        };
        return $$"""{"event":"e","properties":{{{string.Join(',', properties.Select(pair => $"\"{pair.Key}\":{pair.Value}"))}}} }""";
    }
}
