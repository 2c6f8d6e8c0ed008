namespace Sluice.Simulators.Mixpanel.Query.Expressions;

/// <summary>An expression that cannot be read, or that fails on a record.</summary>
internal sealed class ExpressionException(string message) : Exception(message);

/// <summary>What the names in an expression stand for: a record, and the variables that are bound around it.</summary>
internal sealed record ExpressionScope(Func<string, string, ExpressionValue> Read)
{
    private readonly (string Name, ExpressionValue Value)[] _bound = [];

    private ExpressionScope(ExpressionScope outer, string name, ExpressionValue value)
        : this(outer.Read) => _bound = [(name, value), .. outer._bound];

    public ExpressionScope With(string name, ExpressionValue value) => new(this, name, value);

    /// <summary>The innermost variable of this name; the parser has seen to it that there is one.</summary>
    public ExpressionValue Variable(string name) => Array.Find(_bound, bound => bound.Name == name).Value;
}

/// <summary>Mixpanel's expression language, as <c>where</c>, <c>on</c> and selectors carry it.</summary>
internal sealed class Expression
{
    private readonly Func<ExpressionScope, ExpressionValue> _evaluate;

    private Expression(Func<ExpressionScope, ExpressionValue> evaluate) => _evaluate = evaluate;

    public static Expression Parse(string text) => new(new ExpressionParser(text).Parse());

    /// <summary>The expression that is a property's value.</summary>
    public static Expression OfProperty(string name) => new(scope => scope.Read("properties", name));

    public ExpressionValue Evaluate(ExpressionScope scope) => _evaluate(scope);

    /// <summary>Whether a <c>where</c> keeps the record: only what is true is kept, what is undefined is not.</summary>
    public bool Keeps(ExpressionScope scope) => _evaluate(scope).IsTrue;
}
