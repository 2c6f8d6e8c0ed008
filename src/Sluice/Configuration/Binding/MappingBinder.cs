using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;
using Sluice.Core.Delivery.Enrichment;

namespace Sluice.Configuration.Binding;

/// <summary>Reads the blocks <c>event_mapping</c> and <c>property_mapping</c>.</summary>
internal static class MappingBinder
{
    private const string UserGroups = "user_groups";
    private const string UserGroupPrefix = "user_group:";

    public static EventMapping BindEvents(BlockReader block, ReadContext context)
    {
        var entries = block.Read(MappingKeys.EventMapping);
        if (!entries.IsValid)
        {
            return EventMapping.SendAll;
        }

        if (entries.Content.Count == 0)
        {
            context.Warn(block.PlaceOf(MappingKeys.EventMapping), "is there without a line, so that no event is sent", "add events, or remove the key to send every event under its own name");
        }

        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var sendUnmapped = false;
        foreach (var (name, keyPlace, place, value) in entries.Content)
        {
            JudgeName(name, keyPlace, context);
            if (!value.IsValid)
            {
                continue;
            }

            if ((name == MappingKeys.Any) != (value.Content == MappingKeys.Any))
            {
                context.Problem(
                    place,
                    name == MappingKeys.Any ? "gives all other events one name" : "has * for a name",
                    "the line \"*\": \"*\" sends all other events under their own name; any other event needs a name");
            }
            else if (name == MappingKeys.Any)
            {
                sendUnmapped = true;
            }
            else
            {
                names[name] = value.Content;
            }
        }

        return new EventMapping(names, sendUnmapped);
    }

    public static PropertyMapping BindProperties(BlockReader block, ReadContext context)
    {
        var lines = block.Read(MappingKeys.PropertyMapping);
        if (!lines.IsValid)
        {
            return PropertyMapping.EmailOnly;
        }

        var entries = new List<PropertyMappingEntry>();
        var takenBy = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines.Content)
        {
            var source = SourceOf(line, context);
            if (!line.Value.IsValid)
            {
                continue;
            }

            var type = line.Value.Content.Read(MappingKeys.Type);
            if (TargetOf(line, context) is { } target && source is not null && IsOwn(source, target, line, context) && type.State != FoundState.Invalid && Fits(type, source, target, line, context))
            {
                if (takenBy.TryAdd(target.Name, line.Name))
                {
                    entries.Add(new PropertyMappingEntry(source, target, type.IsValid ? type.Content : null));
                }
                else
                {
                    context.Problem(line.Place, $"goes to {target.Name}, where {Shown.Quoted(takenBy[target.Name])} goes already", "map one property to each target");
                }
            }
        }

        if (entries.Count == lines.Content.Count && !entries.Exists(entry => entry.Target.Kind is BrevoFieldKind.Email or BrevoFieldKind.Sms))
        {
            context.Warn(block.PlaceOf(MappingKeys.PropertyMapping), "maps nothing to email or SMS, so that nobody can be contacted", "add a line such as $email: email");
        }

        return new PropertyMapping(entries);
    }

    public static bool JudgeName(string name, Place place, ReadContext context)
    {
        var wrong = name.Length == 0 ? "is empty" : name.Any(char.IsControl) ? "has a line break or another control character in it" : null;
        if (wrong is not null)
        {
            context.Problem(place, $"has a name that {wrong}", "write the name as Mixpanel has it");
        }

        return wrong is null;
    }

    private static PropertySource? SourceOf(MapEntry<BlockReader> line, ReadContext context)
    {
        if (!JudgeName(line.Name, line.KeyPlace, context))
        {
            return null;
        }

        if (line.Name == UserGroups)
        {
            return new PropertySource.UserGroups();
        }

        if (line.Name.StartsWith(GroupSource.Prefix, StringComparison.Ordinal))
        {
            return GroupOf(line, context);
        }

        if (!line.Name.StartsWith(UserGroupPrefix, StringComparison.Ordinal))
        {
            return new PropertySource.ProfileProperty(line.Name);
        }

        if (ListsBinder.CohortId(line.Name[UserGroupPrefix.Length..]) is { } cohort)
        {
            return new PropertySource.UserGroup(cohort);
        }

        context.Problem(line.KeyPlace, "does not name a cohort", "accepted: user_group: and a Mixpanel cohort id in plain decimal digits, such as user_group:7700123");
        return null;
    }

    private static PropertySource.GroupProperty? GroupOf(MapEntry<BlockReader> line, ReadContext context)
    {
        if (GroupSource.Parse(line.Name) is { } group)
        {
            return new PropertySource.GroupProperty(group);
        }

        context.Problem(
            line.KeyPlace, "does not name a property of a group", "accepted: group:, the group key, a dot and the property, such as group:company_id.plan");
        return null;
    }

    private static BrevoField? TargetOf(MapEntry<BlockReader> line, ReadContext context)
    {
        var written = line.Value.Content.Read(MappingKeys.Attribute);
        if (!written.IsValid)
        {
            return null;
        }

        var name = written.Content.ToUpperInvariant();
        switch (name)
        {
            case "EMAIL":
                return BrevoField.Email;
            case "EXT_ID":
                context.Problem(line.Place, "goes to EXT_ID, which Sluice fills with the person's id itself", "name another attribute");
                return null;
            case "ADDED_TIME" or "MODIFIED_TIME" or "BLACKLISTED":
                context.Problem(line.Place, $"goes to {name}, which Brevo fills itself", "name another attribute");
                return null;
        }

        if (name != written.Content)
        {
            context.Warn(line.Place, $"is taken as {name}, because Brevo's attributes are in upper case", $"write {name}");
        }

        return name == BrevoField.Sms.Name ? BrevoField.Sms : new BrevoField(BrevoFieldKind.Attribute, name);
    }

    /// <summary>What a person is contacted by is always their own.</summary>
    private static bool IsOwn(PropertySource source, BrevoField target, MapEntry<BlockReader> line, ReadContext context)
    {
        if (source is not PropertySource.GroupProperty || target.Kind == BrevoFieldKind.Attribute)
        {
            return true;
        }

        context.Problem(line.Place, $"goes from a group to {target.Name}, which would be the same for all its members", "name another attribute");
        return false;
    }

    private static bool Fits(Found<BrevoAttributeType> type, PropertySource source, BrevoField target, MapEntry<BlockReader> line, ReadContext context)
    {
        if (type.IsMissing)
        {
            return true;
        }

        var place = line.Value.Content.PlaceOf(MappingKeys.Type);
        if (target.Kind != BrevoFieldKind.Attribute)
        {
            context.Problem(place, $"gives {target.Name} a type, which is Brevo's own", "remove the type");
            return false;
        }

        var accepted = source switch
        {
            PropertySource.UserGroups when type.Content is not (BrevoAttributeType.Text or BrevoAttributeType.MultipleChoice) => "text or multiple-choice, for a list of ids",
            PropertySource.UserGroup when type.Content is not (BrevoAttributeType.Text or BrevoAttributeType.Boolean) => "text or boolean, for true or false",
            _ => null,
        };
        if (accepted is not null)
        {
            context.Problem(place, "does not fit the property", $"accepted: {accepted}");
        }

        return accepted is null;
    }
}
