namespace Sluice.Configuration;

/// <summary>One entry of <c>orders</c>. All but <paramref name="Status"/> name properties of the event.</summary>
/// <param name="Event">Mixpanel's name of the event.</param>
/// <param name="Status">The status of every such order, unless <paramref name="StatusProperty"/> says it.</param>
public sealed record OrderSettings(
    string Event,
    string Id,
    string Amount,
    string Status,
    string? StatusProperty,
    OrderProductSettings? Products,
    string? Coupons,
    IReadOnlyList<string> Meta);

/// <summary>The block <c>products</c> of an order: a list, and the fields of each product in it.</summary>
public sealed record OrderProductSettings(string List, string Id, string Price, string Quantity, string? Variant);
