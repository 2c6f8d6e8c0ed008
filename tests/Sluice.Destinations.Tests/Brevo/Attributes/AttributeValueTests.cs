using Sluice.Destinations.Brevo.Attributes;

namespace Sluice.Destinations.Tests.Brevo.Attributes;

public sealed class AttributeValueTests
{
    [Theory]
    [InlineData("CITY", "\"Seoul\"", "\"Seoul\"", "Seoul")]
    [InlineData("CITY", "\" \"", "\" \"", " ")]
    [InlineData("CITY", "\"\\uc11c\\uc6b8 \\ud83d\\ude00\"", "\"서울 \\uD83D\\uDE00\"", "서울 😀")]
    [InlineData("CITY", "\"a\\nb;\\\"c\\\"\"", "\"a\\nb;\\\"c\\\"\"", "a\nb;\"c\"")]
    [InlineData("CITY", "1.50", "\"1.50\"", "1.50")]
    [InlineData("CITY", "true", "\"true\"", "true")]
    [InlineData("CITY", "[\"a\", null, \"\", 2, false, \"b\\u0041\"]", "\"a,2,false,bA\"", "a,2,false,bA")]
    [InlineData("CITY", "[[1, 2], {\"k\": \"v w\"}]", "\"[1,2],{\\\"k\\\":\\\"v w\\\"}\"", "[1,2],{\"k\":\"v w\"}")]
    [InlineData("CITY", "{ \"a\" : [ 1 , \"x \\\" y\" ] }", "\"{\\\"a\\\":[1,\\\"x \\\\\\\" y\\\"]}\"", "{\"a\":[1,\"x \\\" y\"]}")]
    [InlineData("CITY", "{}", "\"{}\"", "{}")]
    [InlineData("LTV", "1250.0", "1250", "1250")]
    [InlineData("LTV", "-0.0", "0", "0")]
    [InlineData("LTV", "\" 12.50 \"", "12.5", "12.5")]
    [InlineData("LTV", "\"-1.5e-1\"", "-0.15", "-0.15")]
    [InlineData("LTV", "9007199254740993", "9007199254740993", "9007199254740993")]
    [InlineData("LTV", "0.1000", "0.1", "0.1")]
    [InlineData("LTV", "1e20", "100000000000000000000", "100000000000000000000")]
    [InlineData("LTV", "1E+300", "1E+300", "1E+300")]
    [InlineData("LTV", "1e-20", "1E-20", "1E-20")]
    [InlineData("LTV", "0e5", "0", "0")]
    [InlineData("SIGNUP_DATE", "\"2026-01-31\"", "\"2026-01-31\"", "2026-01-31")]
    [InlineData("SIGNUP_DATE", "\"2024-02-29T23:59:59.999-11:00\"", "\"2024-02-29\"", "2024-02-29")]
    [InlineData("SIGNUP_DATE", "\"2026-01-31T23:30:00Z\"", "\"2026-01-31\"", "2026-01-31")]
    [InlineData("SIGNUP_DATE", "\"2026-01-31 08:15\"", "\"2026-01-31\"", "2026-01-31")]
    [InlineData("SIGNUP_DATE", "\" 2026-01-31T08:15:10,5+0530 \"", "\"2026-01-31\"", "2026-01-31")]
    [InlineData("SIGNUP_DATE", "1769871600", "\"2026-02-01\"", "2026-02-01")]
    [InlineData("SIGNUP_DATE", "1769871599", "\"2026-01-31\"", "2026-01-31")]
    [InlineData("SIGNUP_DATE", "1769871599.9", "\"2026-01-31\"", "2026-01-31")]
    [InlineData("SIGNUP_DATE", "1769871600000", "\"2026-02-01\"", "2026-02-01")]
    [InlineData("SIGNUP_DATE", "100000000", "\"1973-03-03\"", "1973-03-03")]
    [InlineData("SIGNUP_DATE", "100000000000", "\"1973-03-03\"", "1973-03-03")]
    [InlineData("VIP", "true", "true", "true")]
    [InlineData("VIP", "false", "false", "false")]
    [InlineData("VIP", "\"True\"", "true", "true")]
    [InlineData("VIP", "\" FALSE \"", "false", "false")]
    [InlineData("VIP", "1", "true", "true")]
    [InlineData("VIP", "\"0\"", "false", "false")]
    [InlineData("TIER", "\"gold\"", "1", "1")]
    [InlineData("TIER", "\" SILVER \"", "2", "2")]
    [InlineData("TIER", "2", "2", "2")]
    [InlineData("TIER", "\"bronze\"", "\"x-3\"", "x-3")]
    [InlineData("TIER", "\"X-3\"", "\"x-3\"", "x-3")]
    [InlineData("COUNTRIES", "[\"KR\", \"fr\", \"KR\", null]", "[\"FR\",\"KR\"]", "FR,KR")]
    [InlineData("COUNTRIES", "\"DE\"", "[\"DE\"]", "DE")]
    [InlineData("SMS", "\"+82 10-1234-5678\"", "\"821012345678\"", "821012345678")]
    [InlineData("SMS", "821012345678", "\"821012345678\"", "821012345678")]
    [InlineData("WHATSAPP", "\"00821012345678\"", "\"821012345678\"", "821012345678")]
    [InlineData("LANDLINE_NUMBER", "\"+82212345678\"", "\"82212345678\"", "82212345678")]
    [InlineData("OWNER", "\" Ops@Acme.test \"", "\"ops@acme.test\"", "ops@acme.test")]
    public void A_value_that_fits_is_sent_in_the_form_of_its_type(string attribute, string value, string json, string cell)
    {
        var plan = Account.Plan(attribute);
        var payload = Account.Convert(plan, $$"""{"p":{{value}}}""");

        Assert.Empty(payload.Problems);
        Assert.Equal(AttributeState.Value, payload.State(0));
        Assert.Equal($$"""{"{{attribute}}":{{json}}}""", Account.Json(payload, ClearScope.EmptiedAndMissing));
        Assert.Equal((string?[])[cell], Account.Cells(plan, payload));
        Assert.True(payload.FitsCsv);
    }

    [Theory]
    [InlineData("CITY", "\"\\ud83d\"", "invalid_text")]
    [InlineData("CITY", "[\"a\", \"\\ude00\"]", "invalid_text")]
    [InlineData("LTV", "\"12,50\"", "not_a_number")]
    [InlineData("LTV", "\"1,250.00\"", "not_a_number")]
    [InlineData("LTV", "\"$12\"", "not_a_number")]
    [InlineData("LTV", "\"NaN\"", "not_a_number")]
    [InlineData("LTV", "\"Infinity\"", "not_a_number")]
    [InlineData("LTV", "\"-∞\"", "not_a_number")]
    [InlineData("LTV", "1e999", "not_a_number")]
    [InlineData("LTV", "true", "not_a_number")]
    [InlineData("LTV", "[1]", "not_a_number")]
    [InlineData("LTV", "{}", "not_a_number")]
    [InlineData("SIGNUP_DATE", "\"2026-02-29\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"2026-13-01\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"0000-01-01\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"31/01/2026\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"2026-1-31\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"20260131\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"2026-01-31x\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"2026-01-31T\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"2026-01-31T25:00\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"2026-01-31T10:00:00.Z\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"2026-01-31T10:00:00Z!\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "\"1769871600\"", "not_a_date")]
    [InlineData("SIGNUP_DATE", "99999999", "not_a_date")]
    [InlineData("SIGNUP_DATE", "-1769871600", "not_a_date")]
    [InlineData("SIGNUP_DATE", "253402300800000", "not_a_date")]
    [InlineData("SIGNUP_DATE", "true", "not_a_date")]
    [InlineData("SIGNUP_DATE", "[\"2026-01-31\"]", "not_a_date")]
    [InlineData("VIP", "2", "not_a_boolean")]
    [InlineData("VIP", "\"yes\"", "not_a_boolean")]
    [InlineData("VIP", "[]", "not_a_boolean")]
    [InlineData("TIER", "\"platinum\"", "unknown_category")]
    [InlineData("TIER", "3", "unknown_category")]
    [InlineData("TIER", "[\"gold\"]", "unknown_category")]
    [InlineData("COUNTRIES", "\"JP\"", "unknown_option")]
    [InlineData("COUNTRIES", "\"FR,DE\"", "unknown_option")]
    [InlineData("COUNTRIES", "{\"FR\":1}", "unknown_option")]
    [InlineData("COUNTRIES", "[\"\\ude00\"]", "invalid_text")]
    [InlineData("SMS", "\"010-1234-5678\"", "phone_no_country_code")]
    [InlineData("SMS", "\"+1234\"", "phone_too_short")]
    [InlineData("SMS", "\"+1234567890123456\"", "phone_too_long")]
    [InlineData("SMS", "\"call me\"", "phone_malformed")]
    [InlineData("SMS", "82101234567.8", "phone_malformed")]
    [InlineData("SMS", "-821012345678", "phone_malformed")]
    [InlineData("SMS", "true", "phone_malformed")]
    [InlineData("SMS", "[]", "phone_malformed")]
    [InlineData("OWNER", "\"somebody\"", "not_a_user")]
    public void A_value_that_does_not_fit_is_named_and_leaves_the_contact_as_it_is(string attribute, string value, string reason)
    {
        var plan = Account.Plan(attribute);
        var payload = Account.Convert(plan, $$"""{"p":{{value}}}""");

        Assert.Equal([new AttributeProblem(attribute, "p", reason)], payload.Problems);
        Assert.Equal(AttributeState.Refused, payload.State(0));
        Assert.Equal("{}", Account.Json(payload, ClearScope.EmptiedAndMissing));
        Assert.Equal((string?[])[null], Account.Cells(plan, payload));
    }

    [Theory]
    [InlineData("CITY", "null")]
    [InlineData("CITY", "\"\"")]
    [InlineData("CITY", "[]")]
    [InlineData("CITY", "[null, \"\"]")]
    [InlineData("LTV", "\" \"")]
    [InlineData("SIGNUP_DATE", "\"\"")]
    [InlineData("VIP", "null")]
    [InlineData("TIER", "\"\"")]
    [InlineData("COUNTRIES", "[]")]
    [InlineData("COUNTRIES", "[null, \" \"]")]
    [InlineData("SMS", "\"\"")]
    public void A_value_that_says_nothing_clears_the_attribute_as_json_and_not_in_a_cell(string attribute, string value)
    {
        var plan = Account.Plan(attribute);
        var payload = Account.Convert(plan, $$"""{"p":{{value}}}""");

        Assert.Equal(AttributeState.Empty, payload.State(0));
        Assert.Empty(payload.Problems);
        Assert.Equal($$"""{"{{attribute}}":""}""", Account.Json(payload, ClearScope.Emptied));
        Assert.Equal("{}", Account.Json(payload, ClearScope.None));
        Assert.Equal([attribute], payload.ClearedNames(ClearScope.Emptied));
        Assert.True(payload.Clears(ClearScope.Emptied));
        Assert.False(payload.Clears(ClearScope.None));
        Assert.Equal((string?[])[null], Account.Cells(plan, payload));
    }

    [Fact]
    public void A_missing_property_clears_only_where_that_is_asked_for()
    {
        var payload = Account.Convert(Account.Plan("CITY"), "{}");

        Assert.Equal(AttributeState.Missing, payload.State(0));
        Assert.Equal("{}", Account.Json(payload, ClearScope.Emptied));
        Assert.Equal("""{"CITY":""}""", Account.Json(payload, ClearScope.EmptiedAndMissing));
        Assert.False(payload.Clears(ClearScope.Emptied));
        Assert.Equal(["CITY"], payload.ClearedNames(ClearScope.EmptiedAndMissing));
    }

    [Fact]
    public void Unknown_options_are_each_named_and_the_others_sent()
    {
        var payload = Account.ConvertValue("COUNTRIES", """["JP", "DE", ["FR"], 7, "fr"]""");

        Assert.Equal("""{"COUNTRIES":["FR","DE"]}""", Account.Json(payload, ClearScope.None));
        Assert.Equal(Enumerable.Repeat(new AttributeProblem("COUNTRIES", "p", "unknown_option"), 3), payload.Problems);
    }

    [Fact]
    public void An_option_with_a_comma_cannot_stand_in_a_cell()
    {
        var plan = Account.Plan("COUNTRIES");
        var payload = Account.Convert(plan, """{"p":["Rest, world","FR"]}""");

        Assert.False(payload.FitsCsv);
        Assert.Equal("""{"COUNTRIES":["FR","Rest, world"]}""", Account.Json(payload, ClearScope.None));
        Assert.Throws<InvalidOperationException>(() => Account.Cells(plan, payload));
    }

    [Fact]
    public void Invalid_bytes_are_refused_and_the_rest_is_sent()
    {
        var plan = Account.Plan(new AttributeMapping("a", "CITY", null), new AttributeMapping("b", "FIRSTNAME", null), new AttributeMapping("c", "LTV", null));
        var payload = new AttributePayload(plan);
        plan.Convert([.. "{\"a\":\""u8, 0xC3, 0x28, .. "\",\"b\":{\"x\":\""u8, 0xFF, .. "\"},\"c\":1}"u8], payload);

        Assert.Equal("""{"LTV":1}""", Account.Json(payload, ClearScope.None));
        Assert.All(payload.Problems, problem => Assert.Equal(AttributeReason.InvalidText, problem.Reason));
        Assert.Equal(2, payload.Problems.Count);
    }
}
