using System.Globalization;

namespace Sluice.Simulators.Mixpanel.Query.Expressions;

using Evaluator = Func<ExpressionScope, ExpressionValue>;

/// <summary>The functions that are documented for <c>where</c>. Those of formulas of custom properties are not among them.</summary>
internal static class ExpressionFunctions
{
    public static Evaluator Bind(string name, List<Evaluator> arguments) => (name, arguments.Count) switch
    {
        ("defined", 1) => scope => ExpressionValue.Of(arguments[0](scope).Type != ExpressionType.Undefined),
        ("string", 1) => scope => Text(arguments[0](scope)),
        ("string", 2) => scope => Text(arguments[0](scope)) is { Type: not ExpressionType.Undefined } text ? text : arguments[1](scope),
        ("number", 1) => scope => Number(arguments[0](scope)),
        ("boolean", 1) => scope => ExpressionValue.Of(Truth(arguments[0](scope))),
        ("floor", 1) => Rounded(arguments[0], Math.Floor),
        ("ceil", 1) => Rounded(arguments[0], Math.Ceiling),
        ("round", 1) => Rounded(arguments[0], value => Math.Round(value, MidpointRounding.AwayFromZero)),
        ("datetime", 1) => scope => Time(arguments[0](scope)),
        ("has_prefix", 2) => scope => Affix(arguments[0](scope), arguments[1](scope), (text, part) => text.StartsWith(part, StringComparison.OrdinalIgnoreCase)),
        ("has_suffix", 2) => scope => Affix(arguments[0](scope), arguments[1](scope), (text, part) => text.EndsWith(part, StringComparison.OrdinalIgnoreCase)),
        _ => throw new ExpressionException($"unknown function {name} of {arguments.Count} arguments"),
    };

    private static ExpressionValue Text(ExpressionValue value) => value.Type switch
    {
        ExpressionType.Undefined or ExpressionType.Null or ExpressionType.Text => value,
        _ => ExpressionValue.Of(value.Label),
    };

    private static ExpressionValue Number(ExpressionValue value) => value.Type switch
    {
        ExpressionType.Number or ExpressionType.Boolean => ExpressionValue.Of(value.Number),
        ExpressionType.Text when double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => ExpressionValue.Of(number),
        _ => ExpressionValue.Undefined,
    };

    private static bool Truth(ExpressionValue value) => value.Type switch
    {
        ExpressionType.Undefined or ExpressionType.Null => false,
        ExpressionType.Boolean or ExpressionType.Number => value.Number != 0,
        ExpressionType.Text => value.Text is not ("" or "false"),
        _ => true,
    };

    private static Evaluator Rounded(Evaluator argument, Func<double, double> round) => scope =>
        argument(scope) is { Type: ExpressionType.Number } value ? ExpressionValue.Of(round(value.Number)) : ExpressionValue.Undefined;

    private static ExpressionValue Time(ExpressionValue value) => value.Type switch
    {
        ExpressionType.Time => value,
        ExpressionType.Number when Math.Abs(value.Number) < 1e11 => ExpressionValue.Time((long)(value.Number * 1_000)),
        ExpressionType.Text => ExpressionValue.TimeOf(value.Text),
        _ => ExpressionValue.Undefined,
    };

    private static ExpressionValue Affix(ExpressionValue text, ExpressionValue part, Func<string, string, bool> test) =>
        text.Type == ExpressionType.Text && part.Type == ExpressionType.Text ? ExpressionValue.Of(test(text.Text, part.Text)) : ExpressionValue.Undefined;
}
