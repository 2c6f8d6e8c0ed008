using System.Globalization;
using System.Text.Json;
using Sluice.Brevo;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Delivery.Events;

namespace Sluice.Destinations.Brevo.Orders;

/// <summary>Reads an order from an event's properties, each value as what it has to be.</summary>
internal sealed class OrderReader(OrderRule rule, JsonElement properties)
{
    // What a field may hold is not published; what is longer than this was not meant as a name.
    private const int MaxText = 255;

    private readonly List<BrevoOrderProduct> _products = [];

    public string Id { get; private set; } = "";

    public string Status { get; private set; } = rule.Status;

    public decimal Amount { get; private set; }

    public IReadOnlyList<BrevoOrderProduct> Products => _products;

    public IReadOnlyList<string> Coupons { get; private set; } = [];

    /// <returns>Why it is no order; null when it is one.</returns>
    public EventMapping? Read()
    {
        if (Text(properties, rule.Id) is not { } id)
        {
            return Refused("order_without_id", $"The property {rule.Id} holds no order id: 1 to {MaxText} characters, or a number.");
        }

        if (Number(properties, rule.Amount) is not { } amount)
        {
            return Refused("order_without_amount", $"The property {rule.Amount} holds no number for the order's amount.");
        }

        var status = rule.StatusProperty is { } said ? Text(properties, said) : rule.Status;
        if (status is null)
        {
            return Refused("order_without_status", $"The property {rule.StatusProperty} holds no status: 1 to {MaxText} characters.");
        }

        (Id, Amount, Status) = (id, amount, status);
        if (rule.Coupons is { } coupons && properties.TryGetProperty(coupons, out var used))
        {
            Coupons = KeyText.All(used);
        }

        return rule.Products is { } products ? ReadProducts(products) : null;
    }

    private EventMapping? ReadProducts(OrderProductRule names)
    {
        if (!properties.TryGetProperty(names.List, out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            return Refused("order_products_invalid", $"The property {names.List} is no list of products.");
        }

        foreach (var (i, item) in list.EnumerateArray().Index())
        {
            if (item.ValueKind != JsonValueKind.Object || Text(item, names.Id) is not { } id || Number(item, names.Price) is not { } price)
            {
                return Refused("order_products_invalid", FormattableString.Invariant($"Product {i + 1} in {names.List} has no {names.Id}, or no number as {names.Price}."));
            }

            var quantity = item.TryGetProperty(names.Quantity, out var many) && many.ValueKind != JsonValueKind.Null ? Number(item, names.Quantity) : 1;
            if (quantity is null)
            {
                return Refused("order_products_invalid", FormattableString.Invariant($"Product {i + 1} in {names.List} has no number as {names.Quantity}."));
            }

            _products.Add(new BrevoOrderProduct(id, price, quantity.Value, names.Variant is { } variant ? Text(item, variant) : null));
        }

        return null;
    }

    private static EventMapping Refused(string reason, string detail) => EventMapping.Refused(reason, detail);

    private static string? Text(JsonElement source, string name) => source.TryGetProperty(name, out var value)
        ? value.ValueKind switch
        {
            JsonValueKind.String => value.GetString() is { Length: > 0 and <= MaxText } text && !string.IsNullOrWhiteSpace(text) ? text : null,
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        }
        : null;

    /// <summary>A number, also one that was sent as text.</summary>
    private static decimal? Number(JsonElement source, string name) => !source.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number ? value.TryGetDecimal(out var number) ? number : null
        : value.ValueKind == JsonValueKind.String
            && decimal.TryParse(value.GetString(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var written)
            ? written
            : null;
}
