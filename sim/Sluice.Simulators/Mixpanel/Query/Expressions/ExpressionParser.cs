namespace Sluice.Simulators.Mixpanel.Query.Expressions;

using Evaluator = Func<ExpressionScope, ExpressionValue>;

/// <summary>Reads an expression: <c>or</c> binds loosest, then <c>and</c>, <c>not</c>, comparison, sum, product, sign.</summary>
internal sealed class ExpressionParser(string text)
{
    private const int Deepest = 100;

    private static readonly string[] Comparisons = ["==", "!=", ">=", "<=", "=", ">", "<"];

    private readonly IReadOnlyList<Token> _tokens = ExpressionTokens.Read(text);
    private readonly Stack<string> _bound = [];
    private int _at;
    private int _depth;

    private Token Next => _tokens[_at];

    public Evaluator Parse()
    {
        var whole = Or();
        return Next.Type == TokenType.End ? whole : throw Unexpected();
    }

    private Evaluator Or()
    {
        if (++_depth > Deepest)
        {
            throw new ExpressionException("the expression is nested too deeply");
        }

        var left = And();
        while (TakeName("or", "OR"))
        {
            left = ExpressionOperators.Either(left, And());
        }

        _depth--;
        return left;
    }

    private Evaluator And()
    {
        var left = Not();
        while (TakeName("and", "AND"))
        {
            left = ExpressionOperators.Both(left, Not());
        }

        return left;
    }

    private Evaluator Not()
    {
        var count = 0;
        while (TakeName("not", "NOT"))
        {
            count++;
        }

        var inner = Comparison();
        for (; count > 0; count--)
        {
            inner = ExpressionOperators.Not(inner);
        }

        return inner;
    }

    private Evaluator Comparison()
    {
        var left = Sum();
        if (TakeName("in", "IN"))
        {
            // A list written down has members; for a property that is one there is any().
            var isLiteral = Next is { Type: TokenType.Symbol, Text: "[" };
            return ExpressionOperators.In(left, Sum(), isLiteral);
        }

        return TakeSymbol(Comparisons) is { } symbol ? ExpressionOperators.Compare(symbol, left, Sum()) : left;
    }

    private Evaluator Sum()
    {
        var left = Product();
        while (TakeSymbol("+", "-") is { } symbol)
        {
            left = ExpressionOperators.Calculate(symbol, left, Product());
        }

        return left;
    }

    private Evaluator Product()
    {
        var left = Signed();
        while (TakeSymbol("*", "/", "%") is { } symbol)
        {
            left = ExpressionOperators.Calculate(symbol, left, Signed());
        }

        return left;
    }

    private Evaluator Signed()
    {
        var negative = false;
        while (TakeSymbol("-") is not null)
        {
            negative = !negative;
        }

        var inner = Primary();
        return negative ? ExpressionOperators.Negative(inner) : inner;
    }

    private Evaluator Primary()
    {
        var token = Next;
        _at++;
        switch (token)
        {
            case { Type: TokenType.Text }:
                return Always(ExpressionValue.Of(token.Text));
            case { Type: TokenType.Number }:
                return Always(ExpressionValue.Of(token.Number));
            case { Type: TokenType.Symbol, Text: "(" }:
                var inner = Or();
                Expect(")");
                return inner;
            case { Type: TokenType.Symbol, Text: "[" }:
                var items = List("]");
                return scope => ExpressionValue.Of([.. items.Select(item => item(scope))]);
            case { Type: TokenType.Name }:
                return Named(token.Text);
            default:
                _at--;
                throw Unexpected();
        }
    }

    private Evaluator Named(string name) => (name, Next) switch
    {
        ("true" or "false", _) => Always(ExpressionValue.Of(name == "true")),
        ("undefined", _) => Always(ExpressionValue.Undefined),
        ("null", _) => Always(ExpressionValue.Null),
        ("properties" or "user" or "event" or "behaviors", { Type: TokenType.Symbol, Text: "[" }) => Access(name),
        ("any" or "all", { Type: TokenType.Symbol, Text: "(" }) => Quantified(name == "all"),
        (_, { Type: TokenType.Symbol, Text: "(" }) => Call(name),
        _ when _bound.Contains(name) => scope => scope.Variable(name),
        _ => throw new ExpressionException($"unknown name {name}"),
    };

    private Evaluator Access(string source)
    {
        var name = Key();
        List<string> inner = [];
        while (Next is { Type: TokenType.Symbol, Text: "[" })
        {
            inner.Add(Key());
        }

        return inner.Count == 0
            ? scope => scope.Read(source, name)
            : scope => inner.Aggregate(scope.Read(source, name), (value, part) => value.Part(part));
    }

    private string Key()
    {
        Expect("[");
        var name = Next.Type == TokenType.Text ? Next.Text : throw Unexpected();
        _at++;
        Expect("]");
        return name;
    }

    private Evaluator Call(string name)
    {
        Expect("(");
        return ExpressionFunctions.Bind(name, List(")"));
    }

    private Evaluator Quantified(bool all)
    {
        Expect("(");
        var variable = Next.Type == TokenType.Name ? Next.Text : throw Unexpected();
        _at++;
        Expect(",");
        var list = Or();
        Expect(",");
        _bound.Push(variable);
        var condition = Or();
        _bound.Pop();
        Expect(")");
        return scope =>
        {
            var value = list(scope);
            return value.Type != ExpressionType.List ? ExpressionValue.Undefined
                : ExpressionValue.Of(all ? value.Items!.All(Holds) : value.Items!.Any(Holds));

            bool Holds(ExpressionValue item) => condition(scope.With(variable, item)).IsTrue;
        };
    }

    private List<Evaluator> List(string end)
    {
        List<Evaluator> items = [];
        while (TakeSymbol(end) is null)
        {
            if (items.Count > 0)
            {
                Expect(",");
            }

            items.Add(Or());
        }

        return items;
    }

    private static Evaluator Always(ExpressionValue value) => _ => value;

    // The documentation writes the words in small letters; an official script also has them in capitals.
    private bool TakeName(string small, string capital)
    {
        if (Next.Type != TokenType.Name || (Next.Text != small && Next.Text != capital))
        {
            return false;
        }

        _at++;
        return true;
    }

    private string? TakeSymbol(params string[] symbols)
    {
        if (Next.Type != TokenType.Symbol || !symbols.Contains(Next.Text))
        {
            return null;
        }

        return _tokens[_at++].Text;
    }

    private void Expect(string symbol) => _ = TakeSymbol(symbol) ?? throw Unexpected();

    private ExpressionException Unexpected() => new($"unexpected {(Next.Type == TokenType.End ? "end" : $"token at {Next.At}")}");
}
