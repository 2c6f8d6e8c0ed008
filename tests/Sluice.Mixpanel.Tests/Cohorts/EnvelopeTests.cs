using System.Text;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Mixpanel.Tests.Cohorts;

public sealed class EnvelopeTests
{
    [Fact]
    public void A_full_envelope_is_read()
    {
        using var page = Pages.ParsePage(
            """
            {"action":"members",
             "parameters":{
              "mixpanel_project_id":"4100200","mixpanel_cohort_id":"7700123",
              "mixpanel_cohort_name":"Dormant 30d","mixpanel_cohort_description":"no session for 30 days",
              "mixpanel_session_id":"0d5f7c1e-6d0b-4a53-9a5e-6a8f0f4f1b11",
              "page_info":{"total_pages":2,"page_count":1},
              "members":[
               {"mixpanel_distinct_id":"u-1001","email":"ana@example.org","first_name":"Ana","last_name":"Lima"},
               {"mixpanel_distinct_id":"$device:7f1c","plan":"trial","$timezone":"Asia/Seoul"}]}}
            """);

        Assert.Equal(CohortAction.Members, page.Action);
        Assert.Equal("4100200", page.ProjectId);
        Assert.Equal("7700123", page.CohortId);
        Assert.Equal("Dormant 30d", page.CohortName);
        Assert.Equal("no session for 30 days", page.CohortDescription);
        Assert.Equal("0d5f7c1e-6d0b-4a53-9a5e-6a8f0f4f1b11", page.SessionId);
        Assert.Equal(2, page.TotalPages);
        Assert.Equal(1, page.PageNumber);
        Assert.Equal(["u-1001", "$device:7f1c"], page.Members.Select(member => member.DistinctId));
        Assert.Empty(page.Rejected);
    }

    [Theory]
    [InlineData("members", CohortAction.Members)]
    [InlineData("add_members", CohortAction.AddMembers)]
    [InlineData("remove_members", CohortAction.RemoveMembers)]
    public void Every_action_is_known(string name, CohortAction action)
    {
        using var page = Pages.ParsePage($$$"""{"action":"{{{name}}}","parameters":{{{{Pages.Envelope}}},"members":[]}}""");

        Assert.Equal(action, page.Action);
        Assert.Empty(page.Members);
    }

    [Fact]
    public void Keys_may_come_in_any_order()
    {
        using var page = Pages.ParsePage(
            $$$$"""
            {"parameters":{"members":[{"email":"a@example.org","mixpanel_distinct_id":"u"}],
            "page_info":{"page_count":3,"total_pages":4},{{{{Pages.Envelope}}}}},"action":"remove_members"}
            """);

        Assert.Equal(CohortAction.RemoveMembers, page.Action);
        Assert.Equal((3, 4), (page.PageNumber, page.TotalPages));
        Assert.Equal("u", Assert.Single(page.Members).DistinctId);
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","page_info":null""")]
    [InlineData(""","page_info":{}""")]
    [InlineData(""","page_info":{"total_pages":null,"page_count":null,"more":[1]}""")]
    public void Without_page_info_it_is_page_1_of_1(string pageInfo)
    {
        using var page = Pages.ParsePage(Pages.WithParameters(Pages.Envelope + pageInfo));

        Assert.Equal((1, 1), (page.PageNumber, page.TotalPages));
    }

    [Theory]
    [InlineData("""{"total_pages":"12","page_count":"7"}""", 7, 12)]
    [InlineData("""{"total_pages":10000000,"page_count":10000000}""", 10_000_000, 10_000_000)]
    [InlineData("""{"total_pages":1,"page_count":1,"page_count":9,"total_pages":9}""", 9, 9)]
    public void Page_numbers_may_be_numbers_or_texts(string pageInfo, int number, int total)
    {
        using var page = Pages.ParsePage(Pages.WithParameters($"{Pages.Envelope},\"page_info\":{pageInfo}"));

        Assert.Equal((number, total), (page.PageNumber, page.TotalPages));
    }

    [Theory]
    [InlineData("""{"total_pages":0,"page_count":0}""", "total_pages")]
    [InlineData("""{"total_pages":-1,"page_count":1}""", "total_pages")]
    [InlineData("""{"total_pages":10000001,"page_count":1}""", "total_pages")]
    [InlineData("""{"total_pages":4294967297,"page_count":1}""", "total_pages")]
    [InlineData("""{"total_pages":99999999999999999999,"page_count":1}""", "total_pages")]
    [InlineData("""{"total_pages":2.5,"page_count":1}""", "total_pages")]
    [InlineData("""{"total_pages":true,"page_count":1}""", "total_pages")]
    [InlineData("""{"total_pages":[2],"page_count":1}""", "total_pages")]
    [InlineData("""{"page_count":1}""", "total_pages")]
    [InlineData("""{"total_pages":1}""", "page_count")]
    [InlineData("""{"total_pages":2,"page_count":0}""", "page_count")]
    [InlineData("""{"total_pages":2,"page_count":-1}""", "page_count")]
    [InlineData("""{"total_pages":2,"page_count":3}""", "page_count")]
    [InlineData("""{"total_pages":2,"page_count":""}""", "page_count")]
    [InlineData("""{"total_pages":2,"page_count":"one"}""", "page_count")]
    [InlineData("""{"total_pages":2,"page_count":{"is":1}}""", "page_count")]
    [InlineData("[1,2]", "page_info")]
    [InlineData("\"1/2\"", "page_info")]
    public void Page_numbers_that_make_no_sense_are_refused(string pageInfo, string key)
    {
        var failure = Pages.ParseFailure(Pages.WithParameters($"{Pages.Envelope},\"page_info\":{pageInfo}"));

        Assert.Equal(CohortWebhookFailureKind.WrongEnvelope, failure.Kind);
        Assert.Equal(400, failure.StatusCode);
        Assert.Equal("members", failure.Action);
        Assert.Contains(key, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_may_be_whole_numbers()
    {
        using var page = Pages.ParsePage(Pages.WithParameters(
            """
            "mixpanel_project_id":4100200,"mixpanel_cohort_id":77001230000000000000000,"mixpanel_cohort_name":"n","mixpanel_session_id":5
            """));

        Assert.Equal(("4100200", "77001230000000000000000", "5"), (page.ProjectId, page.CohortId, page.SessionId));
    }

    [Theory]
    [InlineData("mixpanel_project_id")]
    [InlineData("mixpanel_cohort_id")]
    [InlineData("mixpanel_cohort_name")]
    [InlineData("mixpanel_session_id")]
    public void Whatever_names_the_cohort_and_its_export_is_required(string key)
    {
        var without = Pages.WithParameters(Pages.Envelope.Replace(key, "x_" + key, StringComparison.Ordinal));
        Assert.Contains($"parameters.{key} is missing", Refusal(without), StringComparison.Ordinal);

        foreach (var value in (string[])["null", "\"\""])
        {
            Assert.Contains($"parameters.{key} is missing", Refusal(With(key, value)), StringComparison.Ordinal);
        }

        foreach (var value in (string[])["true", "[]", """{"a":[{}]}""", "1.5", "-3"])
        {
            Assert.Contains($"parameters.{key} has the wrong type", Refusal(With(key, value)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("mixpanel_project_id")]
    [InlineData("mixpanel_cohort_id")]
    [InlineData("mixpanel_session_id")]
    public void Ids_have_at_most_255_bytes_and_are_text(string key)
    {
        using var longest = Pages.ParsePage(With(key, $"\"{new string('é', 127)}x\""));

        Assert.Contains("longer than 255", Refusal(With(key, $"\"{new string('é', 128)}\"")), StringComparison.Ordinal);
        Assert.Contains("longer than 255", Refusal(With(key, $"\"{new string('x', 100_000)}\"")), StringComparison.Ordinal);
        Assert.Contains("wrong type", Refusal(With(key, new string('1', 256))), StringComparison.Ordinal);
        Assert.Contains("not valid text", Refusal(With(key, "\"a\\u0000\"")), StringComparison.Ordinal);
        Assert.Contains("not valid text", Refusal(With(key, "\"a\\ud800\"")), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_in_an_id_are_refused()
    {
        var body = Encoding.Latin1.GetBytes(With("mixpanel_session_id", "\"caf\u00E9\""));

        var failure = Assert.IsType<CohortWebhookFailure>(Pages.Parse(body));

        Assert.Contains("parameters.mixpanel_session_id is not valid text", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_is_not_quite_text_does_not_pause_the_sync()
    {
        const string odd = "\"a\\u0000b\\ud800c\\ud83d\\ude00\\n\\\"\\/\\\\\\u00e9\"";
        using var page = Pages.ParsePage(With("mixpanel_cohort_name", odd));
        using var latin = Pages.Page(Pages.Parse(Encoding.Latin1.GetBytes(With("mixpanel_cohort_name", "\"caf\u00E9\""))));

        Assert.Equal("a\uFFFDb\uFFFDc😀\n\"/\\é", page.CohortName);
        Assert.Equal("caf\uFFFD", latin.CohortName);
    }

    [Fact]
    public void A_name_may_have_1024_characters()
    {
        using var page = Pages.ParsePage(With("mixpanel_cohort_name", $"\"{new string('n', 1024)}\""));

        Assert.Equal(1024, page.CohortName.Length);
        var tooLong = With("mixpanel_cohort_name", $"\"{new string('n', 1025)}\"");
        Assert.Contains("longer than 1024", Refusal(tooLong), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData(""","mixpanel_cohort_description":null""", null)]
    [InlineData(""","mixpanel_cohort_description":"" """, null)]
    [InlineData(""","mixpanel_cohort_description":"d" """, "d")]
    public void A_description_is_optional(string description, string? expected)
    {
        using var page = Pages.ParsePage(Pages.WithParameters(Pages.Envelope + description));

        Assert.Equal(expected, page.CohortDescription);
    }

    [Fact]
    public void A_long_description_is_cut_between_characters()
    {
        var description = new string('d', 4095) + "😀 and more";

        using var page = Pages.ParsePage(Pages.WithParameters($"{Pages.Envelope},\"mixpanel_cohort_description\":\"{description}\""));
        using var escaped = Pages.ParsePage(Pages.WithParameters(
            $"{Pages.Envelope},\"mixpanel_cohort_description\":\"{new string('d', 4095)}\\ud83d\\ude00\""));

        Assert.Equal(new string('d', 4095), page.CohortDescription);
        Assert.Equal(new string('d', 4095), escaped.CohortDescription);
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","members":null""")]
    [InlineData(""","members":[]""")]
    public void A_page_without_members_is_an_empty_page(string members)
    {
        using var page = Pages.ParsePage(Pages.WithParameters(Pages.Envelope + members));

        Assert.Empty(page.Members);
        Assert.Empty(page.Rejected);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("\"u\"")]
    [InlineData("3")]
    [InlineData("false")]
    public void Members_that_are_no_list_are_refused(string members)
    {
        var inside = Pages.WithParameters($"{Pages.Envelope},\"members\":{members}");
        Assert.Contains("parameters.members has the wrong type", Refusal(inside), StringComparison.Ordinal);
        Assert.Contains(
            "members has the wrong type",
            Refusal($$$"""{"members":{{{members}}},"action":"members","parameters":{{{{Pages.Envelope}}}}}"""),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "outer")]
    [InlineData(""","members":null""", "outer")]
    [InlineData(""","members":[{"mixpanel_distinct_id":"inner"}]""", "inner")]
    public void Members_beside_the_parameters_count_when_there_are_none_inside(string inner, string expected)
    {
        const string outer =
            """
            "members":[{"mixpanel_distinct_id":"outer"}]
            """;
        var parameters = $$$"""
            "parameters":{{{{Pages.Envelope}}}{{{inner}}}}
            """;

        foreach (var (first, second) in new[] { (outer, parameters), (parameters, outer) })
        {
            using var page = Pages.ParsePage($$"""{"action":"members",{{first}},{{second}}}""");
            Assert.Equal(expected, Assert.Single(page.Members).DistinctId);
        }
    }

    [Fact]
    public void Unknown_keys_are_ignored()
    {
        const string junk =
            """
            "x":{"action":"add_members","members":[[{}]],"parameters":{}},"y":[[],{"z":1}],"mixpanel_integration_id":"0"
            """;

        using var page = Pages.ParsePage(
            $$$"""
            {{{{junk}}},"action":"members",{{{junk}}},"parameters":{{{{junk}}},{{{Pages.Envelope}}},
             "page_info":{{{{junk}}},"total_pages":2,"page_count":2},"members":[],{{{junk}}}},{{{junk}}}}
            """);

        Assert.Equal(CohortAction.Members, page.Action);
        Assert.Equal(2, page.PageNumber);
    }

    [Fact]
    public void Keys_may_be_written_with_escapes()
    {
        using var page = Pages.ParsePage(
            $$$"""
            {"\u0061ction":"\u006dembers","\ud800":1,
             "parameters":{{{{Pages.Envelope}}},"m\u0065mbers":[{"mixpanel\u005fdistinct_id":"u"}]}}
            """);

        Assert.Equal("u", Assert.Single(page.Members).DistinctId);
    }

    [Fact]
    public void Of_two_equal_keys_the_last_one_counts()
    {
        using var page = Pages.ParsePage(
            $$$"""
            {"action":7,"action":"add_members",
             "parameters":{"mixpanel_cohort_description":"old","page_info":{"total_pages":5,"page_count":5},
              "members":[{"mixpanel_distinct_id":"old"},null]},
             "parameters":{"mixpanel_session_id":"old",{{{Pages.Envelope}}},"members":"no list",
              "members":[{"mixpanel_distinct_id":"older"},3],"members":[{"mixpanel_distinct_id":"new"}]}}
            """);

        Assert.Equal(CohortAction.AddMembers, page.Action);
        Assert.Null(page.CohortDescription);
        Assert.Equal((1, 1), (page.PageNumber, page.TotalPages));
        Assert.Equal("0d5f7c1e-6d0b-4a53-9a5e-6a8f0f4f1b11", page.SessionId);
        Assert.Equal("new", Assert.Single(page.Members).DistinctId);
        Assert.Empty(page.Rejected);
    }

    [Fact]
    public void A_byte_order_mark_is_tolerated()
    {
        byte[] body = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Pages.WithMembers("""{"mixpanel_distinct_id":"u"}"""))];

        using var page = Pages.Page(Pages.Parse(new ChunkedStream(body, 1)));

        Assert.Single(page.Members);
    }

    [Theory]
    [InlineData("""{"parameters":{}}""", "action is missing", null)]
    [InlineData("""{"action":null,"parameters":{}}""", "action is missing", null)]
    [InlineData("""{"action":"","parameters":{}}""", "action is missing", null)]
    [InlineData("""{"action":3,"parameters":{}}""", "action has the wrong type", null)]
    [InlineData("""{"action":["members"],"parameters":{}}""", "action has the wrong type", null)]
    [InlineData("""{"action":"Members","parameters":{}}""", "action is not known", "Members")]
    [InlineData("""{"action":"delete_members","parameters":{}}""", "action is not known", "delete_members")]
    [InlineData("""{"action":"m\ud800","parameters":{}}""", "action is not valid text", null)]
    [InlineData("""{"action":"members"}""", "parameters is missing", "members")]
    [InlineData("""{"action":"members","parameters":null}""", "parameters is missing", "members")]
    [InlineData("""{"action":"members","parameters":[]}""", "parameters has the wrong type", "members")]
    [InlineData("""{"action":"members","parameters":"{}"}""", "parameters has the wrong type", "members")]
    [InlineData("{}", "action is missing", null)]
    public void A_wrong_frame_is_refused_and_the_action_echoed(string body, string message, string? action)
    {
        var failure = Pages.ParseFailure(body);

        Assert.Equal(CohortWebhookFailureKind.WrongEnvelope, failure.Kind);
        Assert.Equal(400, failure.StatusCode);
        Assert.StartsWith(message, failure.Message, StringComparison.Ordinal);
        Assert.Equal(action, failure.Action);
    }

    [Fact]
    public void An_action_of_more_than_64_characters_is_not_echoed()
    {
        var failure = Pages.ParseFailure($$$"""{"action":"{{{new string('a', 65)}}}","parameters":{}}""");

        Assert.Null(failure.Action);
        Assert.Contains("longer than 64", failure.Message, StringComparison.Ordinal);
    }

    private static string With(string key, string value)
    {
        // The last one of two equal keys counts.
        return Pages.WithParameters($"{Pages.Envelope},\"{key}\":{value}");
    }

    private static string Refusal(string body)
    {
        var failure = Pages.ParseFailure(body);
        Assert.Equal(CohortWebhookFailureKind.WrongEnvelope, failure.Kind);
        return failure.Message;
    }
}
