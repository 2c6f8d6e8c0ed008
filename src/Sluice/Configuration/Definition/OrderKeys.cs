using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Definition;

internal static class OrderKeys
{
    private static readonly TextShape Property = new("Mixpanel property", pattern: null, "the name of an event property, on one line");

    public static readonly Key<string> Id = Required("id", "The property that names the order. What comes again under the same name updates it.", "order_id");

    public static readonly Key<string> Amount = Required("amount", "The property with the order's total, a number.", "revenue");

    public static readonly Key<string> Status = new(
        "status", new TextShape("text", pattern: null, "text on one line"), "The status of every order of this event.")
    {
        Default = "completed",
        DefaultText = "completed",
        Example = "refunded",
    };

    public static readonly Key<string> StatusProperty = Optional("status_property", "The property that says the status, instead of `status`.", "order_status");

    public static readonly Key<string> ProductList = new("list", Property, "The property that holds the list of products, an object each.") { IsRequired = true, Example = "items" };

    public static readonly Key<string> ProductId = Named("id", "The product's id, a field of each product.", "product_id");

    public static readonly Key<string> ProductPrice = Named("price", "The price of one, a number.", "price");

    public static readonly Key<string> ProductQuantity = Named("quantity", "How many, a number. Without the field it is 1.", "quantity");

    public static readonly Key<string> ProductVariant = Optional("variant", "The id of the product's variant.", "sku");

    public static readonly Key<BlockReader> Products = new(
        "products",
        new ShorthandShape(new BlockShape(ProductList, ProductId, ProductPrice, ProductQuantity, ProductVariant)),
        "Where the products of the order are. The name of the list alone stands for the whole block.")
    {
        Without = "orders go without products",
        Example = "{ list: items, id: sku, price: unit_price }",
    };

    public static readonly Key<string> Coupons = Optional("coupons", "The property with the coupon, or the list of coupons, that was used.", "coupon");

    public static readonly Key<IReadOnlyList<Placed<string>>> Meta = new(
        "meta", new SeveralShape<string>(Property, mayBeEmpty: true), "Further properties that go along as they are.")
    {
        Without = "none",
        Example = "[ channel, shop ]",
    };

    public static readonly Key<IReadOnlyList<MapEntry<BlockReader>>> Orders = new(
        "orders",
        new MapShape<BlockReader>("Mixpanel event", new BlockShape(Id, Amount, Status, StatusProperty, Products, Coupons, Meta)),
        "Events that go to Brevo as orders. Such an event is sent as an order and not as an event, whatever `event_mapping` says. Brevo's eCommerce app must be active.")
    {
        Without = "no event is an order",
        Example = "{ \"Purchase\": { id: order_id, amount: revenue } }",
    };

    private static Key<string> Required(string name, string meaning, string example) => new(name, Property, meaning) { IsRequired = true, Example = example };

    private static Key<string> Optional(string name, string meaning, string example) => new(name, Property, meaning) { Without = "none", Example = example };

    private static Key<string> Named(string name, string meaning, string usual) => new(name, Property, meaning) { Default = usual, DefaultText = usual };
}
