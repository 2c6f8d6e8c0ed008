using System.Globalization;
using System.Text.RegularExpressions;

namespace Sluice.Simulators.Brevo;

/// <summary>The only filter there is: <c>equals(ATTRIBUTE,value)</c>, values other than numbers and booleans in quotes.</summary>
internal static partial class ContactFilter
{
    public static Func<Contact, bool> Parse(AttributeCatalog attributes, string filter)
    {
        var match = Equality().Match(filter);
        if (!match.Success)
        {
            throw BrevoRefusal.Invalid("filter should be like equals(ATTRIBUTE,\"value\")");
        }

        var name = match.Groups["name"].Value;
        var text = match.Groups["text"].Success ? match.Groups["text"].Value : match.Groups["bare"].Value;
        if (Identifiers.FromAttribute(name) is { } kind)
        {
            return contact => contact.Get(kind) == text;
        }

        var definition = attributes.Find(name) ?? throw BrevoRefusal.Invalid($"Attribute {name} does not exist");
        return definition switch
        {
            { Category: "category" } => contact =>
                contact.Get(definition) is string key && key == definition.CategoryKey(text),
            { Type: "multiple-choice" } => contact =>
                contact.Get(definition) is string[] chosen
                && text.Split(',').All(option => chosen.Contains(option.Trim(), StringComparer.Ordinal)),
            { Type: "float" } => contact =>
                contact.Get(definition) is double number
                && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var wanted)
                && number.Equals(wanted),
            { Type: "boolean" } => contact =>
                contact.Get(definition) is bool flag && (flag ? "true" : "false") == text,
            _ => contact => contact.Get(definition) is string value && value == text,
        };
    }

    [GeneratedRegex("""^equals\(\s*(?<name>[A-Z][A-Z0-9_]*)\s*,\s*(?:"(?<text>[^"]*)"|(?<bare>[^"\s)]+))\s*\)$""")]
    private static partial Regex Equality();
}
