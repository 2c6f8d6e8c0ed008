using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Binding;

/// <summary>Reads the block <c>orders</c>.</summary>
internal static class OrdersBinder
{
    public static IReadOnlyList<OrderSettings> Bind(BlockReader block, EventMapping events, ReadContext context)
    {
        var orders = new List<OrderSettings>();
        foreach (var line in block.Get(OrderKeys.Orders) ?? [])
        {
            if (!MappingBinder.JudgeName(line.Name, line.KeyPlace, context) || !line.Value.IsValid)
            {
                continue;
            }

            if (line.Name == MappingKeys.Any)
            {
                context.Problem(line.KeyPlace, "makes orders of all events", "name the events that are orders");
                continue;
            }

            var order = line.Value.Content;
            if (order.Mentions(OrderKeys.Status) && order.Has(OrderKeys.StatusProperty))
            {
                context.Problem(order.PlaceOf(OrderKeys.StatusProperty), "stands beside status", "keep one of status and status_property");
            }

            if (events.Names.ContainsKey(line.Name))
            {
                context.Warn(line.KeyPlace, "goes as an order, so that its line in event_mapping has no effect", "remove one of the two lines");
            }

            orders.Add(new OrderSettings(
                line.Name,
                order.Get(OrderKeys.Id) ?? "",
                order.Get(OrderKeys.Amount) ?? "",
                order.Get(OrderKeys.Status)!,
                order.Get(OrderKeys.StatusProperty),
                ProductsOf(order),
                order.Get(OrderKeys.Coupons),
                [.. (order.Get(OrderKeys.Meta) ?? []).Select(m => m.Content)]));
        }

        return orders;
    }

    private static OrderProductSettings? ProductsOf(BlockReader order)
    {
        if (!order.Has(OrderKeys.Products))
        {
            return null;
        }

        var products = order.Section(OrderKeys.Products);
        return new OrderProductSettings(
            products.Get(OrderKeys.ProductList) ?? "",
            products.Get(OrderKeys.ProductId)!,
            products.Get(OrderKeys.ProductPrice)!,
            products.Get(OrderKeys.ProductQuantity)!,
            products.Get(OrderKeys.ProductVariant));
    }
}
