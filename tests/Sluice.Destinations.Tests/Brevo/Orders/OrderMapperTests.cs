using System.Text;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Destinations.Brevo.Orders;

namespace Sluice.Destinations.Tests.Brevo.Orders;

public sealed class OrderMapperTests
{
    private static readonly OrderRule Rule = new(
        "Purchase", "order_id", "revenue", "completed", "state", new OrderProductRule("items", "id", "price", "quantity", "variant"), "coupon", ["shop"]);

    [Theory]
    [InlineData("""{"order_id":"A","revenue":1,"state":"paid"}""")]
    [InlineData("""{"order_id":7,"revenue":"1.25","state":"paid","items":null}""")]
    [InlineData("""{"order_id":"A","revenue":-3,"state":"refunded","items":[]}""")]
    [InlineData("""{"order_id":"A","revenue":0,"state":"paid","items":[{"id":1,"price":"2"},{"id":"b","price":0.1,"quantity":0.5,"variant":"red"}],"coupon":["x","y"]}""")]
    public void An_order_is_one_with_an_id_an_amount_and_a_status(string properties)
    {
        var mapping = Map(properties);
        Assert.Equal(("", OrderMapper.Kind), (mapping!.Reason, mapping.Event?.Kind));
        Assert.Equal(((BrevoOrder)mapping.Event!.Payload).ByteCount, mapping.Event.Bytes);
    }

    [Theory]
    [InlineData("""{"revenue":1,"state":"paid"}""", "order_without_id")]
    [InlineData("""{"order_id":"","revenue":1,"state":"paid"}""", "order_without_id")]
    [InlineData("""{"order_id":"  ","revenue":1,"state":"paid"}""", "order_without_id")]
    [InlineData("""{"order_id":["A"],"revenue":1,"state":"paid"}""", "order_without_id")]
    [InlineData("""{"order_id":"A","state":"paid"}""", "order_without_amount")]
    [InlineData("""{"order_id":"A","revenue":null,"state":"paid"}""", "order_without_amount")]
    [InlineData("""{"order_id":"A","revenue":"1,5","state":"paid"}""", "order_without_amount")]
    [InlineData("""{"order_id":"A","revenue":1e99,"state":"paid"}""", "order_without_amount")]
    [InlineData("""{"order_id":"A","revenue":true,"state":"paid"}""", "order_without_amount")]
    [InlineData("""{"order_id":"A","revenue":1}""", "order_without_status")]
    [InlineData("""{"order_id":"A","revenue":1,"state":true}""", "order_without_status")]
    [InlineData("""{"order_id":"A","revenue":1,"state":"paid","items":"tea"}""", "order_products_invalid")]
    [InlineData("""{"order_id":"A","revenue":1,"state":"paid","items":["tea"]}""", "order_products_invalid")]
    [InlineData("""{"order_id":"A","revenue":1,"state":"paid","items":[{"price":1}]}""", "order_products_invalid")]
    [InlineData("""{"order_id":"A","revenue":1,"state":"paid","items":[{"id":"a"}]}""", "order_products_invalid")]
    [InlineData("""{"order_id":"A","revenue":1,"state":"paid","items":[{"id":"a","price":1,"quantity":"many"}]}""", "order_products_invalid")]
    public void What_lacks_one_of_them_is_refused_with_the_reason(string properties, string reason)
    {
        var mapping = Map(properties);
        Assert.Equal((null, reason), (mapping!.Event, mapping.Reason));
        Assert.NotEmpty(mapping.Detail);
    }

    [Fact]
    public void Nobody_is_named_by_what_only_Brevo_calls_them() =>
        Assert.Equal("no_identifier", Map("""{"order_id":"A","revenue":1,"state":"paid"}""", new PersonState { Key = PersonKey.Of("p", "u"), Contact = new LedgerContact(7, null, 1, 1, LedgerState.Present, null, null) })!.Reason);

    [Fact]
    public void Another_event_is_no_order() => Assert.Null(Map("{}", name: "View"));

    [Theory]
    [InlineData(403, DecisionKind.Pause, "no_orders")]
    [InlineData(404, DecisionKind.Pause, "no_orders")]
    [InlineData(400, DecisionKind.DeadLetter, "refused")]
    [InlineData(502, DecisionKind.Retry, "unavailable")]
    public void An_answer_says_what_is_to_be_done(int status, DecisionKind kind, string reason)
    {
        var decision = BrevoOrderCalls.Decide(new BrevoApiException(BrevoEndpoints.OrdersPut, status));
        Assert.Equal((kind, reason), (decision.Kind, decision.Reason));
    }

    private static Sluice.Core.Delivery.Events.EventMapping? Map(string properties, PersonState? person = null, string name = "Purchase") => new OrderMapper([Rule]).Map(
        new LoggedEvent(new LogPosition(1, 1), name, 1_700_000_000_000, PersonKey.Of("p", "u"), Origin.Received, Encoding.UTF8.GetBytes(properties)),
        person ?? new PersonState { Key = PersonKey.Of("p", "u"), DistinctId = "u" });
}
