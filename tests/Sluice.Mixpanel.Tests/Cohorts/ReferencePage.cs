using System.Text;
using System.Text.Json;

namespace Sluice.Mixpanel.Tests.Cohorts;

/// <summary>
/// The rules of a page once more, as plainly as they can be said over a whole document in memory. For bodies that are
/// well formed and within all limits.
/// </summary>
internal sealed class ReferencePage
{
    private static readonly (string Name, string[] Keys)[] Friendly =
    [
        ("$email", ["email", "$email"]),
        ("$first_name", ["first_name", "$first_name"]),
        ("$last_name", ["last_name", "$last_name"]),
        ("$phone", ["phone_number", "phone", "$phone"]),
        ("$partner_user_id", ["partner_user_id", "$partner_user_id"]),
    ];

    public required string Head { get; init; }

    public required List<Member> Members { get; init; }

    public required List<(int Index, string Reason)> Rejected { get; init; }

    public static ReferencePage Parse(string body, string? identityProperty)
    {
        var root = Last(JsonDocument.Parse(body).RootElement);
        var parameters = Last(root["parameters"]);
        var info = parameters.TryGetValue("page_info", out var pages) && pages.ValueKind == JsonValueKind.Object ? Last(pages) : [];
        var page = new ReferencePage
        {
            Head = string.Join(
                '|',
                root["action"].GetString(),
                TextOf(parameters["mixpanel_project_id"]),
                TextOf(parameters["mixpanel_cohort_id"]),
                TextOf(parameters["mixpanel_cohort_name"]),
                TextOf(parameters["mixpanel_session_id"]),
                parameters.TryGetValue("mixpanel_cohort_description", out var description) ? TextOf(description) : null,
                info.TryGetValue("page_count", out var number) ? TextOf(number) : "1",
                info.TryGetValue("total_pages", out var total) ? TextOf(total) : "1"),
            Members = [],
            Rejected = [],
        };
        var members = new[] { parameters, root }
            .Select(place => place.GetValueOrDefault("members"))
            .FirstOrDefault(found => found.ValueKind == JsonValueKind.Array);
        if (members.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var member in members.EnumerateArray())
            {
                page.Add(member, index++, identityProperty);
            }
        }

        return page;
    }

    private void Add(JsonElement member, int index, string? identityProperty)
    {
        if (member.ValueKind != JsonValueKind.Object)
        {
            Rejected.Add((index, "not_an_object"));
            return;
        }

        var raw = Last(member);
        var properties = new Dictionary<string, JsonElement>();
        foreach (var (name, value) in raw)
        {
            if (name is not ("mixpanel_distinct_id" or "$distinct_id") && !Friendly.Any(friendly => friendly.Keys.Contains(name)))
            {
                properties[name] = value;
            }
        }

        foreach (var (name, keys) in Friendly)
        {
            var found = keys.Where(raw.ContainsKey).Select(key => raw[key]).ToList();
            if (found.Count > 0)
            {
                properties[name] = found.Exists(IsValue) ? found.Find(IsValue) : found[0];
            }
        }

        string?[] ids =
        [
            identityProperty is not null && properties.TryGetValue(identityProperty, out var chosen) ? IdOf(chosen) : null,
            IdOf(raw.GetValueOrDefault("mixpanel_distinct_id")),
            IdOf(raw.GetValueOrDefault("$distinct_id")),
        ];
        if (Array.Find(ids, id => id is not null) is not { } distinctId)
        {
            Rejected.Add((index, "no_distinct_id"));
            return;
        }

        var email = properties.GetValueOrDefault("$email");
        Members.Add(new Member(
            distinctId,
            email.ValueKind == JsonValueKind.String ? IdOf(email) : null,
            IdOf(properties.GetValueOrDefault("$phone")),
            properties));
    }

    private static bool IsValue(JsonElement element) => element.ValueKind != JsonValueKind.Null;

    private static string? IdOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => element.GetRawText(),
        JsonValueKind.String when element.GetString()!.Length > 0 => element.GetString(),
        _ => null,
    };

    private static string? TextOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => element.GetString(),
        _ => element.GetRawText(),
    };

    private static Dictionary<string, JsonElement> Last(JsonElement element)
    {
        var values = new Dictionary<string, JsonElement>();
        foreach (var property in element.EnumerateObject())
        {
            values[property.Name] = property.Value;
        }

        return values;
    }

    internal sealed record Member(string DistinctId, string? Email, string? Phone, Dictionary<string, JsonElement> Properties)
    {
        /// <summary>Whether a member's properties are these, each once, with the same values of the same types.</summary>
        public bool HasProperties(ReadOnlyMemory<byte> utf8)
        {
            using var document = JsonDocument.Parse(utf8);
            var found = document.RootElement.EnumerateObject().ToList();
            return found.Count == Properties.Count
                && found.TrueForAll(property => Properties.TryGetValue(property.Name, out var value)
                    && JsonElement.DeepEquals(value, property.Value)
                    && (value.ValueKind != JsonValueKind.Number || value.GetRawText() == property.Value.GetRawText()))
                && !Encoding.UTF8.GetString(utf8.Span).Contains('\n', StringComparison.Ordinal);
        }
    }
}
