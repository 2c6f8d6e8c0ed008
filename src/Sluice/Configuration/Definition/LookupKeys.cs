using System.Text.Json.Nodes;
using Sluice.Configuration.Reading;
using Sluice.Configuration.Yaml;

namespace Sluice.Configuration.Definition;

/// <summary>What lookup tables add, on which records.</summary>
internal enum LookupUse
{
    Both,
    Events,
    Profiles,
}

internal static class LookupKeys
{
    private static readonly TextShape Text = new("text", pattern: null, "text on one line") { IsOftenNumber = true };

    public static readonly Key<string> Table = new("table", Text, "Id or name of a lookup table that Sluice has received.")
    {
        IsRequired = true,
        Example = "Products",
    };

    public static readonly Key<string> Join = new(
        "join", Text, "The property of an event or a profile whose value is a key of the table, its first column. Of a list the first value counts.")
    {
        IsRequired = true,
        Example = "product_id",
    };

    public static readonly Key<IReadOnlyList<MapEntry<string>>> Columns = new(
        "columns",
        new ColumnsShape(Text),
        "Which columns are added, and as which property: `column: property`, or a list of columns that keep their names. What a record has of its own stays.")
    {
        IsRequired = true,
        Example = "{ name: product_name, price: product_price }",
    };

    public static readonly Key<LookupUse> For = new(
        "for",
        new ChoiceShape<LookupUse>(("both", LookupUse.Both), ("events", LookupUse.Events), ("profiles", LookupUse.Profiles)),
        "What gets them on its way: events to every destination, profiles to Brevo. A profile's are sent when `property_mapping` names them.")
    {
        Default = LookupUse.Both,
        DefaultText = "both",
        Example = "events",
    };

    public static readonly Key<IReadOnlyList<BlockReader>> Lookups = new(
        "lookups",
        new BlockListShape(new BlockShape(Table, Join, Columns, For)),
        "Lookup tables that add properties to events on their way to destinations and to profiles on their way to Brevo. What is stored stays as it was received, so a replaced table counts for whatever is sent afterwards.")
    {
        Without = "nothing is added",
    };

    /// <summary>Columns with a new name each, or a list of those that keep theirs.</summary>
    private sealed class ColumnsShape(TextShape text) : Shape<IReadOnlyList<MapEntry<string>>>
    {
        private readonly MapShape<string> _renamed = new("column", text);
        private readonly SeveralShape<string> _kept = new(text, mayBeEmpty: false);

        public override string TypeText => "column → property, or a list of columns";

        public override string Accepted => "a list of columns, or a block with one line for each column";

        public override Found<IReadOnlyList<MapEntry<string>>> Read(ConfigNode node, Place place, ReadContext context)
        {
            if (node is ScalarNode { IsNull: true })
            {
                return Found<IReadOnlyList<MapEntry<string>>>.Missing;
            }

            if (node is MappingNode)
            {
                return _renamed.Read(node, place, context);
            }

            var names = _kept.Read(node, place, context);
            return names.IsValid
                ? Found<IReadOnlyList<MapEntry<string>>>.Of([.. names.Content.Select(n => new MapEntry<string>(n.Content, n.Place, n.Place, Found<string>.Of(n.Content)))])
                : Found<IReadOnlyList<MapEntry<string>>>.Invalid;
        }

        public override JsonObject Schema()
        {
            var renamed = _renamed.Schema();
            renamed["type"] = "object";
            return new JsonObject { ["anyOf"] = new JsonArray(_kept.Schema(), renamed) };
        }
    }
}
