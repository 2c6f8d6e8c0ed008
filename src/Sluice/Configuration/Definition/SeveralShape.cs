using System.Text.Json.Nodes;
using Sluice.Configuration.Reading;
using Sluice.Configuration.Yaml;

namespace Sluice.Configuration.Definition;

/// <summary>Several values of one kind: a list, or one text in which <c>,</c> or <c>;</c> separates them.</summary>
internal sealed class SeveralShape<T>(ScalarShape<T> item, bool mayBeEmpty) : Shape<IReadOnlyList<Placed<T>>>
{
    public override string TypeText => $"one or a list of: {item.TypeText}";

    public override string Accepted => item.Accepted;

    public override Found<IReadOnlyList<Placed<T>>> Read(ConfigNode node, Place place, ReadContext context)
    {
        switch (node)
        {
            case ScalarNode { IsNull: true }:
                return Found<IReadOnlyList<Placed<T>>>.Missing;
            case ScalarNode scalar:
                return item.TryResolve(scalar, place, context, out var resolved)
                    ? Collect(Split(resolved.Text).Select(part => (item.Interpret(part, resolved, place, context), place)), place, context)
                    : Found<IReadOnlyList<Placed<T>>>.Invalid;
            case SequenceNode sequence:
                return Collect(
                    context.Items(sequence, place).Select((element, index) => ReadItem(element, place.Item(index, element), context)), place, context);
            default:
                return WrongKind(node, place, context);
        }
    }

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
            item.Schema(),
            new JsonObject { ["type"] = "array", ["items"] = item.Schema(), ["minItems"] = mayBeEmpty ? 0 : 1 }),
    };

    private static string[] Split(string text) => text.Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private (Found<T> Found, Place Place) ReadItem(ConfigNode node, Place place, ReadContext context)
    {
        var found = item.Read(node, place, context);
        if (found.IsMissing)
        {
            context.Problem(place, "is empty", item.Remedy);
        }

        return (found, place);
    }

    private Found<IReadOnlyList<Placed<T>>> Collect(IEnumerable<(Found<T> Found, Place Place)> read, Place place, ReadContext context)
    {
        var all = read.ToList();
        if (all.Count == 0 && !mayBeEmpty)
        {
            context.Problem(place, "is empty", item.Remedy);
            return Found<IReadOnlyList<Placed<T>>>.Invalid;
        }

        return all.TrueForAll(one => one.Found.IsValid)
            ? Found<IReadOnlyList<Placed<T>>>.Of([.. all.Select(one => new Placed<T>(one.Found.Content, one.Place))])
            : Found<IReadOnlyList<Placed<T>>>.Invalid;
    }
}
