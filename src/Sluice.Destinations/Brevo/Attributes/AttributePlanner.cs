using Sluice.Brevo;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>Turns a mapping into a plan, line by line.</summary>
internal sealed class AttributePlanner(AttributeCatalogue catalogue, PropertySamples? samples)
{
    // Columns that the marketing system keeps itself; writing them is refused or does harm.
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        BrevoAttributeNames.ExternalId, "ADDED_TIME", "MODIFIED_TIME",
        "BLACKLISTED", "EMAILBLACKLISTED", "SMSBLACKLISTED", "EMAIL_BLACKLISTED", "SMS_BLACKLISTED",
    };

    private static readonly HashSet<string> Phones = new(StringComparer.Ordinal)
    {
        BrevoAttributeNames.Sms, BrevoAttributeNames.WhatsApp, BrevoAttributeNames.LandlineNumber,
    };

    // The types of the attributes that the documented mapping names, for a first run without a single value.
    private static readonly Dictionary<string, AttributeKind> WellKnown = new(StringComparer.Ordinal)
    {
        ["LTV"] = AttributeKind.Number,
        ["SIGNUP_DATE"] = AttributeKind.Date,
    };

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly List<PlanColumn> _columns = [];
    private readonly List<BrevoAttributeDefinition> _toCreate = [];
    private readonly List<AttributeProblem> _problems = [];
    private string? _emailProperty;

    public AttributePlan ToPlan(TimeZoneInfo timeZone) => new(_columns, _toCreate, _problems, _emailProperty, timeZone);

    public void Add(AttributeMapping line)
    {
        var name = line.Attribute.Trim().ToUpperInvariant();
        if (Reserved.Contains(name))
        {
            Report(name, line, AttributeReason.ReservedName);
        }
        else if (!_taken.Add(name))
        {
            Report(name, line, AttributeReason.DuplicateTarget);
        }
        else if (name == BrevoAttributeNames.Email)
        {
            _emailProperty = line.Property;
        }
        else if (Phones.Contains(name))
        {
            AddColumn(name, line, AttributeKind.Phone, isNew: false, choices: null);
        }
        else if (catalogue.Find(name) is { } existing)
        {
            AddExisting(name, line, existing);
        }
        else
        {
            AddMissing(name, line);
        }
    }

    private void AddExisting(string name, AttributeMapping line, BrevoAttributeInfo existing)
    {
        if (!AttributeCatalogue.IsWritable(existing))
        {
            Report(name, line, AttributeReason.NotWritable);
        }
        else if (AttributeCatalogue.KindOf(existing) is not { } kind)
        {
            Report(name, line, AttributeReason.UnsupportedType);
        }
        else
        {
            if (line.Kind is { } wanted && wanted != kind)
            {
                Report(name, line, AttributeReason.TypeDiffers);
            }

            AddColumn(name, line, kind, isNew: false, AttributeCatalogue.ChoicesOf(existing));
        }
    }

    private void AddMissing(string name, AttributeMapping line)
    {
        if (!BrevoAttributeNames.IsSafeForCreation(name))
        {
            Report(name, line, AttributeReason.InvalidName);
            return;
        }

        var kind = line.Kind ?? samples?.Infer(line.Property) ?? (WellKnown.TryGetValue(name, out var known) ? known : AttributeKind.Text);
        if (kind is AttributeKind.Category or AttributeKind.MultipleChoice)
        {
            AddMissingChoice(name, line, kind);
            return;
        }

        // A phone number under another name is a text to the account.
        kind = kind == AttributeKind.Phone ? AttributeKind.Text : kind;
        _toCreate.Add(BrevoAttributeDefinition.Normal(name, TypeOf(kind)));
        AddColumn(name, line, kind, isNew: true, choices: null);
    }

    private void AddMissingChoice(string name, AttributeMapping line, AttributeKind kind)
    {
        var labels = samples?.Options(line.Property) ?? [];
        if (labels.Count == 0)
        {
            Report(name, line, AttributeReason.NoOptions);
            return;
        }

        if (kind == AttributeKind.MultipleChoice)
        {
            _toCreate.Add(BrevoAttributeDefinition.MultipleChoice(name, labels));
            AddColumn(name, line, kind, isNew: true, new ChoiceTable(labels, []));
            return;
        }

        var numbered = labels.Select((label, index) => ((long)index + 1, label)).ToArray();
        _toCreate.Add(BrevoAttributeDefinition.Enumerated(name, numbered));
        AddColumn(name, line, kind, isNew: true, new ChoiceTable(Array.ConvertAll(numbered, option => FormattableString.Invariant($"{option.Item1}")), labels));
    }

    private static string TypeOf(AttributeKind kind) => kind switch
    {
        AttributeKind.Number => BrevoAttributeTypes.Number,
        AttributeKind.Date => BrevoAttributeTypes.Date,
        AttributeKind.Boolean => BrevoAttributeTypes.Boolean,
        AttributeKind.User => BrevoAttributeTypes.User,
        _ => BrevoAttributeTypes.Text,
    };

    private void AddColumn(string name, AttributeMapping line, AttributeKind kind, bool isNew, ChoiceTable? choices) =>
        _columns.Add(new PlanColumn(new AttributeColumn(name, line.Property, kind, isNew), choices));

    private void Report(string name, AttributeMapping line, string reason) => _problems.Add(new AttributeProblem(name, line.Property, reason));
}
