using System.Text.Json;

namespace Sluice.Simulators.Brevo.Companies;

/// <summary>Companies: created, changed, linked with contacts, looked for by name.</summary>
internal static class CompanyEndpoints
{
    public static BrevoAnswer Create(BrevoAccount account, BrevoRequest request)
    {
        var body = request.Body();
        var name = body.Text("name") is { Length: > 0 } given ? given : throw BrevoRefusal.Missing("name is missing");
        var values = Values(account, body);
        var contacts = Contacts(account, body, "linkedContactsIds") ?? [];
        var company = account.Companies.Add(name);
        Put(company, values);
        company.Contacts.UnionWith(contacts);
        return BrevoAnswer.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("id", company.Id);
            json.WriteEndObject();
        });
    }

    public static BrevoAnswer Update(BrevoAccount account, BrevoRequest request)
    {
        var company = Required(account, request);
        var body = request.Body();
        var name = body.Text("name");
        if (name is { Length: 0 })
        {
            throw BrevoRefusal.Invalid("name should not be empty");
        }

        var values = Values(account, body);
        var contacts = Contacts(account, body, "linkedContactsIds");
        company.Name = name ?? company.Name;
        Put(company, values);
        if (contacts is not null)
        {
            // The whole set is replaced.
            company.Contacts.Clear();
            company.Contacts.UnionWith(contacts);
        }

        return Json(company);
    }

    public static BrevoAnswer Link(BrevoAccount account, BrevoRequest request)
    {
        var company = Required(account, request);
        var body = request.Body();
        var link = Contacts(account, body, "linkContactIds") ?? [];
        var unlink = body.Numbers("unlinkContactIds") ?? [];
        company.Contacts.UnionWith(link);
        company.Contacts.ExceptWith(unlink);
        return BrevoAnswer.NoContent;
    }

    public static BrevoAnswer Get(BrevoAccount account, BrevoRequest request) => Json(Required(account, request));

    public static BrevoAnswer Query(BrevoAccount account, BrevoRequest request)
    {
        // The older parameter, filters, answers everything.
        var name = request.Text("filters[attributes.name]");
        var found = account.Companies.All.Where(c => name is null || c.Name == name).ToList();
        return BrevoAnswer.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("items");
            found.ForEach(c => Write(json, c));
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public static BrevoAnswer Delete(BrevoAccount account, BrevoRequest request)
    {
        account.Companies.Delete(Required(account, request).Id);
        return BrevoAnswer.NoContent;
    }

    public static BrevoAnswer Attributes(BrevoAccount account, BrevoRequest request) => BrevoAnswer.Json(200, json =>
    {
        json.WriteStartArray();
        foreach (var attribute in account.Companies.Attributes)
        {
            json.WriteStartObject();
            json.WriteString("internalName", attribute.Name);
            json.WriteString("label", attribute.Label);
            json.WriteString("attributeTypeName", attribute.Type);
            json.WriteStartArray("attributeOptions");
            json.WriteEndArray();
            json.WriteBoolean("isRequired", attribute.Name == "name");
            json.WriteBoolean("isValueReadonly", attribute.IsReadOnly);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static StoredCompany Required(BrevoAccount account, BrevoRequest request) =>
        account.Companies.Find(request.Value(0)) ?? throw BrevoRefusal.NotFound("Company not found");

    private static List<(string Name, JsonElement Value)> Values(BrevoAccount account, JsonElement body)
    {
        var values = new List<(string Name, JsonElement Value)>();
        foreach (var property in body.Object("attributes")?.EnumerateObject() ?? default(JsonElement.ObjectEnumerator))
        {
            var attribute = account.Companies.Attributes.Find(a => a.Name == property.Name)
                ?? throw BrevoRefusal.Invalid($"{property.Name} is not an attribute of companies");
            var fits = attribute.Type switch
            {
                "number" => property.Value.ValueKind == JsonValueKind.Number,
                "boolean" => property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                _ => property.Value.ValueKind == JsonValueKind.String,
            };
            if (!fits || attribute.IsReadOnly)
            {
                throw BrevoRefusal.Invalid($"{property.Name} has the wrong type, or cannot be written");
            }

            values.Add((property.Name, property.Value.Clone()));
        }

        return values;
    }

    private static void Put(StoredCompany company, List<(string Name, JsonElement Value)> values)
    {
        foreach (var (name, value) in values)
        {
            if (name == "name")
            {
                company.Name = value.GetString()!;
            }
            else
            {
                company.Attributes[name] = value;
            }
        }
    }

    private static List<long>? Contacts(BrevoAccount account, JsonElement body, string name)
    {
        var ids = body.Numbers(name);
        return ids?.TrueForAll(id => account.Contacts.Find(id) is not null) == false
            ? throw BrevoRefusal.Invalid($"{name} names a contact that does not exist")
            : ids;
    }

    private static BrevoAnswer Json(StoredCompany company) => BrevoAnswer.Json(200, json => Write(json, company));

    private static void Write(Utf8JsonWriter json, StoredCompany company)
    {
        json.WriteStartObject();
        json.WriteString("id", company.Id);
        json.WriteStartObject("attributes");
        json.WriteString("name", company.Name);
        foreach (var (name, value) in company.Attributes)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        json.WriteEndObject();
        json.WriteStartArray("linkedContactsIds");
        foreach (var id in company.Contacts)
        {
            json.WriteNumberValue(id);
        }

        json.WriteEndArray();
        json.WriteStartArray("linkedDealsIds");
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
