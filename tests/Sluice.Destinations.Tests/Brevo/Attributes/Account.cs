using System.Text;
using Sluice.Brevo;
using Sluice.Destinations.Brevo.Attributes;

namespace Sluice.Destinations.Tests.Brevo.Attributes;

/// <summary>An account with one attribute of each type, and short ways to ask for a conversion.</summary>
internal static class Account
{
    public static TimeZoneInfo Seoul { get; } = TimeZoneInfo.CreateCustomTimeZone("Seoul", TimeSpan.FromHours(9), "Seoul", "Seoul");

    public static AttributeCatalogue Catalogue { get; } = new(
    [
        Normal("EMAIL", "text"),
        Normal("SMS", "text"),
        Normal("FIRSTNAME", "text"),
        Normal("CITY", "text"),
        Normal("LTV", "float"),
        Normal("SIGNUP_DATE", "date"),
        Normal("VIP", "boolean"),
        Normal("OWNER", "user"),
        Normal("COUNTRIES", "multiple-choice") with { MultiCategoryOptions = ["FR", "DE", "KR", "Rest, world"] },
        new() { Name = "TIER", Category = "category", Enumeration = [Option(1, "1", "gold"), Option(2, "2", "silver"), Option(0, "x-3", "Bronze")] },
        new() { Name = "SCORE", Category = "calculated", CalculatedValue = "SUM[VISITS]" },
        new() { Name = "ORDER_ID", Category = "transactional", Type = "id" },
        Normal("ODD", "matrix"),
    ]);

    public static BrevoAttributeInfo Normal(string name, string type) => new() { Name = name, Category = "normal", Type = type };

    public static AttributePlan Plan(params IReadOnlyList<AttributeMapping> mapping) => AttributePlan.Create(Catalogue, mapping, samples: null, Seoul);

    public static AttributePlan Plan(string attribute) => Plan(new AttributeMapping("p", attribute, Kind: null));

    public static AttributePayload Convert(AttributePlan plan, string json)
    {
        var payload = new AttributePayload(plan);
        plan.Convert(Encoding.UTF8.GetBytes(json), payload);
        return payload;
    }

    /// <summary>Converts one value for one attribute.</summary>
    public static AttributePayload ConvertValue(string attribute, string value) => Convert(Plan(attribute), $$"""{"p":{{value}}}""");

    public static string Json(AttributePayload payload, ClearScope clear) =>
        System.Text.Json.JsonSerializer.Serialize(payload.ToAttributes(clear), JsonOptions);

    public static IReadOnlyList<string?> Cells(AttributePlan plan, AttributePayload payload)
    {
        var cells = new string?[plan.Columns.Count];
        payload.WriteCells(cells);
        return cells;
    }

    private static System.Text.Json.JsonSerializerOptions JsonOptions { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static BrevoCategoryOption Option(long value, string key, string label) => new() { Value = value, ValueStr = key, Label = label };
}
