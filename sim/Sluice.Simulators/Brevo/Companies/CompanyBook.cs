using System.Globalization;
using System.Text.Json;

namespace Sluice.Simulators.Brevo.Companies;

/// <summary>A company as it is stored.</summary>
internal sealed class StoredCompany(string id, string name)
{
    public string Id => id;

    public string Name { get; set; } = name;

    /// <summary>Values by internal name; the name is not among them.</summary>
    public SortedDictionary<string, JsonElement> Attributes { get; } = new(StringComparer.Ordinal);

    public SortedSet<long> Contacts { get; } = [];
}

/// <param name="Type">text, number, boolean, date, user, single-select or multi-choice.</param>
internal sealed record CompanyAttribute(string Name, string Label, string Type, bool IsReadOnly);

/// <summary>The companies of the account. Names are not unique, and there is no id but the account's own.</summary>
internal sealed class CompanyBook
{
    private readonly List<StoredCompany> _companies = [];
    private int _next;

    public IReadOnlyList<StoredCompany> All => _companies;

    public List<CompanyAttribute> Attributes { get; } =
    [
        new("name", "Name", "text", false), new("domain", "Domain", "text", false), new("industry", "Industry", "single-select", false),
        new("owner", "Owner", "user", false), new("phone_number", "Phone number", "text", false), new("revenue", "Revenue", "number", false),
        new("number_of_employees", "Number of employees", "number", false), new("number_of_contacts", "Number of contacts", "number", true),
    ];

    public StoredCompany? Find(string id) => _companies.Find(c => c.Id == id);

    public StoredCompany Add(string name)
    {
        var company = new StoredCompany((++_next).ToString("x24", CultureInfo.InvariantCulture), name);
        _companies.Add(company);
        return company;
    }

    public bool Delete(string id) => _companies.RemoveAll(c => c.Id == id) > 0;
}
