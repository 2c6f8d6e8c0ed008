using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Brevo;

public sealed partial class BrevoClient
{
    private static readonly JsonWriterOptions CompanyWriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Finds the companies with exactly this name; of many the first page. Counted in <see cref="BrevoBucket.Other"/>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The companies.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-companies"/>
    public async Task<IReadOnlyList<BrevoCompany>> FindCompaniesAsync(string name, CancellationToken cancellationToken = default)
    {
        var path = new QueryBuilder("/companies").Add("filters%5Battributes.name%5D", RequestBodies.Name(name, nameof(name))).ToString();
        using var answer = await _transport.ReadAsync(BrevoEndpoints.CompaniesList, path, null, BrevoReadContext.Default.JsonDocument, cancellationToken);

        // A filter that an account does not know is passed over: then the answer holds everything.
        return [.. Items(answer.RootElement, "items").Select(i => new BrevoCompany(Text(i, "id") ?? "", i.TryGetProperty("attributes", out var a) ? Text(a, "name") : null))
            .Where(c => c.Id.Length > 0 && c.Name == name)];
    }

    /// <summary>Creates a company. Names are not unique: a repetition creates another one. Counted in <see cref="BrevoBucket.Other"/>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="attributes">Values by internal name, a JSON object in UTF-8; empty for none.</param>
    /// <param name="contactIds">Brevo's ids of the contacts that belong to it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The new company's id.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/post-companies"/>
    public async Task<string> CreateCompanyAsync(
        string name, ReadOnlyMemory<byte> attributes, IReadOnlyCollection<long> contactIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(contactIds);
        var body = Body(RequestBodies.Name(name, nameof(name)), attributes, ("linkedContactsIds", contactIds));
        return await _transport.SendAsync(
            BrevoEndpoints.CompaniesCreate, "/companies", body,
            (status, answer) =>
            {
                using var created = BrevoTransport.Parse(BrevoEndpoints.CompaniesCreate, status, answer, BrevoReadContext.Default.JsonDocument);
                return Text(created.RootElement, "id") ?? throw new BrevoProtocolException(BrevoEndpoints.CompaniesCreate, status, "it has no id.");
            },
            cancellationToken);
    }

    /// <summary>Changes a company; attributes that are not named stay. Counted in <see cref="BrevoBucket.Other"/>.</summary>
    /// <param name="id">The company's id.</param>
    /// <param name="name">The name.</param>
    /// <param name="attributes">Values by internal name, a JSON object in UTF-8; empty for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>True when it was changed, false when there is no such company.</returns>
    /// <exception cref="ArgumentException">The id or the name is empty.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/patch-companies-id"/>
    public Task<bool> UpdateCompanyAsync(string id, string name, ReadOnlyMemory<byte> attributes, CancellationToken cancellationToken = default) =>
        OrFalseAsync(_transport.WriteAsync(
            BrevoEndpoints.CompaniesUpdate, $"/companies/{Segment(id, nameof(id))}", Body(RequestBodies.Name(name, nameof(name)), attributes), cancellationToken));

    /// <summary>Links contacts to a company and takes links away; others stay. Counted in <see cref="BrevoBucket.Other"/>.</summary>
    /// <param name="id">The company's id.</param>
    /// <param name="link">Brevo's ids of contacts.</param>
    /// <param name="unlink">Brevo's ids of contacts.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>True when it was done, false when there is no such company.</returns>
    /// <exception cref="ArgumentException">The id is empty.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/patch-companies-link-unlink-id"/>
    public Task<bool> LinkCompanyAsync(
        string id, IReadOnlyCollection<long> link, IReadOnlyCollection<long> unlink, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(unlink);
        return OrFalseAsync(_transport.WriteAsync(
            BrevoEndpoints.CompaniesLink, $"/companies/link-unlink/{Segment(id, nameof(id))}",
            Body(null, default, ("linkContactIds", link), ("unlinkContactIds", unlink)), cancellationToken));
    }

    /// <summary>Lists the attributes that companies have. Counted in <see cref="BrevoBucket.Other"/>.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The attributes.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-crm-attributes-companies"/>
    public async Task<IReadOnlyList<BrevoCompanyAttributeInfo>> GetCompanyAttributesAsync(CancellationToken cancellationToken = default)
    {
        using var answer = await _transport.ReadAsync(
            BrevoEndpoints.CompanyAttributesList, "/crm/attributes/companies", null, BrevoReadContext.Default.JsonDocument, cancellationToken);
        return [.. Items(answer.RootElement, "attributes").Where(i => Text(i, "internalName") is { Length: > 0 })
            .Select(i => new BrevoCompanyAttributeInfo(
                Text(i, "internalName")!, Text(i, "attributeTypeName"), i.TryGetProperty("isValueReadonly", out var only) && only.ValueKind == JsonValueKind.True))];
    }

    private static BrevoContent Body(string? name, ReadOnlyMemory<byte> attributes, params (string Key, IReadOnlyCollection<long> Ids)[] lists)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, CompanyWriterOptions))
        {
            writer.WriteStartObject();
            if (name is not null)
            {
                writer.WriteString("name", name);
            }

            if (!attributes.IsEmpty)
            {
                writer.WritePropertyName("attributes");
                writer.WriteRawValue(attributes.Span);
            }

            foreach (var (key, ids) in lists.Where(l => l.Ids.Count > 0))
            {
                writer.WriteStartArray(key);
                foreach (var id in ids)
                {
                    writer.WriteNumberValue(id);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        var body = new PooledBuffer(buffer.WrittenCount);
        body.Write(buffer.WrittenSpan);
        return new BrevoContent(body);
    }

    /// <summary>The objects of a list that is the answer itself or stands in it.</summary>
    private static IEnumerable<JsonElement> Items(JsonElement answer, string key)
    {
        var list = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(key, out var inner) ? inner : answer;
        return list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object) : [];
    }

    private static string? Text(JsonElement source, string key) =>
        source.ValueKind == JsonValueKind.Object && source.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
