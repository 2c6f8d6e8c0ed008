namespace Sluice.Simulators.Mixpanel;

/// <summary>The order in which a session's pages are sent.</summary>
public enum PageOrder
{
    /// <summary>1, 2, 3 …</summary>
    Ascending,

    /// <summary>From the last to the first.</summary>
    Descending,

    /// <summary>Every second page first, then the ones between.</summary>
    Interleaved,
}

/// <summary>
/// What goes wrong on Mixpanel's side, or on the way, in the next run of one cohort. Page numbers are those of the body, from 1.
/// </summary>
public sealed record SyncFaults
{
    /// <summary>The action whose pages are meant; null means each.</summary>
    public SyncAction? Action { get; init; }

    /// <summary>The order of the pages.</summary>
    public PageOrder Order { get; init; }

    /// <summary>Sends this page once more, right after it was answered.</summary>
    public int? DuplicatePage { get; init; }

    /// <summary>
    /// Sends this page twice at the same time, as when a slow first attempt is overtaken by its retry. The second answer decides.
    /// </summary>
    public int? OverlapPage { get; init; }

    /// <summary>
    /// Keeps a copy of this page, whether or not the page itself is sent, for <see cref="CohortSyncSimulator.SendKeptPagesAsync"/>.
    /// </summary>
    public int? KeepCopyOfPage { get; init; }

    /// <summary>Ends the run when so many pages of it, of all actions together, have been answered; 0 ends it before the first.</summary>
    public int? AbandonAfterPages { get; init; }

    internal bool Concern(SyncAction action) => Action is null || Action == action;

    internal IEnumerable<int> Arrange(int pages)
    {
        var ascending = Enumerable.Range(1, pages);
        return Order switch
        {
            PageOrder.Descending => ascending.Reverse(),
            PageOrder.Interleaved => ascending.Where(static page => page % 2 == 0).Concat(ascending.Where(static page => page % 2 == 1)),
            _ => ascending,
        };
    }
}
