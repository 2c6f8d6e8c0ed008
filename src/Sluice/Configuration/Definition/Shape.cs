using System.Text.Json.Nodes;
using Sluice.Configuration.Reading;
using Sluice.Configuration.Yaml;

namespace Sluice.Configuration.Definition;

/// <summary>What a key accepts. The loader, the JSON schema and the reference in the documentation all come from it.</summary>
internal abstract class Shape
{
    /// <summary>The type in a few words, for the reference.</summary>
    public abstract string TypeText { get; }

    /// <summary>What is accepted, in words.</summary>
    public abstract string Accepted { get; }

    /// <summary>What is accepted, as the remedy of a problem.</summary>
    public string Remedy => $"accepted: {Accepted}";

    /// <summary>The JSON schema of the value.</summary>
    public abstract JsonObject Schema();

    /// <summary>The keys below, with the path that leads to each from here; empty for a scalar.</summary>
    public virtual IEnumerable<(string Path, Key Key)> KeysBelow() => [];

    protected static string KindOf(ConfigNode node) => node switch
    {
        MappingNode => "a block of keys",
        SequenceNode => "a list",
        _ => "a single value",
    };
}

/// <inheritdoc/>
/// <typeparam name="T">What it is read into.</typeparam>
internal abstract class Shape<T> : Shape
{
    /// <summary>Reads a value; whatever is wrong with it has been reported when the answer is <see cref="FoundState.Invalid"/>.</summary>
    public abstract Found<T> Read(ConfigNode node, Place place, ReadContext context);

    protected Found<T> WrongKind(ConfigNode node, Place place, ReadContext context)
    {
        context.Problem(place, $"is {KindOf(node)}", Remedy);
        return Found<T>.Invalid;
    }
}
