namespace Sluice.Mixpanel.Cohorts;

/// <summary>One page of a cohort as Mixpanel sent it: its envelope, its members, and the members that cannot be used.</summary>
/// <remarks>
/// The members live in pooled buffers. <see cref="Dispose"/> returns them; after that the members and everything that
/// was sliced from them must not be used. Strings and rejected members stay valid.
/// </remarks>
public sealed class CohortWebhookPage : CohortWebhookResult, IDisposable
{
    private readonly MemberStore _store;

    internal CohortWebhookPage(MemberStore store, IReadOnlyList<RejectedCohortMember> rejected, ReadOnlyMemory<byte> contentHash)
    {
        _store = store;
        Members = new CohortMemberList(store);
        Rejected = rejected;
        ContentHash = contentHash;
    }

    /// <summary>What to do with the members.</summary>
    public required CohortAction Action { get; init; }

    /// <summary>Mixpanel's project, <c>mixpanel_project_id</c>.</summary>
    public required string ProjectId { get; init; }

    /// <summary>The cohort, <c>mixpanel_cohort_id</c>. It stays when the cohort is renamed.</summary>
    public required string CohortId { get; init; }

    /// <summary>The cohort's present name. What is not text in it (a NUL, half a surrogate pair) is replaced by U+FFFD.</summary>
    public required string CohortName { get; init; }

    /// <summary>The cohort's present description, or null when the page has none.</summary>
    /// <value>At most 4,096 characters; the rest is cut. What is not text in it is replaced by U+FFFD.</value>
    public required string? CohortDescription { get; init; }

    /// <summary>The export that this page belongs to, <c>mixpanel_session_id</c>.</summary>
    public required string SessionId { get; init; }

    /// <summary>How many pages the export has.</summary>
    /// <value>From 1 to 10,000,000; 1 when the page has no <c>page_info</c>.</value>
    public required int TotalPages { get; init; }

    /// <summary>Which of them this page is (<c>page_count</c> on the wire, where it is a number and not a count).</summary>
    /// <value>From 1 to <see cref="TotalPages"/>; 1 when the page has no <c>page_info</c>.</value>
    public required int PageNumber { get; init; }

    /// <summary>The members that can be used, in the order of the page. An id may occur more than once.</summary>
    public CohortMemberList Members { get; }

    /// <summary>The members that cannot be used, in the order of the page.</summary>
    public IReadOnlyList<RejectedCohortMember> Rejected { get; }

    /// <summary>
    /// A SHA-256 over all members in their order, rejected ones included. Equal for two bodies that differ only in white
    /// space, in the order of the keys around the members, or in anything else around them.
    /// </summary>
    /// <value>32 bytes.</value>
    public ReadOnlyMemory<byte> ContentHash { get; }

    /// <summary>Returns the members' buffers. A second call does nothing.</summary>
    public void Dispose() => _store.Dispose();
}
