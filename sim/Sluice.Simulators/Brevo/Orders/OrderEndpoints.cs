using System.Globalization;
using System.Text.Json;

namespace Sluice.Simulators.Brevo.Orders;

/// <summary>Orders: written one by one under the shop's own id, and read back.</summary>
internal static class OrderEndpoints
{
    public static BrevoAnswer Activate(BrevoAccount account, BrevoRequest request)
    {
        account.IsEcommerceActive = true;
        return BrevoAnswer.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("message", "eCommerce app activated");
            json.WriteEndObject();
        });
    }

    public static BrevoAnswer Put(BrevoAccount account, BrevoRequest request)
    {
        if (!account.IsEcommerceActive)
        {
            throw BrevoRefusal.Of(403, "permission_denied", "eCommerce is not activated for this account");
        }

        account.Orders.Put(Read(account, request.Body()));
        return BrevoAnswer.NoContent;
    }

    public static BrevoAnswer Query(BrevoAccount account, BrevoRequest request)
    {
        var (offset, limit) = request.Page(defaultLimit: 50, maxLimit: 100);
        var orders = account.Orders.All.ToList();
        return BrevoAnswer.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("orders");
            foreach (var order in orders.Skip(offset).Take(limit))
            {
                json.WriteRawValue(order.Json);
            }

            json.WriteEndArray();
            json.WriteNumber("count", orders.Count);
            json.WriteEndObject();
        });
    }

    private static StoredOrder Read(BrevoAccount account, JsonElement body)
    {
        var id = Required(body, "id");
        var created = Time(Required(body, "createdAt"), "createdAt");
        var updated = Time(Required(body, "updatedAt"), "updatedAt");
        var status = Required(body, "status");
        var amount = Amount(body, "amount") ?? throw BrevoRefusal.Missing("amount is missing");
        if (body.Field("products") is not { ValueKind: JsonValueKind.Array } products)
        {
            throw BrevoRefusal.Missing("products is missing");
        }

        foreach (var product in products.EnumerateArray())
        {
            CheckProduct(product);
        }

        body.Texts("coupons");
        body.Object("metaInfo");
        body.Object("billing");
        return new StoredOrder(id, ContactOf(account, body), status, amount, created, updated, body.GetRawText(), Writes: 1);
    }

    private static void CheckProduct(JsonElement product)
    {
        if (product.ValueKind != JsonValueKind.Object)
        {
            throw BrevoRefusal.Invalid("products should be an array of objects");
        }

        Required(product, "productId");
        if (Amount(product, "price") is null)
        {
            throw BrevoRefusal.Missing("price is missing");
        }

        var whole = product.Number("quantity");
        var fraction = Amount(product, "quantityFloat");
        if (whole is not null && fraction is not null)
        {
            throw BrevoRefusal.Invalid("quantity and quantityFloat exclude each other");
        }

        product.Text("variantId");
    }

    private static long ContactOf(BrevoAccount account, JsonElement body)
    {
        var identifiers = body.Object("identifiers") ?? throw BrevoRefusal.Missing("identifiers is missing");
        (IdentifierKind Kind, string? Value)[] given =
        [
            (IdentifierKind.ExtId, identifiers.Text("ext_id")), (IdentifierKind.Email, identifiers.Text("email_id")),
            (IdentifierKind.Sms, identifiers.Text("phone_id") is { } phone ? Identifiers.Phone(phone) ?? phone : null),
        ];
        var named = given.Where(g => !string.IsNullOrEmpty(g.Value)).ToList();
        if (named.Count == 0)
        {
            throw BrevoRefusal.Missing("At least one identifier is required");
        }

        return named.Select(n => account.Contacts.Find(n.Kind, n.Value!)).FirstOrDefault(c => c is not null)?.Id ?? 0;
    }

    private static string Required(JsonElement source, string name) =>
        source.Text(name) is { Length: > 0 } text ? text : throw BrevoRefusal.Missing($"{name} is missing");

    private static double? Amount(JsonElement source, string name) => source.Field(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble(),
        _ => throw BrevoRefusal.Invalid($"{name} should be a number"),
    };

    private static DateTimeOffset Time(string text, string name) =>
        text.Length > 10 && text[10] == 'T' && text.EndsWith('Z')
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : throw BrevoRefusal.Invalid($"{name} should be a UTC date-time like YYYY-MM-DDTHH:mm:ss.SSSZ");
}
