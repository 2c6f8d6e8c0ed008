using System.Text;
using System.Text.Json;
using Sluice.Core.Delivery.Enrichment;

namespace Sluice.Core.Tests.Delivery.Enrichment;

public sealed class AddedPropertiesTests
{
    [Fact]
    public void What_the_record_says_itself_stays_and_what_it_took_away_may_be_filled()
    {
        using var own = JsonDocument.Parse("""{"a":1,"b":null,"f":false}""");
        var added = new AddedProperties(own.RootElement);
        added.Add("a", "2");
        added.Add("b", "\"two\"");
        added.Add("c", null);
        added.Add("f", "true");
        Assert.Equal("""{"b":"two","c":null}""", added.ToJson());
        Assert.Equal("""{"a":1,"f":false,"b":"two"}""", Encoding.UTF8.GetString(added.ToRecord()!));
    }

    [Fact]
    public void Of_two_tables_the_first_that_has_a_value_counts()
    {
        using var own = JsonDocument.Parse("{}");
        using var row = JsonDocument.Parse("""{"x":[1,2],"y":null}""");
        var added = new AddedProperties(own.RootElement);
        added.Add(new LookupJoin("t", "k", [new LookupColumn("y", "p"), new LookupColumn("x", "q")]), row.RootElement);
        added.Add(new LookupJoin("u", "k", [new LookupColumn("x", "p"), new LookupColumn("x", "q")]), null);
        added.Add("p", "3");
        added.Add("q", "4");
        Assert.Equal("""{"p":3,"q":[1,2]}""", added.ToJson());
    }

    [Fact]
    public void A_record_to_which_nothing_was_added_is_left_alone()
    {
        using var own = JsonDocument.Parse("""{"a":1}""");
        var added = new AddedProperties(own.RootElement);
        added.Add("a", "2");
        added.Add("b", null);
        Assert.Null(added.ToRecord());
    }

    [Theory]
    [InlineData("\"a\"", "a")]
    [InlineData("7", "7")]
    [InlineData("7.5", "7.5")]
    [InlineData("true", "true")]
    [InlineData("""["a","b","a",7,null,{},""]""", "a|b|7")]
    [InlineData("null", "")]
    [InlineData("\"\"", "")]
    [InlineData("""{"a":1}""", "")]
    [InlineData("[]", "")]
    public void A_value_names_groups_and_keys(string json, string expected)
    {
        using var value = JsonDocument.Parse(json);
        Assert.Equal(expected, string.Join('|', KeyText.All(value.RootElement)));
    }

    [Theory]
    [InlineData("group:company.plan", "company", "plan")]
    [InlineData("group:company_id.$name", "company_id", "$name")]
    [InlineData("group:c.a.b c", "c", "a.b c")]
    public void A_property_of_a_group_is_named_after_both(string name, string key, string property)
    {
        Assert.Equal(new GroupSource(key, property), GroupSource.Parse(name));
        Assert.Equal(name, new GroupSource(key, property).Name);
    }

    [Theory]
    [InlineData("group:company")]
    [InlineData("group:.plan")]
    [InlineData("group:company.")]
    [InlineData("company.plan")]
    public void Anything_else_names_none(string name) => Assert.Null(GroupSource.Parse(name));
}
