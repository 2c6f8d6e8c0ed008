using System.Text.Json;

namespace Sluice.Mixpanel.Tests.Cohorts;

public sealed class MemberTests
{
    [Fact]
    public void Friendly_keys_become_profile_names()
    {
        var properties = Pages.PropertiesOf(
            """
            { "mixpanel_distinct_id" : "u" , "email":"a@example.org" , "first_name":"Ana", "last_name":"Lima",
              "phone_number":"+82 10", "partner_user_id":"p-1", "Plan name":"trial" }
            """);

        Assert.Equal(
            """
            {"$email":"a@example.org","$first_name":"Ana","$last_name":"Lima","$phone":"+82 10","$partner_user_id":"p-1",
            "Plan name":"trial"}
            """.ReplaceLineEndings(""),
            properties);
    }

    [Theory]
    [InlineData("""{"mixpanel_distinct_id":"u","email":"friendly","$email":"raw"}""", """{"$email":"friendly"}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","$email":"raw","email":"friendly"}""", """{"$email":"friendly"}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","$email":"raw"}""", """{"$email":"raw"}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","$email":"raw","email":null}""", """{"$email":"raw"}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","email":null}""", """{"$email":null}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","email":"a","email":null,"$email":"raw"}""", """{"$email":"raw"}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","$first_name":"r","first_name":"f"}""", """{"$first_name":"f"}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","$last_name":"r","last_name":"f"}""", """{"$last_name":"f"}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","partner_user_id":1,"$partner_user_id":2}""", """{"$partner_user_id":1}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","$phone":"3","phone":"2","phone_number":"1"}""", """{"$phone":"1"}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","phone":"2","$phone":"3"}""", """{"$phone":"2"}""")]
    public void The_friendly_key_wins_over_the_raw_one(string member, string properties)
    {
        Assert.Equal(properties, Pages.PropertiesOf(member));
    }

    [Theory]
    [InlineData("""{"mixpanel_distinct_id":"u","a":1,"b":2,"a":3}""", """{"a":3,"b":2}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","a":1,"\u0061":[2]}""", """{"a":[2]}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","email":"x","\u0065mail":"y"}""", """{"$email":"y"}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","\"":1,"\u0022":2}""", """{"\"":2}""")]
    [InlineData("""{"mixpanel_distinct_id":"u","":1}""", """{"":1}""")]
    public void Of_two_equal_names_the_last_one_counts(string member, string properties)
    {
        Assert.Equal(properties, Pages.PropertiesOf(member));
    }

    [Fact]
    public void Values_keep_their_type_and_lose_only_their_white_space()
    {
        var properties = Pages.PropertiesOf(
            """
            {"mixpanel_distinct_id":"u","t":true,"f" : false,"n":null,"i":-12,"big":12345678901234567890,"d":1.50,"e":1E+5,
             "s":" two  blanks ","l":[ 1 , "a" , [ ] , { } ],"o":{ "k" : { "j" : " [ } " } },"empty":""}
            """);

        Assert.Equal(
            """
            {"t":true,"f":false,"n":null,"i":-12,"big":12345678901234567890,"d":1.50,"e":1E+5,
            "s":" two  blanks ","l":[1,"a",[],{}],"o":{"k":{"j":" [ } "}},"empty":""}
            """.ReplaceLineEndings(""),
            properties);
    }

    [Fact]
    public void Text_is_escaped_only_where_JSON_demands_it()
    {
        var properties = Pages.PropertiesOf(
            """
            {"mixpanel_distinct_id":"u","\uc774\ub984":"\ud55c\u0020\/\u002f\ud83d\ude00\u007f",
             "c":"\u0022\u005c\u0008\u000c\u000a\u000d\u0009\u0001\u001F\b\f\n\r\t\"\\",
             "l":["\u00e9",{"\u00e9":"\u0041"}]}
            """);

        Assert.Equal(
            "{\"이름\":\"한 //😀\u007F\","
                + "\"c\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\\",\"l\":[\"é\",{\"é\":\"A\"}]}",
            properties);
    }

    [Fact]
    public void A_member_with_nothing_but_an_id_has_no_properties()
    {
        Assert.Equal("{}", Pages.PropertiesOf("""{"mixpanel_distinct_id":"u","$distinct_id":"v"}"""));
    }

    [Theory]
    [InlineData("""{"mixpanel_distinct_id":"u","$distinct_id":"raw"}""", "u")]
    [InlineData("""{"$distinct_id":"raw","mixpanel_distinct_id":"u"}""", "u")]
    [InlineData("""{"$distinct_id":"raw"}""", "raw")]
    [InlineData("""{"$distinct_id":"raw","mixpanel_distinct_id":""}""", "raw")]
    [InlineData("""{"$distinct_id":"raw","mixpanel_distinct_id":null}""", "raw")]
    [InlineData("""{"$distinct_id":"raw","mixpanel_distinct_id":{"is":"u"}}""", "raw")]
    [InlineData("""{"mixpanel_distinct_id":"a","mixpanel_distinct_id":"b"}""", "b")]
    [InlineData("""{"mixpanel_distinct_id":12345678901234567890}""", "12345678901234567890")]
    [InlineData("""{"mixpanel_distinct_id":-1.50}""", "-1.50")]
    [InlineData("""{"mixpanel_distinct_id":" u "}""", " u ")]
    [InlineData("""{"mixpanel_distinct_id":"\ud55c\"\\\u0001\n"}""", "한\"\\\u0001\n")]
    [InlineData("""{"mixpanel_distinct_id":"$device:7f1c"}""", "$device:7f1c")]
    public void The_id_is_taken_as_sent(string member, string distinctId)
    {
        using var page = Pages.ParsePage(Pages.WithMembers(member));

        var found = Assert.Single(page.Members);
        Assert.Equal(distinctId, found.DistinctId);
        Assert.Equal(distinctId, Pages.Text(found.DistinctIdUtf8));
        Assert.Same(found.DistinctId, page.Members[0].DistinctId);
        Assert.Equal("{}", Pages.Text(found.Properties));
    }

    [Theory]
    [InlineData("customer id", """{"customer id":"c","mixpanel_distinct_id":"u"}""", "c", """{"customer id":"c"}""")]
    [InlineData("customer id", """{"customer id":42,"mixpanel_distinct_id":"u"}""", "42", """{"customer id":42}""")]
    [InlineData("customer id", """{"customer id":"","mixpanel_distinct_id":"u"}""", "u", """{"customer id":""}""")]
    [InlineData("customer id", """{"customer id":null,"mixpanel_distinct_id":"u"}""", "u", """{"customer id":null}""")]
    [InlineData("customer id", """{"customer id":true,"$distinct_id":"r"}""", "r", """{"customer id":true}""")]
    [InlineData("customer id", """{"mixpanel_distinct_id":"u"}""", "u", "{}")]
    [InlineData("kund\"ennummer é", """{"kund\"ennummer \u00e9":"k"}""", "k", """{"kund\"ennummer é":"k"}""")]
    [InlineData("$email", """{"email":"e","mixpanel_distinct_id":"u"}""", "e", """{"$email":"e"}""")]
    [InlineData("email", """{"$email":"e","mixpanel_distinct_id":"u"}""", "e", """{"$email":"e"}""")]
    [InlineData("$partner_user_id", """{"partner_user_id":"p"}""", "p", """{"$partner_user_id":"p"}""")]
    [InlineData("$distinct_id", """{"mixpanel_distinct_id":"u","$distinct_id":"r"}""", "r", "{}")]
    [InlineData("mixpanel_distinct_id", """{"mixpanel_distinct_id":"u","$distinct_id":"r"}""", "u", "{}")]
    public void An_exported_property_can_be_the_id(string property, string member, string distinctId, string properties)
    {
        using var page = Pages.ParsePage(Pages.WithMembers(member), Pages.Options with { IdentityProperty = property });

        var found = Assert.Single(page.Members);
        Assert.Equal(distinctId, found.DistinctId);
        Assert.Equal(properties, Pages.Text(found.Properties));
    }

    [Theory]
    [InlineData("""{"mixpanel_distinct_id":"u","email":" A@Example.org ","phone_number":"010-1"}""", " A@Example.org ", "010-1")]
    [InlineData("""{"mixpanel_distinct_id":"u","$email":"r","$phone":"+1"}""", "r", "+1")]
    [InlineData("""{"mixpanel_distinct_id":"u","phone":821012345678}""", null, "821012345678")]
    [InlineData("""{"mixpanel_distinct_id":"u","email":"","phone":""}""", null, null)]
    [InlineData("""{"mixpanel_distinct_id":"u","email":["a@example.org"],"phone":{}}""", null, null)]
    [InlineData("""{"mixpanel_distinct_id":"u","email":7,"phone":null}""", null, null)]
    [InlineData("""{"mixpanel_distinct_id":"u","email":"\u00e9\"@x"}""", "é\"@x", null)]
    [InlineData("""{"mixpanel_distinct_id":"u"}""", null, null)]
    public void Email_and_phone_are_as_sent(string member, string? email, string? phone)
    {
        using var page = Pages.ParsePage(Pages.WithMembers(member));

        var found = Assert.Single(page.Members);
        Assert.Equal(email, found.Email);
        Assert.Equal(email ?? "", Pages.Text(found.EmailUtf8));
        Assert.Equal(phone, found.Phone);
        Assert.Equal(phone ?? "", Pages.Text(found.PhoneUtf8));
    }

    [Fact]
    public void Thousands_of_members_keep_their_order_and_their_bytes()
    {
        var bodies = Enumerable.Range(0, 5_000).Select(i =>
            $$"""{"mixpanel_distinct_id":"u{{i}}","email":"e{{i}}","v":[{{i}},"{{new string('x', i % 300)}}"]}""");

        using var page = Pages.ParsePage(Pages.WithMembers([.. bodies]));

        Assert.Equal(5_000, page.Members.Count);
        for (var i = 0; i < page.Members.Count; i++)
        {
            var member = page.Members[i];
            Assert.Equal($"u{i}", member.DistinctId);
            Assert.Equal($"e{i}", member.Email);
            Assert.Equal($$"""{"$email":"e{{i}}","v":[{{i}},"{{new string('x', i % 300)}}"]}""", Pages.Text(member.Properties));
        }
    }

    [Fact]
    public void A_member_with_2000_properties_in_every_order_is_one_object()
    {
        var names = Enumerable.Range(0, 2_000).Select(i => $"n{i}").ToArray();
        var first = string.Concat(names.Select(name => $"\"{name}\":0,"));
        var second = string.Concat(names.Reverse().Select((name, i) => $"\"{name}\":{i},"));

        var properties = Pages.PropertiesOf($$"""{{{first}}{{second}}"mixpanel_distinct_id":"u"}""");

        using var document = JsonDocument.Parse(properties);
        Assert.Equal(names, document.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal(1_999, document.RootElement.GetProperty("n0").GetInt32());
        Assert.Equal(0, document.RootElement.GetProperty("n1999").GetInt32());
    }

    [Fact]
    public void The_list_of_members_can_be_walked_and_indexed()
    {
        using var page = Pages.ParsePage(Pages.WithMembers("""{"mixpanel_distinct_id":"a"}""", """{"mixpanel_distinct_id":"b"}"""));

        var walked = new List<string>();
        foreach (var member in page.Members)
        {
            walked.Add(member.DistinctId);
        }

        Assert.Equal(["a", "b"], walked);
        Assert.Throws<ArgumentOutOfRangeException>(() => page.Members[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => page.Members[-1]);
    }

    [Fact]
    public void After_disposal_members_cannot_be_read_and_rejected_ones_can()
    {
        var page = Pages.ParsePage(Pages.WithMembers("""{"mixpanel_distinct_id":"a","email":"e"}""", "null"));
        var member = page.Members[0];

        page.Dispose();
        page.Dispose();

        Assert.Throws<ObjectDisposedException>(() => member.DistinctId);
        Assert.Throws<ObjectDisposedException>(() => member.Properties);
        Assert.Throws<ObjectDisposedException>(() => member.Email);
        Assert.Throws<ObjectDisposedException>(() => member.Phone);
        Assert.Equal("null", Pages.Text(Assert.Single(page.Rejected).Payload));
    }

    [Fact]
    public void Pages_that_are_open_at_once_do_not_share_memory()
    {
        var pages = Enumerable.Range(0, 50)
            .Select(i => Pages.ParsePage(Pages.WithMembers($$"""{"mixpanel_distinct_id":"u{{i}}","v":{{i}}}""")))
            .ToList();

        for (var i = 0; i < pages.Count; i++)
        {
            Assert.Equal($$"""{"v":{{i}}}""", Pages.Text(pages[i].Members[0].Properties));
            pages[i].Dispose();
        }
    }
}
