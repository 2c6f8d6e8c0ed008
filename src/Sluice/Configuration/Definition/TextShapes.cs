using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sluice.Configuration.Definition;

/// <summary>Text of a certain form.</summary>
/// <param name="typeText">The type, for the reference.</param>
/// <param name="pattern">Null: any printable text without white space at its ends.</param>
/// <param name="accepted">The remedy.</param>
internal sealed class TextShape(string typeText, Regex? pattern, string accepted) : ScalarShape<string>
{
    private const int Longest = 4096;

    public override string TypeText { get; } = typeText;

    public override string Accepted { get; } = accepted;

    /// <summary>Whether numbers without quotes are what people usually write here; only the schema must know.</summary>
    public bool IsOftenNumber { get; init; }

    /// <summary>What is wrong with a free text; null when nothing is.</summary>
    public static string? WrongAsText(string text) =>
        text.Length > Longest ? $"is longer than {Longest} characters"
        : text.Any(char.IsControl) ? "has a line break or another control character in it"
        : char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) ? "begins or ends with white space"
        : null;

    protected override string? TryParse(string text, out string? value)
    {
        value = text;
        return WrongAsText(text) ?? (pattern?.IsMatch(text) == false ? "does not have the right form" : null);
    }

    protected override JsonObject LiteralSchema()
    {
        var schema = new JsonObject { ["type"] = IsOftenNumber ? new JsonArray("string", "integer") : "string" };
        if (pattern is not null)
        {
            // \z is .NET's; in the schema's dialect of regular expressions $ already means the very end.
            schema["pattern"] = pattern.ToString().Replace(@"\z", "$", StringComparison.Ordinal);
        }

        return schema;
    }
}

/// <summary>A value that is never shown.</summary>
internal sealed class SecretShape : ScalarShape<Secret>
{
    /// <summary>What else the text must be; null when it is fine, else what is wrong.</summary>
    public Func<string, string?>? Check { get; init; }

    public override string TypeText => "secret";

    public override string Accepted { get; } = "a secret as text on one line, best read from the environment: ${NAME}";

    protected override bool IsSecret => true;

    protected override string? TryParse(string text, out Secret? value)
    {
        value = new Secret(text);
        return TextShape.WrongAsText(text) ?? Check?.Invoke(text);
    }

    // A secret of digits only is a number to YAML.
    protected override JsonObject LiteralSchema() => new() { ["type"] = new JsonArray("string", "number") };
}

/// <summary>One of a few words, in any case.</summary>
internal sealed class ChoiceShape<T>(params (string Word, T Meaning)[] choices) : ScalarShape<T>
{
    private readonly string[] _words = [.. choices.Select(choice => choice.Word)];

    public override string TypeText { get; } = string.Join(" \\| ", choices.Select(choice => $"`{choice.Word}`"));

    public override string Accepted => Reading.Shown.Choice(_words);

    protected override string? TryParse(string text, out T? value)
    {
        foreach (var (word, meaning) in choices)
        {
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                value = meaning;
                return null;
            }
        }

        value = default;
        return "is not one of the choices";
    }

    protected override string? Suggest(string text) =>
        Reading.CloseName.Find(text, _words) is { } close ? $"did you mean {close}? {Remedy}" : null;

    protected override JsonObject LiteralSchema()
    {
        var words = _words.Concat(_words.Select(word => word.ToLowerInvariant())).Distinct(StringComparer.Ordinal);
        return new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) };
    }
}
