using Sluice.Brevo;
using Sluice.Destinations.Brevo.Events;

namespace Sluice.Destinations.Tests.Brevo.Events;

public sealed class EventNamesTests
{
    [Theory]
    [InlineData("order_completed", "order_completed")]
    [InlineData("Page View", "Page_View")]
    [InlineData("$experiment_started", "experiment_started")]
    [InlineData("a  ..  b!", "a_b")]
    [InlineData("A-1", "A-1")]
    public void Other_characters_become_one_underscore(string name, string expected) => Assert.Equal(expected, EventNameText.Convert(name));

    [Fact]
    public void Names_of_another_script_stay_different()
    {
        string[] names = ["구매 완료", "장바구니", "購入", "purchase 구매", "purchase 환불", "✂", "é", "è", "", "$$$"];
        var converted = names.Select(EventNameText.Convert).ToList();
        Assert.All(converted, name => Assert.True(BrevoEvent.IsName(name), name));
        Assert.Equal(names.Length, converted.Distinct().Count());
        Assert.StartsWith("purchase_", converted[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Long_names_that_differ_at_their_end_stay_different()
    {
        var (one, other) = (EventNameText.Convert(new string('a', 300) + "1"), EventNameText.Convert(new string('a', 300) + "2"));
        Assert.Equal(255, one.Length);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void With_a_mapping_only_its_events_are_wanted()
    {
        var names = new EventNames(new Dictionary<string, string> { ["Purchase"] = "order completed" }, sendUnmapped: false);
        Assert.Equal(["Purchase"], names.Wanted);
        Assert.Equal("order_completed", names.NameOf("Purchase"));
    }

    [Fact]
    public void No_other_event_slips_under_a_mapped_name()
    {
        var names = new EventNames(new Dictionary<string, string> { ["Purchase"] = "order_completed" }, sendUnmapped: true);
        Assert.Null(names.Wanted);
        Assert.Equal("order_completed", names.NameOf("Purchase"));
        Assert.StartsWith("order_completed_", names.NameOf("order completed"), StringComparison.Ordinal);
        Assert.StartsWith("order_completed_", names.NameOf("order_completed"), StringComparison.Ordinal);
        Assert.NotEqual(names.NameOf("order_completed"), names.NameOf("order completed"));
    }
}
