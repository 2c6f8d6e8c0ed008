using System.Text;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Mixpanel.Tests.Cohorts;

public sealed class PageFailureTests
{
    [Theory]
    [InlineData("", "empty")]
    [InlineData("   \r\n\t", "not a JSON object")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("123", "not a JSON object")]
    [InlineData("\"{}\"", "not a JSON object")]
    [InlineData("null", "not a JSON object")]
    [InlineData("tru", "not a JSON object")]
    [InlineData("hello", "line 1 at byte 1")]
    [InlineData("action=members", "line 1 at byte 1")]
    [InlineData("<html></html>", "line 1 at byte 1")]
    [InlineData("""{"action":"members",}""", "line 1 at byte 21")]
    [InlineData("{'action':'members'}", "line 1 at byte 2")]
    [InlineData("{\"action\":\"members\"}\n{}", "line 2 at byte 1")]
    [InlineData("{\"action\":\"members\"} x", "line 1 at byte 22")]
    [InlineData("{\n\"action\":\n nope}", "line 3 at byte 3")]
    [InlineData("{\"action\":\"mem\nbers\"}", "line 1 at byte 15")]
    [InlineData("{\"action\":01}", "line 1 at byte 12")]
    [InlineData("{\"a\":{\"b\":{{}}}}", "line 1 at byte 12")]
    [InlineData("{\"a\":{\"b\":{[1]}}}", "line 1 at byte 12")]
    [InlineData("{\"a\":\"\\x\"}", "line 1 at byte 8")]
    [InlineData("{\"a\":\"\\u12g4\"}", "line 1 at byte 11")]
    [InlineData("{\"a\":NaN}", "line 1 at byte 6")]
    [InlineData("{\"a\":1 /* no */}", "line 1 at byte 8")]
    public void What_is_not_JSON_is_refused_and_the_place_is_named(string body, string message)
    {
        var failure = Pages.ParseFailure(body);

        Assert.Equal(CohortWebhookFailureKind.NotJson, failure.Kind);
        Assert.Equal(400, failure.StatusCode);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_place_counts_a_byte_order_mark()
    {
        Assert.Contains("line 1 at byte 5", Pages.ParseFailure("\uFEFF{x}").Message, StringComparison.Ordinal);
        Assert.Contains("line 2 at byte 1", Pages.ParseFailure("\uFEFF{\nx}").Message, StringComparison.Ordinal);
        Assert.Contains("empty", Pages.ParseFailure("\uFEFF").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_place_is_right_far_behind_the_first_window()
    {
        var members = string.Join(",\n", Enumerable.Range(0, 2_000).Select(i => $$"""{"mixpanel_distinct_id":"u{{i}}"}"""));
        var body = $$$"""{"action":"members","parameters":{"members":[{{{members}}},{"mixpanel_distinct_id":oops}]}}""";

        var failure = Pages.ParseFailure(body, Pages.Options with { InitialWindowBytes = 16 });

        Assert.Contains("line 2000 at byte", failure.Message, StringComparison.Ordinal);
        Assert.Equal("members", failure.Action);
    }

    [Theory]
    [InlineData("""{"action":"add_members","parameters":{"members":[{"a":1}]}} trailing""", "add_members")]
    [InlineData("""{"action":"add_members",""", "add_members")]
    [InlineData("""{"action":"add_mem""", null)]
    [InlineData("""{"parameters":{"members":[{"a":1}""", null)]
    public void The_action_is_echoed_when_it_was_read_before_the_break(string body, string? action)
    {
        Assert.Equal(action, Pages.ParseFailure(body).Action);
    }

    [Fact]
    public void White_space_behind_the_object_is_part_of_the_body()
    {
        var body = Pages.WithMembers("""{"mixpanel_distinct_id":"u"}""") + new string(' ', 200_000) + "\r\n\t";

        using var page = Pages.ParsePage(body);

        Assert.Single(page.Members);
    }

    [Fact]
    public void A_body_over_its_limit_is_refused_with_413()
    {
        var body = Pages.WithMembers("""{"mixpanel_distinct_id":"u"}""");
        using var exact = Pages.ParsePage(body, Pages.Options with { MaxBodyBytes = body.Length });

        var failure = Pages.ParseFailure(body, Pages.Options with { MaxBodyBytes = body.Length - 1 });

        Assert.Equal(CohortWebhookFailureKind.TooLarge, failure.Kind);
        Assert.Equal(413, failure.StatusCode);
        Assert.Equal("members", failure.Action);
        Assert.Contains($"{body.Length - 1} bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endless_body_is_not_read_beyond_its_limit()
    {
        var endless = new ChunkedStream(Encoding.UTF8.GetBytes(new string(' ', 1_000_000)), 1_000);

        var failure = Assert.IsType<CohortWebhookFailure>(
            Pages.Parse(endless, Pages.Options with { MaxBodyBytes = 100_000, InitialWindowBytes = 4_096 }));

        Assert.Equal(CohortWebhookFailureKind.TooLarge, failure.Kind);
        Assert.InRange(endless.Position, 100_001, 110_000);
    }

    [Fact]
    public void A_page_may_be_nested_64_levels_deep()
    {
        // Root, parameters, members and the member are four of them.
        using var deepest = Pages.ParsePage(Pages.WithMembers(Nested(60)));
        Assert.Equal(CohortRejectionReasons.TooDeep, Assert.Single(deepest.Rejected).Reason);

        string[] deeper = [Pages.WithMembers(Nested(61)), "{\"x\":" + new string('[', 100_000), """{"x":""" + Repeat("{\"y\":", 64)];
        foreach (var body in deeper)
        {
            var failure = Pages.ParseFailure(body);
            Assert.Equal(CohortWebhookFailureKind.TooDeep, failure.Kind);
            Assert.Equal(400, failure.StatusCode);
            Assert.Contains("64 levels", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_depth_does_not_depend_on_how_the_body_arrives()
    {
        var body = Encoding.UTF8.GetBytes(Pages.WithMembers(Nested(61)));

        foreach (var window in (int[])[16, 64, 256])
        {
            var failure = Assert.IsType<CohortWebhookFailure>(
                Pages.Parse(new ChunkedStream(body, 1), Pages.Options with { InitialWindowBytes = window }));
            Assert.Equal(CohortWebhookFailureKind.TooDeep, failure.Kind);
        }
    }

    [Fact]
    public void A_break_at_the_deepest_level_is_not_called_too_deep()
    {
        Assert.Equal(CohortWebhookFailureKind.NotJson, Pages.ParseFailure("{\"x\":" + new string('[', 63) + "x").Kind);
        Assert.Equal(CohortWebhookFailureKind.Truncated, Pages.ParseFailure("{\"x\":" + new string('[', 63)).Kind);
    }

    [Theory]
    [InlineData("""{"action":"remove_members","parameters":{E,"members":[{"mixpanel_distinct_id":"1"},null,3]}}""")]
    [InlineData("""{"parameters":{E,"members":[null,{"mixpanel_distinct_id":"2"},3,4]},"action":"remove_members"}""")]
    [InlineData("""{"members":[1,2,3],"parameters":{E},"action":"remove_members"}""")]
    public void A_page_with_too_many_members_is_refused_with_413(string template)
    {
        var body = template.Replace("E", Pages.Envelope, StringComparison.Ordinal);
        if (!body.Contains(",4]", StringComparison.Ordinal))
        {
            using var exact = Pages.ParsePage(body, Pages.Options with { MaxMembers = 3 });
            Assert.Equal(3, exact.Members.Count + exact.Rejected.Count);
        }

        var failure = Pages.ParseFailure(body, Pages.Options with { MaxMembers = 2 });

        Assert.Equal(CohortWebhookFailureKind.TooManyMembers, failure.Kind);
        Assert.Equal(413, failure.StatusCode);
        Assert.Equal("remove_members", failure.Action);
    }

    [Fact]
    public void The_default_takes_50000_members()
    {
        var members = Enumerable.Repeat("1", 50_000).ToArray();
        using var page = Pages.ParsePage(Pages.WithMembers(members));
        Assert.Equal(50_000, page.Rejected.Count);

        Assert.Equal(CohortWebhookFailureKind.TooManyMembers, Pages.ParseFailure(Pages.WithMembers([.. members, "1"])).Kind);
    }

    [Fact]
    public void No_message_holds_anything_of_a_member()
    {
        const string secret = "ana.lima";
        string[] bodies =
        [
            Pages.WithMembers($$"""{"{{secret}}":{{secret}}}"""),
            Pages.WithMembers($$"""{"{{secret}}":"{{secret}}"}""")[..^4],
            Pages.WithMembers($$"""{"{{secret}}":"{{secret}}" "{{secret}}"}"""),
            secret,
            $$"""{"action":"members","{{secret}}":"{{secret}}","parameters":"{{secret}}"}""",
            Pages.WithParameters($$"""{{Pages.Envelope}},"members":{"{{secret}}":1}"""),
        ];

        Assert.All(bodies, body => Assert.DoesNotContain(secret, Pages.ParseFailure(body).Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_stream_throws_passes_through()
    {
        var parser = new CohortWebhookParser(Pages.Options);

        await Assert.ThrowsAsync<IOException>(
            async () => await parser.ParseAsync(new BrokenStream(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_cancelled_token_stops_reading()
    {
        var parser = new CohortWebhookParser(Pages.Options);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await parser.ParseAsync(new MemoryStream("{}"u8.ToArray()), new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        CohortWebhookParserOptions[] wrong =
        [
            Pages.Options with { MaxBodyBytes = 0 },
            Pages.Options with { MaxBodyBytes = long.MaxValue },
            Pages.Options with { MaxMembers = 0 },
            Pages.Options with { MaxDepth = 3 },
            Pages.Options with { MaxDepth = 1_001 },
            Pages.Options with { MaxMemberBytes = -1 },
            Pages.Options with { MaxProperties = -1 },
            Pages.Options with { MaxPropertyNameCharacters = 0 },
            Pages.Options with { MaxStringBytes = 0 },
            Pages.Options with { MaxContainerBytes = 0 },
            Pages.Options with { MaxPropertyDepth = -1 },
            Pages.Options with { MaxDistinctIdBytes = 0 },
            Pages.Options with { MaxRejectedPayloadBytes = -1 },
            Pages.Options with { InitialWindowBytes = 0 },
            Pages.Options with { IdentityProperty = "" },
        ];

        Assert.All(wrong, options => Assert.ThrowsAny<ArgumentException>(() => new CohortWebhookParser(options)));
    }

    private static string Nested(int levels) =>
        $$"""{"mixpanel_distinct_id":"u","v":{{new string('[', levels)}}{{new string(']', levels)}}}""";

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("The connection was reset.");
    }
}
