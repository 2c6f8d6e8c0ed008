using System.Globalization;
using System.Text;

namespace Sluice.Brevo;

/// <summary>A path with its query. A parameter with several values is repeated.</summary>
internal sealed class QueryBuilder(string path)
{
    private readonly StringBuilder _text = new(path);
    private bool _hasQuery;

    /// <exception cref="ArgumentOutOfRangeException">Brevo has no such page.</exception>
    public QueryBuilder Page(BrevoEndpoint endpoint, int limit, long offset, BrevoSort sort)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, endpoint.MaxPageSize!.Value);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return Add("limit", limit).Add("offset", offset).Add("sort", sort == BrevoSort.Ascending ? "asc" : "desc");
    }

    public QueryBuilder Add(string name, string value)
    {
        _text.Append(_hasQuery ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        _hasQuery = true;
        return this;
    }

    public QueryBuilder Add(string name, long? value) =>
        value is { } number ? Add(name, number.ToString(CultureInfo.InvariantCulture)) : this;

    public QueryBuilder Add(string name, DateTimeOffset? value) =>
        value is { } time ? Add(name, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)) : this;

    public override string ToString() => _text.ToString();
}
