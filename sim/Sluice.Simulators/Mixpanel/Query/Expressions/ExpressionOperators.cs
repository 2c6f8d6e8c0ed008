namespace Sluice.Simulators.Mixpanel.Query.Expressions;

using Evaluator = Func<ExpressionScope, ExpressionValue>;

/// <summary>What the operators make of values; what does not fit becomes undefined, except under <c>and</c> and <c>or</c>.</summary>
internal static class ExpressionOperators
{
    public static Evaluator Either(Evaluator left, Evaluator right) => scope =>
    {
        // Both sides are looked at, so that a wrong type is an error wherever it stands.
        var (first, second) = (Condition(left(scope)), Condition(right(scope)));
        return ExpressionValue.Of(first || second);
    };

    public static Evaluator Both(Evaluator left, Evaluator right) => scope =>
    {
        var (first, second) = (Condition(left(scope)), Condition(right(scope)));
        return ExpressionValue.Of(first && second);
    };

    public static Evaluator Not(Evaluator inner) => scope => inner(scope) switch
    {
        { Type: ExpressionType.Undefined } => ExpressionValue.Of(true),
        { Type: ExpressionType.Boolean } value => ExpressionValue.Of(!value.IsTrue),
        _ => ExpressionValue.Undefined,
    };

    public static Evaluator Negative(Evaluator inner) => scope =>
        inner(scope) is { Type: ExpressionType.Number } value ? ExpressionValue.Of(-value.Number) : ExpressionValue.Undefined;

    public static Evaluator In(Evaluator left, Evaluator right, bool isLiteral) => scope => (left(scope), right(scope)) switch
    {
        ({ Type: ExpressionType.Text } part, { Type: ExpressionType.Text } whole) =>
            ExpressionValue.Of(whole.Text.Contains(part.Text, StringComparison.Ordinal)),
        ({ Type: not ExpressionType.Undefined } item, { Type: ExpressionType.List } list) when isLiteral =>
            ExpressionValue.Of(list.Items!.Any(member => ExpressionValue.AreEqual(item, member))),
        _ => ExpressionValue.Undefined,
    };

    public static Evaluator Compare(string symbol, Evaluator left, Evaluator right) => scope =>
    {
        var (first, second) = (left(scope), right(scope));
        if (symbol is "==" or "=" or "!=")
        {
            return ExpressionValue.Of(ExpressionValue.AreEqual(first, second) == (symbol != "!="));
        }

        return ExpressionValue.Compare(first, second) is not { } order ? ExpressionValue.Undefined : ExpressionValue.Of(symbol switch
        {
            ">" => order > 0,
            ">=" => order >= 0,
            "<" => order < 0,
            _ => order <= 0,
        });
    };

    public static Evaluator Calculate(string symbol, Evaluator left, Evaluator right) => scope => (symbol, left(scope), right(scope)) switch
    {
        ("+", { Type: ExpressionType.Text } first, { Type: ExpressionType.Text } second) => ExpressionValue.Of(first.Text + second.Text),
        (_, { Type: ExpressionType.Number } first, { Type: ExpressionType.Number } second) => symbol switch
        {
            "+" => ExpressionValue.Of(first.Number + second.Number),
            "-" => ExpressionValue.Of(first.Number - second.Number),
            "*" => ExpressionValue.Of(first.Number * second.Number),
            "/" => ExpressionValue.Of(first.Number / second.Number),
            _ => ExpressionValue.Of(first.Number % second.Number),
        },
        _ => ExpressionValue.Undefined,
    };

    private static bool Condition(ExpressionValue value) => value.Type is ExpressionType.Boolean or ExpressionType.Undefined
        ? value.IsTrue
        : throw new ExpressionException("and, or take booleans");
}
