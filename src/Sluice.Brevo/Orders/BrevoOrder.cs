using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Brevo;

/// <summary>What an order is to say.</summary>
/// <seealso href="https://developers.brevo.com/reference/create-order"/>
public sealed record BrevoOrderContent
{
    /// <summary>The shop's id of the order: the same one again updates the order.</summary>
    public required string Id { get; init; }

    /// <summary>For instance <c>completed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The total.</summary>
    public required decimal Amount { get; init; }

    /// <summary>When it was placed.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Whose order it is. Brevo's own id of the contact cannot be given here.</summary>
    public required BrevoEventIdentifiers Identifiers { get; init; }

    /// <summary>What was ordered. Default: nothing.</summary>
    public IReadOnlyList<BrevoOrderProduct> Products { get; init; } = [];

    /// <summary>Coupons that were used. Default: none.</summary>
    public IReadOnlyList<string> Coupons { get; init; } = [];

    /// <summary>Anything else, a JSON object in UTF-8; empty for nothing.</summary>
    public ReadOnlyMemory<byte> Meta { get; init; }
}

/// <summary>A line of an order.</summary>
/// <param name="ProductId">The shop's id of the product.</param>
/// <param name="Price">The price of one.</param>
/// <param name="Quantity">How many.</param>
/// <param name="VariantId">The shop's id of the variant; null when there is none.</param>
public sealed record BrevoOrderProduct(string ProductId, decimal Price, decimal Quantity, string? VariantId);

/// <summary>An order, checked, in the bytes in which it is sent.</summary>
public sealed class BrevoOrder
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private BrevoOrder(byte[] json) => Json = json;

    /// <summary>Its size in a request.</summary>
    public int ByteCount => Json.Length;

    internal byte[] Json { get; }

    /// <summary>Makes an order.</summary>
    /// <param name="content">What it says.</param>
    /// <returns>The order.</returns>
    /// <exception cref="ArgumentException">Id or status is empty, or nobody is named by an external id, an address or a number.</exception>
    public static BrevoOrder Create(BrevoOrderContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (string.IsNullOrEmpty(content.Id) || string.IsNullOrEmpty(content.Status))
        {
            throw new ArgumentException("An order has an id and a status.", nameof(content));
        }

        if ((content.Identifiers with { ContactId = null }).IsEmpty)
        {
            throw new ArgumentException("An order is somebody's: an external id, an address or a number is needed.", nameof(content));
        }

        return new BrevoOrder(Write(content));
    }

    /// <summary>Names neither the order nor the person.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"order ({ByteCount} bytes)";

    private static byte[] Write(BrevoOrderContent content)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("id", content.Id);
            writer.WriteString("createdAt", Time(content.CreatedAt));
            writer.WriteString("updatedAt", Time(content.UpdatedAt));
            writer.WriteString("status", content.Status);
            writer.WriteNumber("amount", content.Amount);
            writer.WriteStartArray("products");
            foreach (var product in content.Products)
            {
                Write(writer, product);
            }

            writer.WriteEndArray();
            Write(writer, content.Identifiers);
            if (content.Coupons.Count > 0)
            {
                writer.WriteStartArray("coupons");
                foreach (var coupon in content.Coupons)
                {
                    writer.WriteStringValue(coupon);
                }

                writer.WriteEndArray();
            }

            if (!content.Meta.IsEmpty)
            {
                writer.WritePropertyName("metaInfo");
                writer.WriteRawValue(content.Meta.Span);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, BrevoOrderProduct product)
    {
        writer.WriteStartObject();
        writer.WriteString("productId", product.ProductId);
        writer.WriteNumber("price", product.Price);

        // Whole numbers and others have fields of their own.
        if (decimal.IsInteger(product.Quantity) && product.Quantity is >= int.MinValue and <= int.MaxValue)
        {
            writer.WriteNumber("quantity", (int)product.Quantity);
        }
        else
        {
            writer.WriteNumber("quantityFloat", product.Quantity);
        }

        if (product.VariantId is { } variant)
        {
            writer.WriteString("variantId", variant);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, BrevoEventIdentifiers identifiers)
    {
        writer.WriteStartObject("identifiers");
        Text("ext_id", identifiers.ExternalId);
        Text("email_id", string.IsNullOrEmpty(identifiers.Email) ? null : BrevoEmail.Normalize(identifiers.Email));
        Text("phone_id", identifiers.Phone);
        writer.WriteEndObject();

        void Text(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                writer.WriteString(key, value);
            }
        }
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
