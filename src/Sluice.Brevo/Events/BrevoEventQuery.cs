namespace Sluice.Brevo;

/// <summary>Which stored events to read; newest first. What is not set does not narrow.</summary>
public sealed record BrevoEventQuery
{
    /// <summary>Only events of these contacts.</summary>
    public IReadOnlyList<long> ContactIds { get; init; } = [];

    /// <summary>Only events of these names.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The span of time in which they happened. Default: null, the last six months.</summary>
    public (DateTimeOffset From, DateTimeOffset To)? Between { get; init; }

    /// <summary>Events a page, 1 to 10,000. Default 100.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Events to pass over. Default 0.</summary>
    public long Offset { get; init; }

    internal string ToPath()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, BrevoEndpoints.EventsList.MaxPageSize!.Value);
        ArgumentOutOfRangeException.ThrowIfNegative(Offset);
        var query = new QueryBuilder("/events").Add("limit", Limit).Add("offset", Offset)
            .Add("startDate", Between?.From).Add("endDate", Between?.To);
        foreach (var id in ContactIds)
        {
            query.Add("contact_id", id);
        }

        foreach (var name in Names)
        {
            query.Add("event_name", name);
        }

        return query.ToString();
    }
}
