using System.Text;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Mixpanel.Tests.Cohorts;

public sealed class RejectedMemberTests
{
    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("true")]
    [InlineData("\"u-1\"")]
    [InlineData("[]")]
    [InlineData("""[{"mixpanel_distinct_id":"u"}]""")]
    public void What_is_no_object_is_rejected(string member)
    {
        var rejected = Pages.RejectedOf(member);

        Assert.Equal(CohortRejectionReasons.NotAnObject, rejected.Reason);
        Assert.Equal(member, Pages.Text(rejected.Payload));
        Assert.Null(rejected.DistinctId);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"mixpanel_distinct_id":""}""")]
    [InlineData("""{"mixpanel_distinct_id":null,"$distinct_id":false}""")]
    [InlineData("""{"mixpanel_distinct_id":["u"]}""")]
    [InlineData("""{"distinct_id":"u"}""")]
    [InlineData("""{"Mixpanel_Distinct_Id":"u"}""")]
    public void A_member_without_an_id_is_rejected(string member)
    {
        Assert.Equal(CohortRejectionReasons.NoDistinctId, Pages.RejectedOf(member).Reason);
    }

    [Theory]
    [InlineData("""{"mixpanel_distinct_id":"u\u0000"}""", null)]
    [InlineData("""{"mixpanel_distinct_id":"u","a":"\u0000"}""", "u")]
    [InlineData("""{"mixpanel_distinct_id":"u","a\u0000":1}""", "u")]
    [InlineData("""{"mixpanel_distinct_id":"u","a":[{"b":["\u0000"]}]}""", "u")]
    public void A_NUL_is_rejected_wherever_it_is(string member, string? distinctId)
    {
        var rejected = Pages.RejectedOf(member);

        Assert.Equal(CohortRejectionReasons.NulCharacter, rejected.Reason);
        Assert.Equal(distinctId, rejected.DistinctId);
        Assert.Equal(member, Pages.Text(rejected.Payload));
        Assert.False(rejected.PayloadIsBase64);
    }

    [Theory]
    [InlineData("""{"mixpanel_distinct_id":"u\ud800"}""", null)]
    [InlineData("""{"mixpanel_distinct_id":"u","a":"\udc00"}""", "u")]
    [InlineData("""{"mixpanel_distinct_id":"u","a":"\ud83dx"}""", "u")]
    [InlineData("""{"mixpanel_distinct_id":"u","a":"\ud83d\n"}""", "u")]
    [InlineData("""{"mixpanel_distinct_id":"u","a":"\ud83d\ud83d\ude00"}""", "u")]
    [InlineData("""{"mixpanel_distinct_id":"u","a":"\ude00\ud83d"}""", "u")]
    [InlineData("""{"mixpanel_distinct_id":"u","\ud800":1}""", "u")]
    [InlineData("""{"mixpanel_distinct_id":"u","o":{"l":["\uDFFF"]}}""", "u")]
    public void Half_a_surrogate_pair_is_rejected_wherever_it_is(string member, string? distinctId)
    {
        var rejected = Pages.RejectedOf(member);

        Assert.Equal(CohortRejectionReasons.LoneSurrogate, rejected.Reason);
        Assert.Equal(distinctId, rejected.DistinctId);
        Assert.Equal(member, Pages.Text(rejected.Payload));
    }

    [Theory]
    [InlineData(new byte[] { 0xE9 })]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0xBD })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xF0, 0x9F, 0x98 })]
    [InlineData(new byte[] { 0xFF })]
    public void Bytes_that_are_not_UTF_8_are_rejected_and_kept_as_base64(byte[] bytes)
    {
        byte[] member = [.. """{"mixpanel_distinct_id":"u","email":"e","a":["""u8, (byte)'"', .. bytes, .. "\"]}"u8];

        var rejected = Pages.RejectedOf(member);

        Assert.Equal(CohortRejectionReasons.InvalidUtf8, rejected.Reason);
        Assert.Equal("u", rejected.DistinctId);
        Assert.Equal("e", rejected.Email);
        Assert.True(rejected.PayloadIsBase64);
        Assert.False(rejected.PayloadIsCut);
        Assert.Equal(member, Convert.FromBase64String(Pages.Text(rejected.Payload)));
        Assert.Equal(member.Length, rejected.ReceivedBytes);
    }

    [Fact]
    public void An_id_that_is_not_UTF_8_is_not_reported()
    {
        byte[] member = [.. """{"mixpanel_distinct_id":"u"""u8, 0xE9, .. "\"}"u8];

        Assert.Null(Pages.RejectedOf(member).DistinctId);
    }

    [Fact]
    public void An_id_has_at_most_255_bytes()
    {
        var longest = new string('é', 127) + "x";
        using var page = Pages.ParsePage(Pages.WithMembers(
            $$"""{"mixpanel_distinct_id":"{{longest}}"}""", $$"""{"mixpanel_distinct_id":"{{Repeat("\\n", 255)}}"}"""));
        Assert.Equal(2, page.Members.Count);
        Assert.Equal(longest, page.Members[0].DistinctId);

        var rejected = Pages.RejectedOf($$"""{"mixpanel_distinct_id":"{{longest}}x"}""");

        Assert.Equal(CohortRejectionReasons.DistinctIdTooLong, rejected.Reason);
        Assert.Equal("The id has 256 bytes; 255 are taken.", rejected.Detail);
        Assert.Equal(longest + "x", rejected.DistinctId);
    }

    [Fact]
    public void An_id_that_is_far_too_long_is_no_long_property()
    {
        var rejected = Pages.RejectedOf($$"""{"mixpanel_distinct_id":"{{new string('x', 100_000)}}"}""");

        Assert.Equal(CohortRejectionReasons.DistinctIdTooLong, rejected.Reason);
        Assert.Null(rejected.DistinctId);
    }

    [Theory]
    [InlineData("1e309")]
    [InlineData("-1e309")]
    [InlineData("1e999999999")]
    [InlineData("1E-999999999")]
    [InlineData("[0,[1e400]]")]
    [InlineData("""{"k":1e400}""")]
    public void Numbers_beyond_a_double_are_rejected(string value)
    {
        var rejected = Pages.RejectedOf($$"""{"mixpanel_distinct_id":"u","v":{{value}}}""");

        Assert.Equal(CohortRejectionReasons.NumberOutOfRange, rejected.Reason);
        Assert.Equal("Property 2 holds a number outside the range of a double.", rejected.Detail);
    }

    [Fact]
    public void Numbers_within_a_double_are_kept_as_written()
    {
        var zeros = new string('0', 300);
        var numbers = $"[1.7976931348623157e308,-5e-324,0e999999,0.0,1{zeros},123456789012345678901234567890]";

        Assert.Equal($$"""{"v":{{numbers}}}""", Pages.PropertiesOf($$"""{"mixpanel_distinct_id":"u","v":{{numbers}}}"""));
        Assert.Equal(
            CohortRejectionReasons.NumberOutOfRange,
            Pages.RejectedOf($$"""{"mixpanel_distinct_id":"u","v":0.{{zeros}}{{zeros}}}""").Reason);
    }

    [Theory]
    [InlineData("x", 1)]
    [InlineData("é", 2)]
    [InlineData("\\n", 1)]
    [InlineData("\\u00e9", 2)]
    [InlineData("\\ud83d\\ude00", 4)]
    public void A_text_over_its_limit_is_rejected(string letter, int bytes)
    {
        var options = Pages.Options with { MaxStringBytes = 40 };
        var longest = Repeat(letter, 40 / bytes);

        using var page = Pages.ParsePage(Pages.WithMembers($$"""{"mixpanel_distinct_id":"u","v":"{{longest}}"}"""), options);
        Assert.Empty(page.Rejected);

        var rejected = Pages.RejectedOf($$"""{"mixpanel_distinct_id":"u","a":0,"email":"{{longest}}{{letter}}"}""", options);
        Assert.Equal(CohortRejectionReasons.PropertyTooLong, rejected.Reason);
        Assert.Equal($"The text of property 3 has {40 + bytes} bytes; 40 are taken.", rejected.Detail);
        Assert.Equal("u", rejected.DistinctId);
    }

    [Fact]
    public void A_list_over_its_limit_is_rejected_by_its_size_without_white_space()
    {
        var options = Pages.Options with { MaxContainerBytes = 10 };
        using var page = Pages.ParsePage(Pages.WithMembers("""{"mixpanel_distinct_id":"u","v":[ 1, 2,  3,  40 ]}"""), options);
        Assert.Empty(page.Rejected);

        var rejected = Pages.RejectedOf("""{"mixpanel_distinct_id":"u","v":[ 1, 2,  3,  400 ]}""", options);

        Assert.Equal(CohortRejectionReasons.PropertyTooLong, rejected.Reason);
        Assert.Equal("The list or object of property 2 has 11 bytes; 10 are taken.", rejected.Detail);
    }

    [Fact]
    public void The_default_limits_leave_room_above_those_of_Mixpanel()
    {
        var text = new string('x', 65_536);
        var list = "[" + Repeat("\"abcdefghijklm\",", 16_383) + "\"abcdefghij\"]";
        Assert.Equal(256 * 1024, list.Length + 2);

        using var page = Pages.ParsePage(Pages.WithMembers($$"""{"mixpanel_distinct_id":"u","text":"{{text}}","list":{{list}}}"""));

        Assert.Empty(page.Rejected);
        Assert.Equal(
            CohortRejectionReasons.PropertyTooLong, Pages.RejectedOf($$"""{"mixpanel_distinct_id":"u","v":"{{text}}x"}""").Reason);
    }

    [Fact]
    public void A_name_has_at_most_255_characters()
    {
        var longest = Repeat("é", 127) + Repeat("\\ud83d\\ude00", 127) + "\\n";
        using var page = Pages.ParsePage(Pages.WithMembers($$"""{"mixpanel_distinct_id":"u","{{longest}}":1}"""));
        Assert.Empty(page.Rejected);

        var rejected = Pages.RejectedOf($$"""{"mixpanel_distinct_id":"u","{{longest}}😀":1}""");

        Assert.Equal(CohortRejectionReasons.PropertyNameTooLong, rejected.Reason);
        Assert.Equal("The name of property 2 has 256 characters; 255 are taken.", rejected.Detail);
    }

    [Fact]
    public void A_member_has_at_most_2000_properties_and_ids_do_not_count()
    {
        var most = string.Concat(Enumerable.Range(0, 1_998).Select(i => $"\"p{i}\":1,"));
        const string rest =
            """
            "email":"e","$email":"f","phone":"1","mixpanel_distinct_id":"u","$distinct_id":"v"
            """;
        using var page = Pages.ParsePage(Pages.WithMembers($$"""{{{most}}{{rest}}}"""));
        Assert.Empty(page.Rejected);

        foreach (var extra in (string[])["\"one\":1,", "\"first_name\":\"x\",", Repeat("\"p0\":0,", 3) + "\"one\":1,"])
        {
            var rejected = Pages.RejectedOf($$"""{{{most}}{{extra}}{{rest}}}""");
            Assert.Equal(CohortRejectionReasons.TooManyProperties, rejected.Reason);
            Assert.Equal(("u", "e", "1"), (rejected.DistinctId, rejected.Email, rejected.Phone));
        }

        var many = Pages.RejectedOf($$"""{"x":1,"y":2,{{most}}{{rest}}}""", Pages.Options with { MaxProperties = 1 });
        Assert.Equal("The member has more than 1 properties.", many.Detail);
        Assert.Equal("u", many.DistinctId);
    }

    [Fact]
    public void A_value_may_be_nested_32_levels_deep()
    {
        using var page = Pages.ParsePage(Pages.WithMembers(Nested(32)));
        Assert.Empty(page.Rejected);

        var rejected = Pages.RejectedOf(Nested(33));

        Assert.Equal(CohortRejectionReasons.TooDeep, rejected.Reason);
        Assert.Equal("The value of property 2 is nested 33 levels deep; 32 are taken.", rejected.Detail);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(65_536)]
    public void A_member_that_is_too_large_is_rejected_without_being_held(int window)
    {
        var options = Pages.Options with { MaxMemberBytes = 300, InitialWindowBytes = window, MaxRejectedPayloadBytes = 200 };
        var exact = """{"mixpanel_distinct_id":"u0","v":""" + new string(' ', 300 - 35) + "1}";
        Assert.Equal(300, exact.Length);
        var large = """{"mixpanel_distinct_id":"u1","v":""" + new string(' ', 300) + """[{"a":"\"]}"},"ééé"]}""";

        using var page = Pages.ParsePage(Pages.WithMembers(exact, large, """{"mixpanel_distinct_id":"u2"}""", large, exact), options);

        Assert.Equal(["u0", "u2", "u0"], page.Members.Select(member => member.DistinctId));
        Assert.Equal([1, 3], page.Rejected.Select(rejected => rejected.Index));
        Assert.All(page.Rejected, rejected =>
        {
            Assert.Equal(CohortRejectionReasons.MemberTooLarge, rejected.Reason);
            Assert.Equal(Encoding.UTF8.GetByteCount(large), rejected.ReceivedBytes);
            Assert.Equal(large[..200], Pages.Text(rejected.Payload));
            Assert.True(rejected.PayloadIsCut);
        });
    }

    [Fact]
    public void A_large_member_has_the_same_hash_whether_it_is_held_or_not()
    {
        var body = Pages.WithMembers("""{ "mixpanel_distinct_id" : "u" , "v" : [ 1 , "\" , \\" , " é " ] }""", "null");

        using var held = Pages.ParsePage(body);
        using var large = Pages.ParsePage(body, Pages.Options with { MaxMemberBytes = 5, InitialWindowBytes = 16 });

        Assert.Empty(large.Members);
        Assert.Equal(held.ContentHash.ToArray(), large.ContentHash.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("xx")]
    public void A_large_member_may_have_its_escapes_at_the_edge_of_a_piece(string shift)
    {
        // One text that is larger than a piece: at one of the shifts a backslash is the last byte of a piece.
        var body = Pages.WithMembers($$"""{"mixpanel_distinct_id":"u","v":"{{shift}}{{Repeat("\\\" ", 20_000)}}"}""");

        using var held = Pages.ParsePage(body, Pages.Options with { MaxStringBytes = 100_000 });
        using var large = Pages.ParsePage(body, Pages.Options with { MaxMemberBytes = 5 });

        Assert.Empty(held.Rejected);
        Assert.Empty(large.Members);
        Assert.Equal(held.ContentHash.ToArray(), large.ContentHash.ToArray());
    }

    [Theory]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(103)]
    public void A_long_payload_is_cut_between_characters(int most)
    {
        var member = $$"""{"a":"{{Repeat("😀é한x", 40)}}"}""";

        var rejected = Pages.RejectedOf(member, Pages.Options with { MaxRejectedPayloadBytes = most });

        Assert.True(rejected.PayloadIsCut);
        Assert.False(rejected.PayloadIsBase64);
        Assert.InRange(rejected.Payload.Length, most - 3, most);
        Assert.StartsWith(Pages.Text(rejected.Payload), member, StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetByteCount(member), rejected.ReceivedBytes);
    }

    [Fact]
    public void A_payload_is_bounded_to_64_KiB_also_as_base64()
    {
        byte[] member = [.. "{\"a\":\""u8, .. Enumerable.Repeat((byte)0xFF, 200_000), .. "\"}"u8];

        var rejected = Pages.RejectedOf(member);

        Assert.True(rejected.PayloadIsBase64);
        Assert.True(rejected.PayloadIsCut);
        Assert.Equal(65_536, rejected.Payload.Length);
        Assert.Equal(member[..(65_536 / 4 * 3)], Convert.FromBase64String(Pages.Text(rejected.Payload)));
    }

    [Fact]
    public void The_good_members_around_the_bad_ones_land()
    {
        using var page = Pages.ParsePage(Pages.WithMembers(
            """{"mixpanel_distinct_id":"a"}""",
            "null",
            """{"mixpanel_distinct_id":"b","x":"\u0000"}""",
            """{"mixpanel_distinct_id":"c"}""",
            "{}"));

        Assert.Equal(["a", "c"], page.Members.Select(member => member.DistinctId));
        Assert.Equal(
            [(1, "not_an_object"), (2, "nul_character"), (4, "no_distinct_id")],
            page.Rejected.Select(rejected => (rejected.Index, rejected.Reason)));
    }

    [Fact]
    public void What_is_said_about_a_member_holds_nothing_of_it()
    {
        const string secret = "ana.lima";
        var options = Pages.Options with
        {
            MaxStringBytes = 20, MaxContainerBytes = 20, MaxPropertyNameCharacters = 20, MaxPropertyDepth = 2,
        };
        string[] members =
        [
            $"\"{secret}\"",
            $$"""{"email":"{{secret}}"}""",
            $$"""{"mixpanel_distinct_id":"{{Repeat(secret, 40)}}"}""",
            $$"""{"mixpanel_distinct_id":"u","{{secret}}\u0000":"{{secret}}"}""",
            $$"""{"mixpanel_distinct_id":"u","{{secret}}\ud800":"{{secret}}"}""",
            $$"""{"mixpanel_distinct_id":"u","{{secret}}":"{{Repeat(secret, 9)}}"}""",
            $$"""{"mixpanel_distinct_id":"u","{{Repeat(secret, 9)}}":1}""",
            $$"""{"mixpanel_distinct_id":"u","{{secret}}":["{{Repeat(secret, 9)}}"]}""",
            $$"""{"mixpanel_distinct_id":"u","{{secret}}":[[["{{secret}}"]]]}""",
            $$"""{"mixpanel_distinct_id":"u","{{secret}}":1e999}""",
        ];

        using var page = Pages.ParsePage(Pages.WithMembers(members), options);

        Assert.Equal(members.Length, page.Rejected.Count);
        Assert.All(page.Rejected, rejected => Assert.DoesNotContain(secret, rejected.Detail, StringComparison.Ordinal));
        Assert.All(page.Rejected, rejected => Assert.DoesNotContain(secret, rejected.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Reasons_are_snake_case_and_all_different()
    {
        var reasons = typeof(CohortRejectionReasons).GetFields()
            .Select(field => (string)field.GetRawConstantValue()!)
            .ToList();

        Assert.Equal(12, reasons.Distinct().Count());
        Assert.All(reasons, reason => Assert.Matches("^[a-z0-9]+(_[a-z0-9]+)*$", reason));
    }

    private static string Nested(int levels) =>
        """{"mixpanel_distinct_id":"u","v":"""
        + Repeat("[{\"k\":", levels / 2) + (levels % 2 == 1 ? "[]" : "1") + Repeat("}]", levels / 2) + "}";

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
