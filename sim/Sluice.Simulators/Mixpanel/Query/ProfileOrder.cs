using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query.Expressions;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>
/// The parameters of a profile query that Mixpanel does not document and clients send: <c>sort_key</c> with <c>sort_order</c>, <c>search</c>
/// and <c>limit</c>. What they do here is what their names say; nothing is known of their defaults and limits.
/// </summary>
internal sealed class ProfileOrder
{
    private readonly string? _search;
    private readonly Expression? _key;
    private readonly bool _descends;
    private readonly int? _limit;

    private ProfileOrder(string? search, Expression? key, bool descends, int? limit) => (_search, _key, _descends, _limit) = (search, key, descends, limit);

    public static ProfileOrder Read(QueryCall call)
    {
        // Both a property's name and an expression have been seen to be meant by keys of this API.
        var text = call.Text("sort_key");
        var key = text is not { Length: > 0 } ? null : text.Contains('[', StringComparison.Ordinal) ? call.Expression("sort_key") : Expression.OfProperty(text);
        return new ProfileOrder(
            call.Text("search") is { Length: > 0 } search ? search : null, key, call.OneOf("sort_order", "ascending", "ascending", "descending") == "descending",
            call.Number("limit", 1, int.MaxValue));
    }

    public IReadOnlyList<ProfileMatch> Arrange(IEnumerable<ProfileMatch> found, Func<ProfileMatch, ExpressionScope> scope)
    {
        if (_search is not null)
        {
            found = found.Where(Mentions);
        }

        if (_key is not null)
        {
            // Who has no value comes last in both orders.
            var keyed = found.Select(match => (Match: match, Value: _key.Evaluate(scope(match)))).OrderBy(entry => entry.Value.Type == ExpressionType.Undefined);
            var ordered = _descends ? keyed.ThenByDescending(entry => entry.Value, ByValue.Instance) : keyed.ThenBy(entry => entry.Value, ByValue.Instance);
            found = ordered.Select(entry => entry.Match);
        }

        return [.. _limit is { } limit ? found.Take(limit) : found];
    }

    private bool Mentions(ProfileMatch match) =>
        match.DistinctId.Contains(_search!, StringComparison.OrdinalIgnoreCase)
        || match.Properties.Any(property => JsonTree.AsText(property.Value)?.Contains(_search!, StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>Values of one type by their order, of different types by their types.</summary>
    private sealed class ByValue : IComparer<ExpressionValue>
    {
        public static readonly ByValue Instance = new();

        public int Compare(ExpressionValue x, ExpressionValue y) =>
            x.Type != y.Type ? x.Type.CompareTo(y.Type)
            : x.Type is ExpressionType.Text or ExpressionType.Object or ExpressionType.List ? string.CompareOrdinal(x.Label, y.Label)
            : x.Number.CompareTo(y.Number);
    }
}
