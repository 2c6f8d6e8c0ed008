using System.Text;
using System.Text.Json;
using Sluice.Brevo;
using Sluice.Destinations.Brevo.Attributes;

namespace Sluice.Destinations.Tests.Brevo.Attributes;

public sealed class AttributePlanTests
{
    private static readonly AttributeMapping[] Documented =
    [
        new("$email", "email", null), new("$first_name", "FIRSTNAME", null), new("$last_name", "LASTNAME", null), new("$phone", "SMS", null),
        new("$city", "CITY", null), new("$country_code", "COUNTRY", null), new("plan", "PLAN_TYPE", null), new("signup_date", "SIGNUP_DATE", null),
        new("total_revenue", "LTV", null),
    ];

    [Fact]
    public void The_documented_mapping_works_on_an_empty_account()
    {
        var plan = AttributePlan.Create(new AttributeCatalogue([]), Documented, samples: null, TimeZoneInfo.Utc);

        Assert.Empty(plan.Problems);
        Assert.Equal("$email", plan.EmailProperty);
        Assert.Equal(["CITY", "COUNTRY", "FIRSTNAME", "LASTNAME", "LTV", "PLAN_TYPE", "SIGNUP_DATE", "SMS"], plan.Columns.Select(column => column.Name));
        Assert.Equal(
            ["normal FIRSTNAME (text)", "normal LASTNAME (text)", "normal CITY (text)", "normal COUNTRY (text)", "normal PLAN_TYPE (text)", "normal SIGNUP_DATE (date)", "normal LTV (float)"],
            plan.ToCreate.Select(attribute => attribute.ToString()));

        const string Profile = """
            {"$email":"Jane@Example.test","$first_name":"Jane","$phone":"+821012345678","$city":"Seoul","plan":"premium","signup_date":"2026-01-31T09:00:00",
             "total_revenue":1250.0,"unmapped":{"deep":[1,{"x":[]}]}}
            """;
        var payload = Account.Convert(plan, Profile);
        Assert.Equal(
            """{"CITY":"Seoul","FIRSTNAME":"Jane","LTV":1250,"PLAN_TYPE":"premium","SIGNUP_DATE":"2026-01-31","SMS":"821012345678"}""",
            Account.Json(payload, ClearScope.Emptied));
        Assert.Equal((string?[])["Seoul", null, "Jane", null, "1250", "premium", "2026-01-31", "821012345678"], Account.Cells(plan, payload));
    }

    [Fact]
    public void Cells_go_into_an_import_as_they_are()
    {
        var plan = Account.Plan(new AttributeMapping("c", "CITY", null), new AttributeMapping("v", "LTV", null));
        var payload = Account.Convert(plan, """{"c":"a;b","v":2.50}""");
        using var csv = new BrevoImportCsv(["EMAIL", .. plan.Columns.Select(column => column.Name)]);

        Assert.True(csv.TryAppend(["a@example.test", .. Account.Cells(plan, payload)]));
    }

    [Fact]
    public void Existing_attributes_keep_their_type_whatever_the_case_of_the_name()
    {
        var plan = Account.Plan(new AttributeMapping("a", " ltv ", null), new AttributeMapping("b", "city", AttributeKind.Number));

        Assert.Equal(
            [new AttributeColumn("CITY", "b", AttributeKind.Text, IsNew: false), new AttributeColumn("LTV", "a", AttributeKind.Number, IsNew: false)],
            plan.Columns);
        Assert.Equal([new AttributeProblem("CITY", "b", "type_differs")], plan.Problems);
        Assert.Empty(plan.ToCreate);
    }

    [Theory]
    [InlineData("EXT_ID", "reserved_name")]
    [InlineData("blacklisted", "reserved_name")]
    [InlineData("MODIFIED_TIME", "reserved_name")]
    [InlineData("SCORE", "not_writable")]
    [InlineData("ORDER_ID", "not_writable")]
    [InlineData("ODD", "unsupported_type")]
    [InlineData("FIRST NAME", "invalid_name")]
    [InlineData("1ST", "invalid_name")]
    [InlineData("", "invalid_name")]
    [InlineData("PRÉNOM", "invalid_name")]
    public void A_line_that_cannot_work_is_named_and_left_out(string attribute, string reason)
    {
        var plan = Account.Plan(attribute);

        Assert.Equal([new AttributeProblem(attribute.ToUpperInvariant(), "p", reason)], plan.Problems);
        Assert.Empty(plan.Columns);
        Assert.Empty(plan.ToCreate);
        Assert.Equal("{}", Account.Json(Account.Convert(plan, """{"p":1}"""), ClearScope.EmptiedAndMissing));
    }

    [Fact]
    public void An_unusual_name_that_exists_is_used()
    {
        var catalogue = new AttributeCatalogue([Account.Normal("PRÉNOM", "text")]);
        var plan = AttributePlan.Create(catalogue, [new("p", "prénom", null)], samples: null, TimeZoneInfo.Utc);

        Assert.Equal("PRÉNOM", Assert.Single(plan.Columns).Name);
    }

    [Fact]
    public void Of_two_lines_for_one_attribute_the_first_counts()
    {
        var plan = Account.Plan(
            new AttributeMapping("a", "CITY", null), new AttributeMapping("b", "city", null), new AttributeMapping("c", "email", null), new AttributeMapping("d", "EMAIL", null));

        Assert.Equal("a", Assert.Single(plan.Columns).Property);
        Assert.Equal("c", plan.EmailProperty);
        Assert.Equal([new("CITY", "b", "duplicate_target"), new AttributeProblem("EMAIL", "d", "duplicate_target")], plan.Problems);
    }

    [Fact]
    public void One_property_may_fill_several_attributes()
    {
        var plan = Account.Plan(new AttributeMapping("p", "CITY", null), new AttributeMapping("p", "LTV", null), new AttributeMapping("p", "FIRSTNAME", null));

        Assert.Equal("""{"CITY":"07","FIRSTNAME":"07","LTV":7}""", Account.Json(Account.Convert(plan, """{"p":"07"}"""), ClearScope.None));
    }

    [Fact]
    public void A_writable_attribute_goes_before_another_of_its_name()
    {
        var catalogue = new AttributeCatalogue([new() { Name = "AMOUNT", Category = "transactional", Type = "text" }, Account.Normal("AMOUNT", "float")]);
        var plan = AttributePlan.Create(catalogue, [new("p", "AMOUNT", null)], samples: null, TimeZoneInfo.Utc);

        Assert.Equal(AttributeKind.Number, Assert.Single(plan.Columns).Kind);
    }

    [Theory]
    [InlineData("""[{"p":1},{"p":2.5},{"p":null},{}]""", AttributeKind.Number)]
    [InlineData("""[{"p":true},{"p":false}]""", AttributeKind.Boolean)]
    [InlineData("""[{"p":"2026-01-31"},{"p":"2026-01-31T10:00:00Z"},{"p":""}]""", AttributeKind.Date)]
    [InlineData("""[{"p":"01234"}]""", AttributeKind.Text)]
    [InlineData("""[{"p":1},{"p":"1"}]""", AttributeKind.Text)]
    [InlineData("""[{"p":["a"]}]""", AttributeKind.Text)]
    [InlineData("""[{"p":null},{"q":1}]""", AttributeKind.Text)]
    [InlineData("""[{"\u0070":1}]""", AttributeKind.Number)]
    public void The_type_of_a_missing_attribute_is_what_all_samples_have_in_common(string profiles, AttributeKind expected)
    {
        AttributeMapping[] mapping = [new("p", "NEW_ONE", null)];

        var plan = AttributePlan.Create(Account.Catalogue, mapping, Samples(mapping, profiles), TimeZoneInfo.Utc);

        Assert.Equal(new AttributeColumn("NEW_ONE", "p", expected, IsNew: true), Assert.Single(plan.Columns));
        Assert.Single(plan.ToCreate);
    }

    [Fact]
    public void A_forced_type_goes_before_samples_and_samples_before_well_known_names()
    {
        AttributeMapping[] mapping = [new("p", "NEW_ONE", AttributeKind.Text), new("q", "LTV", null)];

        var plan = AttributePlan.Create(new AttributeCatalogue([]), mapping, Samples(mapping, """[{"p":1,"q":"EUR 3"}]"""), TimeZoneInfo.Utc);

        Assert.All(plan.Columns, column => Assert.Equal(AttributeKind.Text, column.Kind));
    }

    [Theory]
    [InlineData(AttributeKind.MultipleChoice, "normal NEW_ONE (multiple-choice)", """{"NEW_ONE":["a","c"]}""")]
    [InlineData(AttributeKind.Category, "category NEW_ONE", "{}")]
    public void A_missing_choice_offers_what_the_samples_hold(AttributeKind kind, string created, string converted)
    {
        AttributeMapping[] mapping = [new("p", "NEW_ONE", kind)];
        var plan = AttributePlan.Create(Account.Catalogue, mapping, Samples(mapping, """[{"p":["c","a"]},{"p":"b"},{"p":["a",null," "]}]"""), TimeZoneInfo.Utc);

        Assert.Equal(created, Assert.Single(plan.ToCreate).ToString());
        Assert.Equal(converted, Account.Json(Account.Convert(plan, """{"p":["c","a"]}"""), ClearScope.None));
        var single = Account.Json(Account.Convert(plan, """{"p":"b"}"""), ClearScope.None);
        Assert.Equal(kind == AttributeKind.Category ? """{"NEW_ONE":2}""" : """{"NEW_ONE":["b"]}""", single);
    }

    [Fact]
    public void A_missing_choice_without_samples_is_named()
    {
        var plan = Account.Plan(new AttributeMapping("p", "NEW_ONE", AttributeKind.Category));

        Assert.Equal([new AttributeProblem("NEW_ONE", "p", "no_options")], plan.Problems);
        Assert.Empty(plan.Columns);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"p\":1")]
    [InlineData("{\"p\":}")]
    [InlineData("null")]
    public void What_is_no_json_object_is_refused(string json) =>
        Assert.ThrowsAny<JsonException>(() => Account.Convert(Account.Plan("CITY"), json));

    private static PropertySamples Samples(AttributeMapping[] mapping, string profiles)
    {
        var samples = new PropertySamples(mapping);
        using var document = JsonDocument.Parse(profiles);
        foreach (var profile in document.RootElement.EnumerateArray())
        {
            samples.Add(Encoding.UTF8.GetBytes(profile.GetRawText()));
        }

        return samples;
    }
}
