using System.Globalization;
using System.Text;
using System.Text.Json;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Mixpanel.Tests.Cohorts;

public sealed class AnswerTests
{
    [Theory]
    [InlineData(CohortAction.Members, """{"action":"members","status":"success"}""")]
    [InlineData(CohortAction.AddMembers, """{"action":"add_members","status":"success"}""")]
    [InlineData(CohortAction.RemoveMembers, """{"action":"remove_members","status":"success"}""")]
    public void Success_is_the_action_and_nothing_else(CohortAction action, string expected)
    {
        Assert.Equal(expected, Pages.Text(CohortWebhookAnswer.Success(action)));
        Assert.Equal(action, CohortActionNames.Find(CohortActionNames.Of(action)));
    }

    [Fact]
    public void Failure_has_the_message_and_the_code_and_nothing_else()
    {
        Assert.Equal(
            """{"action":"add_members","status":"failure","error":{"message":"audience quota \"reached\" für 한","code":403}}""",
            Pages.Text(CohortWebhookAnswer.Failure("add_members", "audience quota \"reached\" für 한", 403)));
    }

    [Fact]
    public void Failure_without_a_readable_action_says_null()
    {
        Assert.Equal(
            """{"action":null,"status":"failure","error":{"message":"m","code":503}}""",
            Pages.Text(CohortWebhookAnswer.Failure(null, "m", 503)));
    }

    [Fact]
    public void A_refused_page_becomes_its_answer()
    {
        var failure = Pages.ParseFailure("""{"action":"drop"}""");

        using var answer = JsonDocument.Parse(CohortWebhookAnswer.Failure(failure));

        Assert.Equal("drop", answer.RootElement.GetProperty("action").GetString());
        Assert.Equal(failure.Message, answer.RootElement.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(400, answer.RootElement.GetProperty("error").GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("é")]
    [InlineData("e\u0301")]
    [InlineData("😀")]
    [InlineData("👩‍👩‍👧‍👦")]
    [InlineData("한")]
    public void A_long_message_is_cut_at_300_characters_between_visible_ones(string letter)
    {
        for (var prefix = 0; prefix < letter.Length; prefix++)
        {
            var message = new string('-', prefix) + string.Concat(Enumerable.Repeat(letter, 301));
            var cut = MessageOf(message);

            Assert.InRange(cut.Length, 301 - letter.Length - 1, 300);
            Assert.EndsWith("…", cut, StringComparison.Ordinal);
            Assert.StartsWith(cut[..^1], message, StringComparison.Ordinal);
            Assert.Equal(0, (cut.Length - 1 - prefix) % letter.Length);
        }
    }

    [Fact]
    public void A_message_of_300_characters_is_not_cut()
    {
        var message = string.Concat(Enumerable.Repeat("😀", 150));

        Assert.Equal(message, MessageOf(message));
    }

    [Fact]
    public void One_visible_character_of_more_than_300_is_cut_all_the_same()
    {
        var message = "e" + string.Concat(Enumerable.Repeat("\u0301", 400));
        Assert.Equal(message.Length, StringInfo.GetNextTextElementLength(message));

        Assert.Equal(message[..299] + "…", MessageOf(message));
    }

    [Fact]
    public void What_is_no_character_is_replaced()
    {
        Assert.Equal("a\uFFFDb\uFFFD\uFFFD", MessageOf("a\uD800b\uDC00\0"));
        Assert.Contains("\uFFFD", Pages.Text(CohortWebhookAnswer.Failure("\uD800", "m", 400)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(399)]
    [InlineData(600)]
    public void A_code_that_is_no_error_is_refused(int code)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => CohortWebhookAnswer.Failure("members", "m", code));
    }

    [Fact]
    public void An_action_that_does_not_exist_has_no_name_and_no_answer()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => CohortWebhookAnswer.Success((CohortAction)9));
        Assert.Throws<ArgumentOutOfRangeException>(() => CohortActionNames.Of((CohortAction)9));
        Assert.Null(CohortActionNames.Find("MEMBERS"));
        Assert.Null(CohortActionNames.Find(null));
    }

    private static string MessageOf(string message)
    {
        var answer = CohortWebhookAnswer.Failure("members", message, 400);
        Assert.True(System.Text.Unicode.Utf8.IsValid(answer.Span));
        using var document = JsonDocument.Parse(Encoding.UTF8.GetString(answer.Span));
        return document.RootElement.GetProperty("error").GetProperty("message").GetString()!;
    }
}
