namespace Sluice.Destinations.Brevo.Orders;

/// <summary>Which event is an order, and which of its properties say what. All but <paramref name="Status"/> are names of properties.</summary>
/// <param name="Event">Mixpanel's name of the event.</param>
/// <param name="Status">The status of every such order, unless <paramref name="StatusProperty"/> says it.</param>
public sealed record OrderRule(
    string Event, string Id, string Amount, string Status, string? StatusProperty, OrderProductRule? Products, string? Coupons, IReadOnlyList<string> Meta);

/// <param name="List">The property of the event; the others are fields of each product in it.</param>
public sealed record OrderProductRule(string List, string Id, string Price, string Quantity, string? Variant);
