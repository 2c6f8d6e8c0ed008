namespace Sluice.Brevo;

/// <summary>A list of contacts, as read. Brevo's counters of all and of blocked subscribers are being retired and are not read.</summary>
/// <seealso href="https://developers.brevo.com/reference/get-list"/>
public sealed record BrevoList
{
    /// <summary>The list's id; 0 when the answer had none.</summary>
    public long Id { get; init; }

    /// <summary>The list's name. Not unique.</summary>
    public string? Name { get; init; }

    /// <summary>The folder that the list is in.</summary>
    public long? FolderId { get; init; }

    /// <summary>
    /// How many contacts are in it, approximately. Exact is <see cref="BrevoPage{T}.Count"/> of
    /// <see cref="BrevoClient.GetListContactsAsync"/>.
    /// </summary>
    public long? UniqueSubscribers { get; init; }

    /// <summary>When the list was created. Only of a list that was asked for by id.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>
    /// Whether rules decide who is in it, so that nobody can be added or removed. Only of a list that was asked for by id; null when not
    /// said.
    /// </summary>
    public bool? DynamicList { get; init; }
}

/// <summary>A folder of lists, as read.</summary>
/// <seealso href="https://developers.brevo.com/reference/get-folders"/>
public sealed record BrevoFolder
{
    /// <summary>The folder's id; 0 when the answer had none.</summary>
    public long Id { get; init; }

    /// <summary>The folder's name.</summary>
    public string? Name { get; init; }
}
