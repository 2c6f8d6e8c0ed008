using System.Text;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Mixpanel.Tests.Cohorts;

public sealed class SplittingTests
{
    private static readonly byte[] Body =
    [
        .. Encoding.UTF8.GetBytes(
            """
            {"ignored":{"a":[1,{"b":"é\u00e9"}],"n":-1.5e3},"action" : "add_members",
             "parameters":{"mixpanel_project_id":4100200,"mixpanel_cohort_id":"77\u0030",
              "mixpanel_cohort_name":"Kündigung 😀 \ud83d\ude00","mixpanel_cohort_description":null,
              "mixpanel_session_id":"s-1","page_info":{"total_pages":"3","x":[],"page_count":2},
              "members":[{"mixpanel_distinct_id":"u-1","email":"a@example.org","tags":[1,true,{"k":null}],"name":"\uc774\ub984 \"\\"},
               null , 12 ,"text",[[{}]],{"$distinct_id":12345,"x":"\u0000"},{"$distinct_id":12345,"x":"\ud800"},{},
               {"mixpanel_distinct_id":"u-2","bad":"
            """.TrimEnd()),
        0xE9, 0xFF,
        .. Encoding.UTF8.GetBytes(
            """
            "},{"mixpanel_distinct_id":"u-3" , "phone" : 821 }], "mixpanel_integration_id":"0"}, "more":false}
            """),
    ];

    [Fact]
    public void A_body_in_pieces_of_any_size_is_the_same_page()
    {
        var whole = Outcome.Describe(Pages.Parse(Body));
        Assert.Contains("AddMembers 4100200 770 Kündigung 😀 😀  s-1 2/3", whole, StringComparison.Ordinal);
        Assert.Equal(8, whole.Split("\n--\n")[1].Split('\n').Length);

        foreach (var window in (int[])[16, 32, 64, 128, 256])
        {
            for (var chunk = 1; chunk <= 70; chunk++)
            {
                var options = Pages.Options with { InitialWindowBytes = window };
                Assert.Equal(whole, Outcome.Describe(Pages.Parse(new ChunkedStream(Body, chunk), options)));
            }
        }
    }

    [Theory]
    [InlineData(16, 4 * 1024 * 1024)]
    [InlineData(64, 4 * 1024 * 1024)]
    [InlineData(128, 4 * 1024 * 1024)]
    [InlineData(16, 20)]
    [InlineData(32, 20)]
    [InlineData(64, 50)]
    public void Every_token_may_lie_across_the_edge_of_the_window(int window, int maxMemberBytes)
    {
        var options = Pages.Options with { MaxMemberBytes = maxMemberBytes };
        var whole = Outcome.Describe(Pages.Parse(Body, options));

        // White space in front moves every byte of the body to every place in the window.
        for (var shift = 0; shift <= window; shift++)
        {
            byte[] shifted = [.. Enumerable.Repeat((byte)' ', shift), .. Body];
            Assert.Equal(whole, Outcome.Describe(Pages.Parse(shifted, options with { InitialWindowBytes = window })));
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(65_536)]
    public void A_body_that_is_cut_anywhere_is_refused_as_truncated(int window)
    {
        var actionEnd = Body.AsSpan().IndexOf("\"add_members\""u8) + "\"add_members\"".Length;
        for (var length = 1; length < Body.Length; length++)
        {
            var failure = Assert.IsType<CohortWebhookFailure>(
                Pages.Parse(new ChunkedStream(Body.AsMemory(0, length), 1), Pages.Options with { InitialWindowBytes = window }));
            Assert.Equal(CohortWebhookFailureKind.Truncated, failure.Kind);
            Assert.Contains($"after {length} bytes", failure.Message, StringComparison.Ordinal);
            Assert.Equal(length < actionEnd ? null : "add_members", failure.Action);
        }
    }

    [Fact]
    public void A_body_that_is_cut_anywhere_and_goes_on_with_something_else_is_refused()
    {
        // No prefix of the body can be closed by a brace, or by a letter.
        for (var length = 0; length <= Body.Length; length++)
        {
            byte[] broken = [.. Body[..length], (byte)'x'];
            var result = Pages.Parse(broken);
            Outcome.MustBeSound(result);
            Assert.IsType<CohortWebhookFailure>(result);
        }
    }
}
