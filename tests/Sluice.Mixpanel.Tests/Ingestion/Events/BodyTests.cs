using System.Text;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Events;

namespace Sluice.Mixpanel.Tests.Ingestion.Events;

public sealed class BodyTests
{
    private static readonly string One = Parsed.ImportEvent("\"a\":1", "one");
    private static readonly string Two = Parsed.ImportEvent("\"a\":2", "two");

    public static TheoryData<string, string> Shapes => new()
    {
        { "a list", $"[{One},{Two}]" },
        { "a list with white space", $" \r\n[ {One} ,\n{Two}\n] \n" },
        { "lines", $"{One}\n{Two}" },
        { "lines that end", $"{One}\r\n{Two}\r\n" },
        { "lines with empty ones between", $"\n{One}\n\n  \n{Two}\n\n" },
        { "a list behind a byte order mark", $"\uFEFF[{One},{Two}]" },
        { "lines behind a byte order mark", $"\uFEFF{One}\n{Two}" },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Two_events_are_found_in(string shape, string body)
    {
        var parsed = Parsed.Of(body, Parsed.Import);

        Assert.Equal(["one", "two"], parsed.Events.Select(item => item.Name));
        Assert.Equal([0, 1], parsed.Events.Select(item => item.Index));
        Assert.True(parsed.Failed.Count == 0 && parsed.Received == 2, shape);
    }

    [Fact]
    public void Of_a_part_of_a_file_nothing_fails_as_a_whole()
    {
        var parsed = Parsed.Of("no json\n{\"event\":\"$identify\",\"properties\":{}}\n", Parsed.Import with { FailsOneByOne = true });

        Assert.Empty(parsed.Events);
        Assert.Equal([0, 1], parsed.Failed.Select(failed => failed.Index));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\n    ")]
    [InlineData("\r\n")]
    public void One_object_may_stand_on_many_lines(string lineBreak)
    {
        var body = One.Replace(",", "," + lineBreak, StringComparison.Ordinal).Replace("{", "{" + lineBreak, StringComparison.Ordinal);

        Assert.Equal("one", Parsed.Of(body, Parsed.Import).Event.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t ")]
    [InlineData("\uFEFF")]
    [InlineData("[]")]
    [InlineData(" [ ] ")]
    public void A_body_without_a_record_is_refused_whole(string body)
    {
        var failure = Parsed.FailureOf(body, Parsed.Track);

        Assert.Equal(BodyFailureKind.Empty, failure.Kind);
        Assert.Equal(400, failure.StatusCode);
        Assert.Equal("data, missing or empty", failure.Message);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("5")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{\"event\":\"e\"")]
    [InlineData("[{\"event\":\"e\"},")]
    [InlineData("[{\"event\":\"e\"}] x")]
    [InlineData("[{\"event\":\"e\"} {\"event\":\"e\"}]")]
    [InlineData("[{\"event\":'e'}]")]
    [InlineData("[{\"event\":01}]")]
    [InlineData("hello\nworld")]
    [InlineData("\0")]
    public void A_body_that_is_no_JSON_is_refused_whole(string body)
    {
        var failure = Parsed.FailureOf(body, Parsed.Import);

        Assert.Equal(BodyFailureKind.NotJson, failure.Kind);
        Assert.Equal(400, failure.StatusCode);
    }

    [Fact]
    public void One_line_that_cannot_be_read_is_one_failed_record()
    {
        var parsed = Parsed.Of($"{One}\n{{\"event\":\n5\n{Two}\nnot json", Parsed.Import);

        Assert.Equal([0, 3], parsed.Events.Select(item => item.Index));
        Assert.Equal([1, 2, 4], parsed.Failed.Select(record => record.Index));
        Assert.All(parsed.Failed, record => Assert.Equal(("", "the line is not a JSON object"), (record.Field, record.Message)));
        Assert.Equal("not json", Bodies.Text(parsed.Failed[2].Payload));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("\"x\"")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    public void An_element_that_is_no_object_is_one_failed_record(string element)
    {
        var parsed = Parsed.Of($"[{One},{element},{Two}]", Parsed.Import);

        Assert.Equal(2, parsed.Events.Count);
        Assert.Equal((1, "", "the record must be a JSON object"), (parsed.Failure.Index, parsed.Failure.Field, parsed.Failure.Message));
        Assert.Equal(element, Bodies.Text(parsed.Failure.Payload));
    }

    [Theory]
    [InlineData(',')]
    [InlineData('\n')]
    public void Two_thousand_records_are_taken_and_one_more_is_too_many(char separator)
    {
        var records = string.Join(separator, Enumerable.Repeat(One, 2_000));
        var wrap = (string text) => separator == ',' ? $"[{text}]" : text;

        Assert.Equal(2_000, Parsed.Of(wrap(records), Parsed.Import).Events.Count);
        var failure = Parsed.FailureOf(wrap(records + separator + One), Parsed.Import);
        Assert.Equal((BodyFailureKind.TooManyRecords, 413), (failure.Kind, failure.StatusCode));
    }

    [Fact]
    public void A_record_over_its_size_fails_alone()
    {
        var options = Parsed.Import with { Limits = IngestionLimits.Events with { MaxRecordBytes = One.Length } };
        var parsed = Parsed.Of($"[{One},{One.Replace(":1", ":  1", StringComparison.Ordinal)},{Two}]", options);

        Assert.Equal([0, 2], parsed.Events.Select(item => item.Index));
        Assert.Equal($"a record may have at most {One.Length} bytes", parsed.Failure.Message);
    }

    [Fact]
    public void A_depth_bomb_fails_alone()
    {
        var bomb = Parsed.ImportEvent($"\"a\":{new string('[', 100_000)}{new string(']', 100_000)}");
        var wide = Parsed.ImportEvent($"\"a\":{string.Concat(Enumerable.Repeat("{\"a\":", 500))}1{new string('}', 500)}");

        var parsed = Parsed.Of($"[{One},{bomb},{wide},{Two}]", Parsed.Import);

        Assert.Equal([0, 3], parsed.Events.Select(item => item.Index));
        Assert.All(parsed.Failed, record => Assert.Equal("properties.a", record.Field));
    }

    [Fact]
    public void An_unclosed_depth_bomb_is_no_JSON()
    {
        Assert.Equal(BodyFailureKind.NotJson, Parsed.FailureOf(new string('[', 1_000_000), Parsed.Import).Kind);
    }

    [Fact]
    public void Names_and_ids_that_come_again_are_one_string()
    {
        var parsed = Parsed.Of($"[{One},{Two},{One}]", Parsed.Import);

        Assert.Same(parsed.Events[0].Name, parsed.Events[2].Name);
        Assert.Same(parsed.Events[0].DistinctId, parsed.Events[1].DistinctId);
    }

    [Fact]
    public void After_the_batch_is_disposed_its_properties_are_gone()
    {
        Assert.True(new EventParser(Parsed.Import).TryParse(Encoding.UTF8.GetBytes(One), Bodies.Now, out var batch, out _));
        var item = batch.Events[0];
        Assert.StartsWith("{", Bodies.Text(item.Properties), StringComparison.Ordinal);

        batch.Dispose();
        batch.Dispose();

        Assert.Throws<ObjectDisposedException>(() => item.Properties);
    }

    [Fact]
    public void A_limit_that_cannot_be_one_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new EventParser(new EventParserOptions { Limits = IngestionLimits.Events with { MaxRecords = 0 } }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new EventParser(new EventParserOptions { Limits = IngestionLimits.Events with { MaxDepth = 1_000 } }));
    }
}
