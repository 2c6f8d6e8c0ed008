using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sluice.Configuration.Definition;

/// <summary>True or false. YAML 1.1 took <c>yes</c> and <c>on</c> for true as well, YAML 1.2 takes them for text: here they are an error.</summary>
internal sealed class BooleanShape : ScalarShape<bool>
{
    public override string TypeText => "boolean";

    public override string Accepted => "true or false";

    protected override string? TryParse(string text, out bool value)
    {
        value = text is "true" or "True" or "TRUE";
        return value || text is "false" or "False" or "FALSE" ? null : "is not a boolean";
    }

    protected override string? Suggest(string text) => text.ToUpperInvariant() switch
    {
        "YES" or "ON" or "Y" => "write true",
        "NO" or "OFF" or "N" => "write false",
        _ => null,
    };

    protected override JsonObject LiteralSchema() => new() { ["type"] = "boolean" };
}

/// <summary>A whole number in plain decimal digits: <c>017</c> and <c>0o17</c> mean 15 to some readers of YAML and 17 or text to others.</summary>
internal sealed partial class IntegerShape(long least, long most) : ScalarShape<long>
{
    public override string TypeText => "integer";

    public override string Accepted { get; } = most == long.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} on, in plain decimal digits")
        : string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}, in plain decimal digits");

    /// <summary>Whether the text is a number as this shape takes it.</summary>
    public static bool IsPlainDecimal(string text) => Digits().IsMatch(text);

    protected override string? TryParse(string text, out long value)
    {
        value = 0;
        return !IsPlainDecimal(text) ? "is not a whole number"
            : !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) || value < least || value > most ? "is out of range"
            : null;
    }

    protected override JsonObject LiteralSchema()
    {
        var schema = new JsonObject { ["type"] = "integer", ["minimum"] = least };
        if (most != long.MaxValue)
        {
            schema["maximum"] = most;
        }

        return schema;
    }

    [GeneratedRegex(@"^(0|[1-9][0-9]*)\z")]
    private static partial Regex Digits();
}

/// <summary>A number from 0 to 1.</summary>
internal sealed partial class ShareShape : ScalarShape<double>
{
    public override string TypeText => "number, 0 to 1";

    public override string Accepted => "a number from 0 to 1, such as 0.5";

    protected override string? TryParse(string text, out double value)
    {
        value = 0;
        return !Decimal().IsMatch(text) ? "is not a number"
            : !double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) || value is < 0 or > 1 ? "is out of range"
            : null;
    }

    protected override JsonObject LiteralSchema() => new() { ["type"] = "number", ["minimum"] = 0, ["maximum"] = 1 };

    [GeneratedRegex(@"^-?[0-9]+(\.[0-9]+)?\z")]
    private static partial Regex Decimal();
}

/// <summary>A size with its unit. K, M and G are powers of 1,024, with or without the i.</summary>
internal sealed partial class SizeShape(long leastBytes, long mostBytes, string accepted) : ScalarShape<long>
{
    public override string TypeText => "size";

    public override string Accepted { get; } = accepted;

    protected override string? TryParse(string text, out long value)
    {
        value = 0;
        var match = Form().Match(text);
        if (!match.Success)
        {
            return IntegerShape.IsPlainDecimal(text) ? "has no unit" : "is not a size";
        }

        var unit = match.Groups["unit"].Value.ToUpperInvariant() switch
        {
            "K" => 1L << 10,
            "M" => 1L << 20,
            "G" => 1L << 30,
            _ => 1L,
        };
        if (!long.TryParse(match.Groups["count"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > mostBytes / unit)
        {
            return "is out of range";
        }

        value = count * unit;
        return value < leastBytes ? "is out of range" : null;
    }

    protected override JsonObject LiteralSchema() => new() { ["type"] = "string", ["pattern"] = "^(0|[1-9][0-9]*) ?([KkMmGg][Ii]?)?[Bb]$" };

    [GeneratedRegex(@"^(?<count>0|[1-9][0-9]*) ?((?<unit>[KkMmGg])[Ii]?)?[Bb]\z")]
    private static partial Regex Form();
}
