using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Mixpanel.Tests.Cohorts;

public sealed class ReferenceTests
{
    private static readonly Gen<string> Blank = Gen.Elements("", "", "", " ", "\n\t ", "\r\n");

    private static readonly Gen<string> Text =
        from pieces in Gen.ListOf(Gen.Elements(
            "a", "B", " ", "é", "한", "😀", "/", "{", "]", ",", ":",
            "\\/", "\\\"", "\\\\", "\\n", "\\u0061", "\\u00E9", "\\ud55c", "\\ud83d\\ude00", "\\u0001"))
        select $"\"{string.Concat(pieces.Take(12))}\"";

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Text,
        Gen.Elements("null", "true", "false", "0", "-1", "1.50", "12345678901234567890", "1e3", "\"\"", "\"id\"", "42"));

    private static readonly Gen<string> Name = Gen.OneOf(
        Gen.Elements(
            "email", "$email", "first_name", "$first_name", "last_name", "$last_name", "phone", "phone_number", "$phone",
            "partner_user_id", "$partner_user_id", "mixpanel_distinct_id", "mixpanel_distinct_id", "$distinct_id",
            "\\u0065mail", "a", "\\u0061", "plan name", "", "\\\"", "chosen")
            .Select(name => $"\"{name}\""),
        Text);

    private static readonly Gen<string> Member = Gen.Frequency(
        (9, Object(Name, Gen.Frequency((5, Scalar), (1, List(Scalar)), (1, Object(Name, Gen.OneOf(Scalar, List(Scalar))))))),
        (1, Gen.OneOf(Scalar, List(Scalar))));

    private static readonly Gen<string> Page =
        from action in Gen.Elements("members", "add_members", "remove_members")
        from description in Gen.Elements(
            "", ",\"mixpanel_cohort_description\":null", ",\"mixpanel_cohort_description\":\"d\\u00e9\"")
        from pages in Gen.Elements(
            "",
            ",\"page_info\":{\"total_pages\":7,\"page_count\":\"3\"}",
            ",\"page_info\":{\"page_count\":1,\"page_count\":2,\"total_pages\":2}")
        from inner in Gen.Frequency(
            (8, List(Member).Select(list => ",\"members\":" + list)), (1, Gen.Elements("", ",\"members\":null")))
        from outer in Gen.Frequency((2, Gen.Constant("")), (1, List(Member).Select(list => ",\"members\":" + list)))
        from earlier in Gen.Frequency((3, Gen.Constant("")), (1, List(Member).Select(list => "\"members\":" + list + ",")))
        let parameters = $"\"parameters\":{{{earlier}{Pages.Envelope}{description}{pages}{inner}}}"
        from isActionFirst in Gen.Elements(true, false)
        from blank in Blank
        let page = isActionFirst
            ? $"{{\"action\":\"{action}\"{outer},{parameters}}}"
            : $"{{{parameters}{outer},\"action\":\"{action}\"}}"
        select blank + page + blank;

    [Theory]
    [InlineData(null)]
    [InlineData("chosen")]
    [InlineData("$email")]
    public void Every_valid_page_is_read_as_by_the_plain_reference(string? identityProperty)
    {
        Prop.ForAll(Page.ToArbitrary(), body => MustAgree(body, identityProperty))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithQuietOnSuccess(true));
    }

    private static void MustAgree(string body, string? identityProperty)
    {
        var expected = ReferencePage.Parse(body, identityProperty);
        var options = Pages.Options with { IdentityProperty = identityProperty, InitialWindowBytes = 128 };
        using var page = Pages.Page(Pages.Parse(new ChunkedStream(Encoding.UTF8.GetBytes(body), 50), options));

        Assert.Equal(
            expected.Head,
            $"{CohortActionNames.Of(page.Action)}|{page.ProjectId}|{page.CohortId}|{page.CohortName}|{page.SessionId}|"
                + $"{page.CohortDescription}|{page.PageNumber}|{page.TotalPages}");
        Assert.Equal(expected.Rejected, page.Rejected.Select(rejected => (rejected.Index, rejected.Reason)));
        Assert.Equal(expected.Members.Select(member => member.DistinctId), page.Members.Select(member => member.DistinctId));
        foreach (var (member, found) in expected.Members.Zip(page.Members))
        {
            Assert.Equal(member.Email, found.Email);
            Assert.Equal(member.Phone, found.Phone);
            Assert.True(member.HasProperties(found.Properties), Pages.Text(found.Properties));
        }
    }

    private static Gen<string> List(Gen<string> item) =>
        from items in Gen.ListOf(Padded(item))
        select $"[{string.Join(',', items.Take(8))}]";

    private static Gen<string> Object(Gen<string> name, Gen<string> value) =>
        from items in Gen.ListOf(from key in Padded(name) from content in Padded(value) select $"{key}:{content}")
        select $"{{{string.Join(',', items.Take(12))}}}";

    private static Gen<string> Padded(Gen<string> item) =>
        from before in Blank
        from text in item
        from after in Blank
        select before + text + after;
}
