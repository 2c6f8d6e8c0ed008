namespace Sluice.Mixpanel.Tests.Cohorts;

public sealed class ContentHashTests
{
    private const string A = """{"mixpanel_distinct_id":"a","x":" 1 ","l":[1,{"k":"\" "}]}""";
    private const string B = """{"mixpanel_distinct_id":"b"}""";

    [Fact]
    public void White_space_does_not_count()
    {
        const string spaced = "{ \"mixpanel_distinct_id\"\t:\r\n\"a\" , \"x\" : \" 1 \" , \"l\" : [ 1 , { \"k\" : \"\\\" \" } ] }";

        Assert.Equal(Hash(Pages.WithMembers(A, B)), Hash(Pages.WithMembers("\n " + spaced + " ", " \t" + B + "\r\n")));
    }

    [Fact]
    public void Nothing_around_the_members_counts()
    {
        var other =
            $$$"""
            {"parameters":{"members":[{{{A}}},{{{B}}}],"extra":1,"page_info":{"page_count":2,"total_pages":9},
             "mixpanel_cohort_name":"other","mixpanel_session_id":"s","mixpanel_cohort_id":1,"mixpanel_project_id":2},
             "action":"add_members"}
            """;
        var outer = $$$"""{"members":[{{{A}}},{{{B}}}],"action":"members","parameters":{{{{Pages.Envelope}}}}}""";

        Assert.Equal(Hash(Pages.WithMembers(A, B)), Hash(other));
        Assert.Equal(Hash(Pages.WithMembers(A, B)), Hash(outer));
    }

    [Fact]
    public void A_list_that_is_replaced_by_a_later_one_does_not_count()
    {
        Assert.Equal(
            Hash(Pages.WithMembers(A)),
            Hash(Pages.WithParameters($"{Pages.Envelope},\"members\":[{B},null],\"members\":[{A}]")));
    }

    [Fact]
    public void Every_difference_of_the_members_counts()
    {
        string[][] pages =
        [
            [], [A], [B], [A, B], [B, A], [A, A], [A, B, "null"], [A, "null", B],
            ["null"], ["null", "null"], ["1", "2"], ["12"], ["[1,2]"],
            [A.Replace(" 1 ", "1", StringComparison.Ordinal)], [A.Replace("[1", "[2", StringComparison.Ordinal)], ["{}"], ["[]"], ["\"\""],
        ];

        Assert.Equal(pages.Length, pages.Select(members => Hash(Pages.WithMembers(members))).Distinct().Count());
    }

    private static string Hash(string body)
    {
        using var page = Pages.ParsePage(body);
        Assert.Equal(32, page.ContentHash.Length);
        return Convert.ToHexString(page.ContentHash.Span);
    }
}
