using Sluice.Core.Delivery;

namespace Sluice.Core.Pull;

/// <summary>How far a job has come, as it is kept.</summary>
/// <param name="Name"><c>cohorts</c>, <c>events</c>, <c>profiles</c>, or <c>jql/</c> and a name.</param>
/// <param name="DueAt">When it begins next; while it runs, when it was due.</param>
/// <param name="Cursor">Where it stands, and what it keeps from run to run; only the job itself understands it.</param>
/// <param name="Run">The run that goes on, or the last one; null before the first.</param>
public sealed record PullJob(string Name, DateTimeOffset DueAt, string? Cursor, PullRunState? Run);

/// <summary>A run of a job.</summary>
/// <param name="EndedAt">Null while it goes on: also when nobody works at it, for it is taken up again.</param>
/// <param name="Error">Why it ended before its end, in a sentence; null when it did not.</param>
/// <param name="Note">What a person may want to know.</param>
public sealed record PullRunState(
    string Id, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, IReadOnlyDictionary<string, long> Counts, string? Error, string? Note);

/// <summary>Keeps how far jobs have come.</summary>
public interface IPullJobs
{
    Task<PullJob?> FindAsync(string project, string job, CancellationToken cancellationToken);

    Task<IReadOnlyList<PullJob>> ListAsync(string project, CancellationToken cancellationToken);

    /// <summary>Writes a job as it is now, and its run among the project's runs.</summary>
    /// <exception cref="LeaseLostException">The lease is no longer ours; nothing was written.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be written now; nothing was written.</exception>
    Task SaveAsync(string project, Lease lease, PullJob job, CancellationToken cancellationToken);
}
