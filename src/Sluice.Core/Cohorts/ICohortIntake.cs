using Sluice.Core.Delivery;

namespace Sluice.Core.Cohorts;

/// <summary>Takes the pages of cohort syncs into the store.</summary>
public interface ICohortIntake
{
    /// <summary>Applies a page and returns once it is durable.</summary>
    /// <exception cref="IntakeBusyException">The queue of commits is full, or the store cannot be written now: the caller may come again.</exception>
    Task<CohortPageOutcome> ApplyAsync(CohortPage page, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a full session its place in the order of sessions before there is a page of it: for an answer that is about to be asked for, since
    /// whatever comes while it is on its way is newer. Nothing is seen of it until its first page; repeated, it changes nothing.
    /// </summary>
    /// <param name="lease">Under which it is begun, where there is one.</param>
    /// <returns>The session's number.</returns>
    /// <exception cref="LeaseLostException">The lease is no longer ours; nothing was begun.</exception>
    /// <exception cref="IntakeBusyException">The store cannot be written now; nothing was begun.</exception>
    Task<long> BeginAsync(string project, string cohort, string session, Lease? lease, CancellationToken cancellationToken);

    /// <summary>Takes back the beginning of a session that will have no page. One that has a page stays.</summary>
    /// <exception cref="IntakeBusyException">The store cannot be written now; nothing was changed.</exception>
    Task AbandonAsync(string project, string cohort, string session, CancellationToken cancellationToken);
}

/// <summary>What a page changed.</summary>
public enum CohortPageEffect
{
    /// <summary>New members or a new page number: stored.</summary>
    Applied,

    /// <summary>The same page with the same content had been taken before: nothing changed.</summary>
    Repeated,

    /// <summary>Other content under the number of a page taken before, in an open session: it took that page's place.</summary>
    Replaced,

    /// <summary>The session had been overtaken by a newer full session, or had ended long ago: acknowledged, its members have no say any more.</summary>
    Overtaken,

    /// <summary>A removal from a cohort that is not known: nothing to do.</summary>
    UnknownCohort,
}

/// <param name="Number">The session's number in the order of sessions; 0 when there is none.</param>
/// <param name="Finished">This page was the last of its session.</param>
/// <param name="Swapped">This page made a full session the new membership.</param>
/// <param name="Warning">Something a person may want to know, in a sentence; null when all was as it should be.</param>
public sealed record CohortPageOutcome(CohortPageEffect Effect, long Number, bool Finished, bool Swapped, string? Warning)
{
    /// <summary>How many of the page's members are erased people: they are acknowledged and not kept.</summary>
    public int Erased { get; init; }
}

/// <summary>The store cannot take more at the moment; nothing was changed and the same request may be sent again.</summary>
public sealed class IntakeBusyException : Exception
{
    public IntakeBusyException()
        : this("The store is busy.")
    {
    }

    public IntakeBusyException(string message)
        : base(message)
    {
    }

    public IntakeBusyException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
