namespace Sluice.Brevo;

/// <summary>Which contacts to read, and which page of them. A new instance asks for the first 1000 of all contacts, oldest first.</summary>
/// <seealso href="https://developers.brevo.com/reference/get-contacts"/>
public sealed class BrevoContactQuery
{
    /// <summary>The size of the page.</summary>
    /// <value>1 to 1000, default 1000.</value>
    public int Limit { get; init; } = 1000;

    /// <summary>How many contacts to skip.</summary>
    /// <value>Default 0.</value>
    public long Offset { get; init; }

    /// <summary>The order, by creation.</summary>
    /// <value>Default <see cref="BrevoSort.Ascending"/>: new contacts come behind the pages already read.</value>
    public BrevoSort Sort { get; init; } = BrevoSort.Ascending;

    /// <summary>Only contacts that changed at or after this time, or null for all. Sent in UTC, cut to milliseconds.</summary>
    public DateTimeOffset? ModifiedSince { get; init; }

    /// <summary>Only contacts that were created at or after this time, or null for all. Sent in UTC, cut to milliseconds.</summary>
    public DateTimeOffset? CreatedSince { get; init; }

    /// <summary>Only contacts in one of these lists. Default none given. Not together with <see cref="SegmentId"/>.</summary>
    public IReadOnlyList<long> ListIds { get; init; } = [];

    /// <summary>Only contacts of this segment, or null. Not together with <see cref="ListIds"/>.</summary>
    public long? SegmentId { get; init; }

    /// <summary>Only these contacts, by Brevo's id, at most 20. Default none given.</summary>
    public IReadOnlyList<long> Ids { get; init; } = [];

    internal string ToPath()
    {
        ArgumentNullException.ThrowIfNull(ListIds);
        ArgumentNullException.ThrowIfNull(Ids);
        var most = BrevoEndpoints.ContactsList.MaxItems!.Value;
        if (Ids.Count > most)
        {
            throw new ArgumentException($"At most {most} contacts can be asked for by id, not {Ids.Count}.");
        }

        if (SegmentId is not null && ListIds.Count > 0)
        {
            throw new ArgumentException("Contacts can be asked for by lists or by segment, not by both.");
        }

        var query = new QueryBuilder("/contacts").Page(BrevoEndpoints.ContactsList, Limit, Offset, Sort)
            .Add("modifiedSince", ModifiedSince)
            .Add("createdSince", CreatedSince)
            .Add("segmentId", SegmentId);
        foreach (var listId in ListIds)
        {
            query.Add("listIds", listId);
        }

        foreach (var id in Ids)
        {
            query.Add("ids", id);
        }

        return query.ToString();
    }
}
