using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Insight;

namespace Sluice.Core.Management;

/// <summary>A wish to bring a list in step with a cohort.</summary>
/// <param name="Cohort">Mixpanel's id of the cohort.</param>
public sealed record ListSyncRequest(string Project, string Cohort, long List, ListMode Mode);

/// <summary>Why a list cannot be brought in step now.</summary>
public enum ListSyncProblem
{
    UnknownCohort,

    UnknownList,

    /// <summary>The config file keeps the list in step with other cohorts, or in another mode.</summary>
    Declared,

    /// <summary>Another project fills the list.</summary>
    Taken,

    /// <summary>Nothing goes to the destination: it is not connected, or paused, or the other side has refused.</summary>
    NotDelivering,

    /// <summary>Another node delivers for the account and does not do this list, or others who asked before are still waiting.</summary>
    Busy,

    /// <summary>The other side could not be asked.</summary>
    Unreachable,
}

/// <summary>It cannot be done; the message says what to do.</summary>
public sealed class ListSyncException : Exception
{
    public ListSyncException()
        : this(ListSyncProblem.Unreachable, "The list could not be brought in step.")
    {
    }

    public ListSyncException(string message)
        : this(ListSyncProblem.Unreachable, message)
    {
    }

    public ListSyncException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public ListSyncException(ListSyncProblem problem, string message)
        : base(message) => Problem = problem;

    public ListSyncProblem Problem { get; } = ListSyncProblem.Unreachable;
}

/// <summary>What a list and a cohort looked like when the sync had ended.</summary>
/// <param name="State"><c>done</c>; <c>held</c> when removals wait for a person; <c>running</c> when it goes on.</param>
/// <param name="InList">How many of the cohort's people are in the list.</param>
public sealed record ListSyncResult(string State, string CohortName, long Members, long InList, long Held);

/// <summary>What a sync would do.</summary>
/// <param name="ListName">Null when the destination was not asked.</param>
/// <param name="Mapping">Who judged people: <c>brevo</c>, or <c>offline</c> by addresses and numbers alone.</param>
/// <param name="Unread">The list's own members have not been read yet, and do not count here.</param>
public sealed record ListSyncPreview(
    string CohortName, long Members, string? ListName, string Mapping, bool Unread, IReadOnlyList<string> AttributesToCreate, PreviewCount Count);

/// <summary>Brings lists in step with cohorts because somebody asks.</summary>
public interface IListSyncs
{
    /// <summary>Counts what would be done, and does nothing.</summary>
    /// <exception cref="ListSyncException">It cannot be told.</exception>
    Task<ListSyncPreview> PreviewAsync(ListSyncRequest request, CancellationToken cancellationToken);

    /// <summary>Fetches the cohort where Mixpanel can be asked, brings the list in step, and waits for the end.</summary>
    /// <param name="patience">After this time the answer is that it is still running; it goes on.</param>
    /// <exception cref="ListSyncException">It cannot be done.</exception>
    Task<ListSyncResult> SyncAsync(ListSyncRequest request, TimeSpan patience, CancellationToken cancellationToken);
}
