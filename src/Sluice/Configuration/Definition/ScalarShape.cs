using System.Text.Json.Nodes;
using Sluice.Configuration.Reading;
using Sluice.Configuration.Yaml;

namespace Sluice.Configuration.Definition;

/// <summary>A single value. YAML's own ideas of types are not used: the key says what the text means.</summary>
internal abstract class ScalarShape<T> : Shape<T>
{
    /// <summary>Whether the value never appears in a message.</summary>
    protected virtual bool IsSecret => false;

    /// <summary>Whether an empty text is the same as no key at all.</summary>
    public bool EmptyIsMissing { get; init; }

    /// <summary>Whether a value that is one unset variable is the same as no key at all.</summary>
    public bool UnsetIsMissing { get; init; }

    public sealed override Found<T> Read(ConfigNode node, Place place, ReadContext context)
    {
        if (node is not ScalarNode scalar)
        {
            return WrongKind(node, place, context);
        }

        if (scalar.IsNull)
        {
            return Found<T>.Missing;
        }

        if (!TryResolve(scalar, place, context, out var resolved))
        {
            return Found<T>.Invalid;
        }

        return resolved.Text.Length == 0 ? ReadEmpty(resolved, place, context) : Interpret(resolved.Text, resolved, place, context);
    }

    /// <summary>Replaces the variables; false when that failed and was reported.</summary>
    public bool TryResolve(ScalarNode scalar, Place place, ReadContext context, out Interpolated resolved)
    {
        resolved = Interpolation.Resolve(scalar.Text, context.Environment);
        if (resolved.IsMalformed)
        {
            context.Problem(place, "has a ${ that is not followed by a name and }", "write ${NAME} for an environment variable, $${ for the two characters themselves");
            return false;
        }

        if (UnsetIsMissing && resolved is { IsWhole: true, Unset.Count: 1 })
        {
            return true;
        }

        foreach (var variable in resolved.Unset.Distinct(StringComparer.Ordinal))
        {
            context.Problem(place, $"reads the environment variable {variable}, which is not set", $"set {variable}, or remove the key");
        }

        return resolved.Unset.Count == 0;
    }

    /// <summary>Interprets a text, or a part of one, and reports what is wrong with it.</summary>
    public Found<T> Interpret(string text, Interpolated resolved, Place place, ReadContext context)
    {
        var wrong = TryParse(text, out var value);
        if (wrong is null)
        {
            return Found<T>.Of(value!);
        }

        context.Problem(place, $"{Subject(text, resolved)} {wrong}", Suggestion(text, resolved) ?? Remedy);
        return Found<T>.Invalid;
    }

    public sealed override JsonObject Schema()
    {
        var schema = LiteralSchema();
        return new JsonObject
        {
            ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "string", ["pattern"] = Interpolation.VariablePattern }),
        };
    }

    /// <summary>The JSON schema of a value that is written out.</summary>
    protected abstract JsonObject LiteralSchema();

    /// <summary>Reads the text; null when it is fine, else what is wrong, as the rest of a sentence that begins with the value.</summary>
    protected abstract string? TryParse(string text, out T? value);

    /// <summary>A better remedy for this text than the general one.</summary>
    protected virtual string? Suggest(string text) => null;

    /// <summary>Whether this text may hold a secret although the key is none.</summary>
    protected virtual bool MayHoldSecret(string text) => false;

    private string? Suggestion(string text, Interpolated resolved) =>
        IsSecret || resolved.Variables.Count > 0 ? null : Suggest(text);

    private Found<T> ReadEmpty(Interpolated resolved, Place place, ReadContext context)
    {
        if (EmptyIsMissing)
        {
            return Found<T>.Missing;
        }

        context.Problem(
            place,
            resolved.Variables.Count == 0 ? "is empty" : $"reads the environment variable {resolved.Variables[0]}, which is empty",
            $"{Remedy}; or remove the key");
        return Found<T>.Invalid;
    }

    // What comes from the environment is never shown: it may be a secret that was put under the wrong key.
    private string Subject(string text, Interpolated resolved) =>
        resolved.Variables.Count > 0 ? $"the value (from ${{{resolved.Variables[0]}}})"
        : IsSecret || MayHoldSecret(text) ? "the value"
        : Shown.Quoted(text);
}
