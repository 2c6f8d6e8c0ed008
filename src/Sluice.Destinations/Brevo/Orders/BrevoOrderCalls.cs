using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;

namespace Sluice.Destinations.Brevo.Orders;

/// <summary>Turns what Brevo answered to an order into what is to be done: pure.</summary>
internal static class BrevoOrderCalls
{
    private static readonly Decision NoOrders = new(
        DecisionKind.Pause, "no_orders", "Brevo takes no orders: activate the eCommerce app in the account, or remove orders from the config.", TimeSpan.FromMinutes(5));

    public static Decision Decide(BrevoException failure) => failure switch
    {
        BrevoApiException { Status: 404 or 405 } => NoOrders,
        _ => BrevoResponses.Decide(failure) switch
        {
            { Kind: DecisionKind.Pause, Reason: "forbidden" } => NoOrders,

            // An order is stored once under its id, however often it is sent.
            { Kind: DecisionKind.Unknown } unknown => unknown with { Kind = DecisionKind.Retry, Reason = Rest.Unavailable },
            { Kind: DecisionKind.Retry, Reason: "unavailable" } retry => retry with { Reason = Rest.Unavailable },
            var decision => decision,
        },
    };
}
