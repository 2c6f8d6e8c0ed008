using Sluice.Core.Delivery;

namespace Sluice.Core.Erasure;

/// <summary>Takes requests to erase people, or to hand out what is known of them.</summary>
public interface IErasures
{
    /// <summary>Returns once the request is durable.</summary>
    /// <exception cref="Cohorts.IntakeBusyException">The store cannot take more at the moment; nothing was changed.</exception>
    Task<ErasureState> RequestAsync(ErasureRequest request, CancellationToken cancellationToken);

    Task<ErasureState?> FindAsync(string project, string id, CancellationToken cancellationToken);

    /// <summary>Takes a deletion back that has not begun.</summary>
    Task<CancelOutcome> CancelAsync(string project, string id, CancellationToken cancellationToken);

    /// <summary>Takes back every deletion that has not begun and names none but these ids.</summary>
    /// <returns>How many were taken back.</returns>
    Task<int> CancelOfAsync(string project, IReadOnlyCollection<string> distinctIds, CancellationToken cancellationToken);
}

/// <param name="StartedAt">When the tombstones were written.</param>
public sealed record ErasureJob(string Project, string Id, ErasureStage Stage, DateTimeOffset RequestedAt, DateTimeOffset? StartedAt)
{
    /// <summary>The destinations with contacts that are configured; null when that is not known.</summary>
    public IReadOnlyList<string>? Destinations { get; init; }
}

/// <summary>A contact that a destination is to delete; it may not have it.</summary>
/// <param name="Number">Its place among the job's.</param>
public sealed record ErasedContact(int Number, string Destination, long? RemoteId, string? ExternalId, string? Email)
{
    /// <summary>True when the ledger has it, false when it is only asked for in case it is there.</summary>
    public bool IsKnown => RemoteId is not null || (ExternalId is not null && Email is not null);
}

/// <summary>A part of an erasure that Mixpanel is told of.</summary>
/// <param name="Tracking">Mixpanel's own id of it; null before it was told.</param>
public sealed record ForwardedPart(string Erasure, int Number, string? Tracking, string Status);

/// <summary>Does the work of erasures, one at a time a project, in pieces that can each be done again. All writes are made under a lease.</summary>
public interface IErasureWork
{
    /// <summary>The oldest erasure that has something to do now.</summary>
    Task<ErasureJob?> DueAsync(string project, CancellationToken cancellationToken);

    /// <summary>Does a piece of a stage that concerns the store alone, and notes how far it has come.</summary>
    Task AdvanceAsync(Lease lease, ErasureJob job, CancellationToken cancellationToken);

    /// <summary>Goes on to a stage.</summary>
    Task MoveAsync(Lease lease, ErasureJob job, ErasureStage stage, CancellationToken cancellationToken);

    /// <summary>Leaves the job alone for a while.</summary>
    /// <param name="note">What is in its way.</param>
    Task RestAsync(Lease lease, ErasureJob job, TimeSpan length, string? note, CancellationToken cancellationToken);

    /// <summary>Some contacts that are still to be deleted.</summary>
    Task<IReadOnlyList<ErasedContact>> ContactsAsync(ErasureJob job, int limit, CancellationToken cancellationToken);

    /// <param name="deleted">How many the destination had.</param>
    /// <param name="notDeleted">How many it may still have, because nobody can ask it.</param>
    Task ContactsDoneAsync(Lease lease, ErasureJob job, IReadOnlyList<ErasedContact> contacts, int deleted, int notDeleted, CancellationToken cancellationToken);

    /// <summary>A contact of theirs has this address, too: it is theirs from now on, and what is stored under it goes as well.</summary>
    Task LearnAsync(Lease lease, ErasureJob job, string email, CancellationToken cancellationToken);

    /// <summary>The destinations have been asked for everything: goes on, or back to the store when an address was learned that it has not been searched for.</summary>
    Task LeaveContactsAsync(Lease lease, ErasureJob job, CancellationToken cancellationToken);

    /// <summary>All ids of the people, in order, while the job still knows them.</summary>
    Task<IReadOnlyList<string>> IdsAsync(ErasureJob job, CancellationToken cancellationToken);

    Task<IReadOnlyList<ForwardedPart>> PartsAsync(ErasureJob job, CancellationToken cancellationToken);

    Task PutPartAsync(Lease lease, string project, ForwardedPart part, TimeSpan lookAfter, CancellationToken cancellationToken);

    /// <summary>Parts that Mixpanel was told of and that are to be asked about now.</summary>
    Task<IReadOnlyList<ForwardedPart>> PartsToLookAtAsync(string project, int limit, CancellationToken cancellationToken);

    /// <summary>The files have been cleaned from then on: whatever the project's erasures had deleted by then is overwritten, and they are done.</summary>
    /// <param name="cleanedFrom">By the store's clock.</param>
    /// <returns>How many are done by it.</returns>
    Task<int> FinishAsync(Lease lease, string project, DateTimeOffset cleanedFrom, CancellationToken cancellationToken);

    /// <summary>Forgets requests that ended long ago.</summary>
    Task ClearAsync(string project, CancellationToken cancellationToken);
}
