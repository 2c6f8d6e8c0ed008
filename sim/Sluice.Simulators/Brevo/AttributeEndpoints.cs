using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sluice.Simulators.Brevo;

/// <summary>The attributes of contacts.</summary>
internal static partial class AttributeEndpoints
{
    private const int MaxOptionLength = 200;

    public static BrevoAnswer List(BrevoAccount account, BrevoRequest request) => BrevoAnswer.Json(200, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("attributes");
        foreach (var attribute in account.Attributes.All)
        {
            Write(json, attribute);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    public static BrevoAnswer Create(BrevoAccount account, BrevoRequest request)
    {
        var (category, name) = (request.Value(0), request.Value(1));
        RequireCategory(category, "normal", "transactional", "category", "calculated", "global");
        var body = NonEmpty(request);
        var definition = new AttributeDefinition(name, category, TypeOf(category, body));
        if (!NameForm().IsMatch(name))
        {
            throw BrevoRefusal.Invalid("Attribute name is invalid");
        }

        ReadContent(definition, body);
        if (AttributeCatalog.IsReserved(name) || !account.Attributes.Add(definition))
        {
            throw BrevoRefusal.Invalid("Attribute name must be unique");
        }

        return BrevoAnswer.Created;
    }

    public static BrevoAnswer Update(BrevoAccount account, BrevoRequest request)
    {
        RequireCategory(request.Value(0), "normal", "category", "calculated", "global");
        var body = NonEmpty(request);
        var definition = Find(account, request);
        var wanted = definition switch
        {
            { Category: "category" } => "enumeration",
            { Category: "normal", Type: "multiple-choice" } => "multiCategoryOptions",
            { Category: "calculated" or "global" } => "value",
            _ => throw BrevoRefusal.Invalid("This attribute has nothing that can be changed"),
        };
        if (body.Field(wanted) is null)
        {
            throw BrevoRefusal.Missing($"{wanted} is missing");
        }

        ReadContent(definition, body);
        return BrevoAnswer.NoContent;
    }

    public static BrevoAnswer Delete(BrevoAccount account, BrevoRequest request)
    {
        RequireCategory(request.Value(0), "normal", "transactional", "category", "calculated", "global");
        if (AttributeCatalog.IsReserved(request.Value(1)))
        {
            throw BrevoRefusal.Invalid("This attribute cannot be deleted");
        }

        account.Attributes.Remove(Find(account, request));
        return BrevoAnswer.NoContent;
    }

    public static BrevoAnswer DeleteOption(BrevoAccount account, BrevoRequest request)
    {
        var definition = account.Attributes.Find("normal", request.Value(0));
        if (definition is not { Type: "multiple-choice" })
        {
            throw BrevoRefusal.NotFound("Attribute not found");
        }

        return definition.Options.Remove(request.Value(1))
            ? BrevoAnswer.NoContent
            : throw BrevoRefusal.NotFound("Option not found");
    }

    private static AttributeDefinition Find(BrevoAccount account, BrevoRequest request) =>
        account.Attributes.Find(request.Value(0), request.Value(1)) ?? throw BrevoRefusal.NotFound("Attribute not found");

    private static JsonElement NonEmpty(BrevoRequest request)
    {
        if (request.BodyBytes == 0)
        {
            throw BrevoRefusal.Missing("No inputs in the body");
        }

        var body = request.Body();
        return body.EnumerateObject().Any() ? body : throw BrevoRefusal.Missing("No inputs in the body");
    }

    private static void RequireCategory(string category, params ReadOnlySpan<string> known)
    {
        if (!known.Contains(category))
        {
            throw BrevoRefusal.Invalid("Attribute category is invalid");
        }
    }

    private static string? TypeOf(string category, JsonElement body)
    {
        var type = body.Text("type");
        string[] allowed = category switch
        {
            "normal" => ["text", "date", "float", "boolean", "multiple-choice", "user"],
            "transactional" => ["text", "date", "float", "boolean", "id"],
            "category" => ["category"],
            _ => [],
        };
        if (allowed.Length == 0)
        {
            return null;
        }

        if (type is null)
        {
            return category == "category" ? null : throw BrevoRefusal.Missing("type is missing");
        }

        return allowed.Contains(type) ? type : throw BrevoRefusal.Invalid("Attribute type does not go with its category");
    }

    private static void ReadContent(AttributeDefinition definition, JsonElement body)
    {
        if (definition.Category is "calculated" or "global")
        {
            definition.Formula = body.Text("value") is { Length: > 0 } formula ? formula : throw BrevoRefusal.Missing("value is missing");
            return;
        }

        if (definition.Category == "category" && body.Field("enumeration") is { } enumeration)
        {
            definition.Enumeration = ReadEnumeration(enumeration);
        }

        if (definition.Type == "multiple-choice" && body.Texts("multiCategoryOptions") is { } options)
        {
            foreach (var option in options)
            {
                RequireOptionLength(option);
            }

            definition.Options.AddRange(options.Where(option => !definition.Options.Contains(option)).Distinct(StringComparer.Ordinal));
        }
    }

    private static List<(string Value, string Label)> ReadEnumeration(JsonElement enumeration)
    {
        if (enumeration.ValueKind != JsonValueKind.Array)
        {
            throw BrevoRefusal.Invalid("enumeration should be an array");
        }

        List<(string, string)> entries = [];
        foreach (var entry in enumeration.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object
                || entry.Field("value") is not { ValueKind: JsonValueKind.Number or JsonValueKind.String } value
                || entry.Text("label") is not { Length: > 0 } label)
            {
                throw BrevoRefusal.Invalid("enumeration entries should have a value and a label");
            }

            RequireOptionLength(label);
            entries.Add((value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText(), label));
        }

        return entries;
    }

    private static void RequireOptionLength(string option)
    {
        if (option.Length is 0 or > MaxOptionLength)
        {
            throw BrevoRefusal.Invalid($"Options should have 1 to {MaxOptionLength} characters");
        }
    }

    private static void Write(Utf8JsonWriter json, AttributeDefinition attribute)
    {
        json.WriteStartObject();
        json.WriteString("name", attribute.Name);
        json.WriteString("category", attribute.Category);
        if (attribute.Type is { } type && attribute.Category != "category")
        {
            json.WriteString("type", type);
        }

        if (attribute.Formula is { } formula)
        {
            json.WriteString("calculatedValue", formula);
        }

        if (attribute.Category == "category")
        {
            json.WriteStartArray("enumeration");
            foreach (var (value, label) in attribute.Enumeration)
            {
                json.WriteStartObject();
                json.WriteNumber("value", long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0);
                json.WriteString("valueStr", value);
                json.WriteString("label", label);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (attribute.Type == "multiple-choice")
        {
            json.WriteStartArray("multiCategoryOptions");
            foreach (var option in attribute.Options)
            {
                json.WriteStringValue(option);
            }

            json.WriteEndArray();
        }

        // Live answers carry this beyond the published schema.
        json.WriteString("field_key", attribute.Name);
        json.WriteEndObject();
    }

    [GeneratedRegex("^[A-Z][A-Z0-9_]{0,49}$")]
    private static partial Regex NameForm();
}
