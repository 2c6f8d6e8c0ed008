using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Binding;

/// <summary>Reads the block <c>companies</c>.</summary>
internal static class CompaniesBinder
{
    public static CompanySettings? Bind(BlockReader block, BlockReader mixpanel, ReadContext context)
    {
        var companies = block.Section(CompanyKeys.Companies);
        var sync = mixpanel.Section(MixpanelKeys.Sync);
        var travel = sync.Get(MixpanelKeys.SyncGroups);
        if (!block.Has(CompanyKeys.Companies))
        {
            if (travel)
            {
                context.Warn(sync.PlaceOf(MixpanelKeys.SyncGroups), "has no effect without companies", "say in companies which groups they are, or set it to false");
            }

            return null;
        }

        var groupKey = companies.Get(CompanyKeys.GroupKey);
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        var attributes = new List<(string Property, string Attribute)>();
        foreach (var (property, keyPlace, place, value) in companies.Get(CompanyKeys.Attributes) ?? [])
        {
            if (!MappingBinder.JudgeName(property, keyPlace, context) || !value.IsValid)
            {
                continue;
            }

            if (value.Content == "phone_number")
            {
                context.Problem(place, "goes to phone_number, which Brevo takes only with a country code of its own", "name another attribute");
            }
            else if (!taken.TryAdd(value.Content, property))
            {
                context.Problem(place, $"goes to {value.Content}, where {Shown.Quoted(taken[value.Content])} goes already", "map one property to each attribute");
            }
            else
            {
                attributes.Add((property, value.Content));
            }
        }

        if (!travel)
        {
            context.Warn(block.PlaceOf(CompanyKeys.Companies), "has no effect while connectors.mixpanel.sync.groups is false", "set it to true, or remove companies");
        }

        return groupKey is null ? null : new CompanySettings(groupKey, companies.Has(CompanyKeys.Attributes) ? attributes : [("$name", "name")]);
    }
}
