namespace Sluice.Core.Pull;

/// <summary>
/// Tells whether a page is the last. Mixpanel's answer says how many records there are, and a page that is not full ends it; neither is to
/// be trusted alone: a session that ended too early would throw people out of a user group.
/// </summary>
/// <param name="received">Records so far, this page's among them.</param>
/// <param name="total">As the first page said; null when it did not.</param>
/// <param name="expected">As somebody else said: the list of cohorts.</param>
internal readonly struct PageEnd(int records, int pageSize, long received, long? total, long? expected)
{
    /// <summary>How many pages are still to come, where that is known; one where it is not.</summary>
    public static long Left(long? total, long received, int pageSize) => total > received && pageSize > 0 ? (total.Value - received + pageSize - 1) / pageSize : 1;

    /// <summary>About how many pages so many records take; one where that is not known.</summary>
    public static long Of(long? records, int pageSize) => Left(records, 0, pageSize);

    private bool IsFull => pageSize > 0 && records >= pageSize;

    /// <summary>A total that is one full page may be no total but the number of records in the page, as the documents have it.</summary>
    private bool IsTotalSure => total > pageSize || expected <= total;

    /// <summary>Nothing comes after this page.</summary>
    public bool IsLast => records == 0 || (received >= total && (IsTotalSure || !IsFull)) || (!IsFull && !(received < total));

    /// <summary>It is the last, and fewer came than were promised.</summary>
    public bool IsShort => IsLast && received < total;

    /// <summary>How many pages there are, at the least, when this one is number <paramref name="number"/>.</summary>
    public int Pages(int number)
    {
        var promised = total is { } all && pageSize > 0 ? (int)Math.Min((all + pageSize - 1) / pageSize, int.MaxValue / 2) : 0;
        return IsLast ? number : Math.Max(number + 1, promised);
    }
}
