using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Core.Delivery.Forwarding;

/// <summary>
/// What waits to be passed on to the project that the clients mean. Events stay in the log and are read behind a cursor; operations were
/// written in the commit that applied them. Every write happens under the worker's lease, whose fencing number is checked with it.
/// </summary>
public interface IForwarding
{
    /// <summary>
    /// Makes known what is passed on from now on. What came before the first time is not; what waits of something that is no longer
    /// passed on is dropped.
    /// </summary>
    /// <returns>How many operations were dropped.</returns>
    Task<long> StartAsync(string project, ForwardScope scope, CancellationToken cancellationToken);

    /// <summary>Takes the work over: an earlier owner's runs end as interrupted.</summary>
    Task OpenAsync(string project, Lease lease, CancellationToken cancellationToken);

    /// <summary>How far the log has been passed on; null when nothing is to be passed on, as another node says that was started since.</summary>
    Task<LogPosition?> CursorAsync(string project, CancellationToken cancellationToken);

    /// <summary>What waits longest, in its order: up to so many rows and bytes, and at least one.</summary>
    Task<IReadOnlyList<ForwardRow>> ReadAsync(string project, ForwardWay way, int limit, int bytes, CancellationToken cancellationToken);

    /// <summary>Writes down that operations are about to be sent: when this returns, the call may be made.</summary>
    /// <returns>Those that are still there, in their order: somebody may have been erased since they were read.</returns>
    Task<IReadOnlyList<ForwardRow>> BeginCallAsync(string project, Lease lease, IReadOnlyList<ForwardRow> rows, CancellationToken cancellationToken);

    /// <summary>Writes all of it or nothing.</summary>
    /// <exception cref="LeaseLostException">The lease is no longer ours, or there is no cursor any more to be moved; nothing was written.</exception>
    Task CommitAsync(string project, Lease lease, ForwardChanges changes, CancellationToken cancellationToken);

    /// <summary>Events behind the cursor that a person wants to be tried once more.</summary>
    Task<IReadOnlyList<LogPosition>> AgainAsync(string project, int limit, CancellationToken cancellationToken);

    /// <summary>The addresses that events came from, where that is known; they are kept until the cursor has passed them.</summary>
    Task<IReadOnlyDictionary<LogPosition, string>> AddressesAsync(string project, IReadOnlyList<LogPosition> positions, CancellationToken cancellationToken);
}

/// <summary>An operation that waits.</summary>
/// <param name="Owner">The key of whose profile it is about.</param>
/// <param name="IsCalling">It was about to be sent.</param>
public sealed record ForwardRow(
    ForwardWay Way, LogPosition Position, PersonKey Owner, bool IsRepeatable, bool IsCalling, DateTimeOffset TakenAt, byte[] Record);

/// <summary>Everything that one step of passing on writes at one time.</summary>
public sealed class ForwardChanges
{
    /// <summary>How far the log has been passed on.</summary>
    public LogPosition? Cursor { get; set; }

    /// <summary>Events that were tried once more.</summary>
    public List<LogPosition> TriedAgain { get; } = [];

    /// <summary>Operations that are finished: sent, or never to be sent.</summary>
    public List<ForwardRow> Gone { get; } = [];

    /// <summary>Operations that were not sent after all.</summary>
    public List<ForwardRow> Again { get; } = [];

    public List<DeadLetter> DeadLetters { get; } = [];

    public Run? Run { get; set; }
}
