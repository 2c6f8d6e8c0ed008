using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.People;

namespace Sluice.Core.Delivery;

/// <summary>Which destination of which project, and what its lists are to hold.</summary>
/// <param name="GroupAttributes">Mapped attributes depend on the groups a person is in.</param>
public sealed record DeliveryScope(string Project, string Destination, IReadOnlyList<ListRule> Rules, bool GroupAttributes)
{
    /// <summary>What is added to people on their way.</summary>
    public EnrichmentRules Enrichment { get; init; } = EnrichmentRules.None;

    /// <summary>False where the destination has no contacts: then nobody is marked for it.</summary>
    public bool HasContacts { get; init; } = true;

    /// <summary>The lease that the project's contacts are written under; null for whoever writes none.</summary>
    public string? LeaseName { get; init; }
}

/// <summary>
/// What Sluice knows of a destination's state, and everything that is written about deliveries. Every write happens under the
/// worker's lease: its fencing number is checked in the same transaction.
/// </summary>
public interface ILedger
{
    /// <summary>Makes the destination and its lists known. Returns their state.</summary>
    Task<DestinationState> RegisterAsync(DeliveryScope scope, CancellationToken cancellationToken);

    /// <summary>Finds the cohorts of the keys in the config's <c>lists</c>. A key that has found its cohort stays with it.</summary>
    Task<IReadOnlyDictionary<string, string>> FindSourcesAsync(string project, string destination, IReadOnlyCollection<string> keys, CancellationToken cancellationToken);

    /// <summary>The base of every cohort of the project: with the rules it tells whether a list has to be walked again.</summary>
    Task<IReadOnlyDictionary<string, long>> BasesAsync(string project, CancellationToken cancellationToken);

    /// <summary>The properties of some profiles of the project.</summary>
    Task<IReadOnlyList<string>> SampleProfilesAsync(string project, int limit, CancellationToken cancellationToken);

    /// <summary>What is added to some profiles of the project: JSON objects, as <see cref="PersonState.Added"/>.</summary>
    Task<IReadOnlyList<string>> SampleAddedAsync(DeliveryScope scope, int limit, CancellationToken cancellationToken);

    /// <summary>People marked as changed, with all that decides about them.</summary>
    Task<IReadOnlyList<PersonState>> PendingAsync(DeliveryScope scope, int limit, CancellationToken cancellationToken);

    Task<IReadOnlyList<PersonState>> LoadAsync(DeliveryScope scope, IReadOnlyList<PersonKey> people, CancellationToken cancellationToken);

    /// <summary>The people whom the ledger has under these addresses.</summary>
    Task<IReadOnlyList<PersonState>> FindByAddressAsync(DeliveryScope scope, IReadOnlyList<string> emails, CancellationToken cancellationToken);

    /// <summary>The people of a range for whom the list and the ledger differ: wanted and not known to be there, or there and not wanted.</summary>
    /// <param name="all">Everybody who is wanted or there, whether they differ or not.</param>
    Task<IReadOnlyList<PersonKey>> DifferenceAsync(DeliveryScope scope, ListRule rule, KeyRange range, bool all, CancellationToken cancellationToken);

    /// <summary>How many people a walk over the list goes through, about; to cut it into slices.</summary>
    Task<long> SizeAsync(DeliveryScope scope, ListRule rule, CancellationToken cancellationToken);

    /// <summary>How many of the list's people are no longer wanted, and how many it holds, and how many were removed in the last 24 hours.</summary>
    Task<RemovalCount> CountRemovalsAsync(DeliveryScope scope, ListRule rule, CancellationToken cancellationToken);

    /// <summary>A person lets removals beyond the safety stop go on until then.</summary>
    /// <returns>False when the list is not known.</returns>
    Task<bool> AllowRemovalsAsync(string project, string destination, long list, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>How many people the ledger has in the list, and how many were there before it.</summary>
    Task<(long Present, long Foreign)> CountAsync(DeliveryScope scope, long list, CancellationToken cancellationToken);

    Task<IReadOnlyList<Job>> ActiveJobsAsync(DeliveryScope scope, CancellationToken cancellationToken);

    /// <summary>Foreign members of an exclusive list whom nobody wants there, in the order of their keys; not those whom the ledger has in the list itself.</summary>
    /// <param name="after">The last one that was seen; null from the beginning.</param>
    Task<IReadOnlyList<ForeignMember>> UnwantedForeignAsync(DeliveryScope scope, ListRule rule, UInt128? after, int limit, CancellationToken cancellationToken);

    /// <summary>Writes all of it or nothing. Of erased people nothing is written, whenever it was learned.</summary>
    /// <returns>
    /// Those of <see cref="LedgerChanges.Going"/> and <see cref="LedgerChanges.Uploading"/> who must not be written to: of them nothing was
    /// written, and nothing may be sent.
    /// </returns>
    /// <exception cref="LeaseLostException">The lease is no longer ours; nothing was written.</exception>
    Task<IReadOnlySet<PersonKey>> CommitAsync(DeliveryScope scope, Lease lease, LedgerChanges changes, CancellationToken cancellationToken);

    /// <summary>
    /// Remembers the groups with whose profiles these people were mapped, so that they can be found when one of those changes. Between
    /// reading people and this, <see cref="FollowAsync"/> must not run: one worker does both.
    /// </summary>
    Task NoteGroupsAsync(DeliveryScope scope, Lease lease, IReadOnlyList<PersonState> people, CancellationToken cancellationToken);

    /// <summary>Marks people whose groups' profiles, or whose lookup tables, have changed: one slice of them.</summary>
    /// <returns>False when nothing has changed.</returns>
    Task<bool> FollowAsync(DeliveryScope scope, Lease lease, int limit, CancellationToken cancellationToken);

    /// <summary>Turns what a job intended in a range into what became of it, and lets go those who waited for it in the last range.</summary>
    Task SettleJobAsync(DeliveryScope scope, Lease lease, Job job, KeyRange range, LedgerState state, bool last, CancellationToken cancellationToken);
}

/// <param name="Foreign">Of the unwanted, those who were in an exclusive list before us and whom the ledger does not have in it.</param>
public sealed record RemovalCount(long Unwanted, long Size, long Removed24Hours, long Foreign);

/// <summary>A contact that was in the list before Sluice first wrote to it.</summary>
/// <param name="EmailKey">Key of the address, or of the id where there is no address.</param>
public sealed record ForeignMember(long List, UInt128 EmailKey, long RemoteId);

public sealed record DestinationState(
    UInt128? Mapping,
    DateTimeOffset? PreparedAt,
    DateTimeOffset? ChangesReadUntil,
    string? PausedReason,
    DateTimeOffset? PausedUntil,
    IReadOnlyDictionary<long, ListState> Lists);

/// <param name="Sources">What the last finished walk compared with; null before the first.</param>
/// <param name="ForeignRead">How many members have been read; -1 when all have.</param>
/// <param name="Held">Removals that wait for a person; 0 when none do.</param>
public sealed record ListState(
    long List,
    string? Name,
    UInt128? Sources,
    int ForeignRead,
    int WalkSlice,
    int WalkSlices,
    UInt128? WalkSources,
    DateTimeOffset? WalkedAt,
    long Held,
    DateTimeOffset? HeldSince,
    DateTimeOffset? AllowRemovalsUntil)
{
    /// <summary>It was filled because somebody asked: without a rule of the config, who must not be contacted leaves it all the same.</summary>
    public bool IsKept { get; init; }
}

/// <summary>Asynchronous work at the destination.</summary>
/// <param name="Token">Stands in the address that the destination calls when the job has ended.</param>
/// <param name="Witness">The external id of a person whom the job puts into the list: seen there, the job is done.</param>
public sealed record Job(
    string Id,
    long List,
    string Run,
    string State,
    long? Process,
    string Token,
    long Rows,
    string? Witness,
    DateTimeOffset StartedAt,
    DateTimeOffset? CalledAt,
    DateTimeOffset? EndedAt)
{
    public const string Preparing = "preparing";
    public const string Calling = "calling";
    public const string Running = "running";
    public const string Done = "done";
    public const string Failed = "failed";
}

/// <summary>Everything that one step of delivery writes at one time.</summary>
public sealed class LedgerChanges
{
    public List<ContactChange> Contacts { get; } = [];

    public List<MemberChange> Members { get; } = [];

    /// <summary>
    /// Who is about to be written to, with what <see cref="PersonState.Screened"/> says of them. Whoever was erased since then, or shares an
    /// address or a number with somebody who was, is left out; so is whoever was suppressed since, altogether or for a list they are to be put into.
    /// </summary>
    public List<(PersonKey Person, long Screened)> Going { get; } = [];

    /// <summary>
    /// Everybody in the import whose upload <see cref="Job"/> begins. It may have lain for long since they were read: when one of them was
    /// erased or suppressed meanwhile, the upload does not begin.
    /// </summary>
    public IReadOnlyCollection<PersonKey> Uploading { get; init; } = [];

    /// <summary>People whose mark has been dealt with: it goes unless they were marked again meanwhile.</summary>
    public List<(PersonKey Person, long Seq)> Dealt { get; } = [];

    /// <summary>People whose mark waits for a job, unless they were marked again meanwhile. Who has no mark gets one that waits.</summary>
    public List<(PersonKey Person, long Seq, string Job)> Waiting { get; } = [];

    /// <summary>People to be marked.</summary>
    public List<PersonKey> Marked { get; } = [];

    public List<ForeignMember> Foreign { get; } = [];

    public List<ForeignMember> ForeignGone { get; } = [];

    public Dictionary<long, int> Removed { get; } = [];

    public List<DeadLetter> DeadLetters { get; } = [];

    public List<SuppressionEntry> Suppressions { get; } = [];

    public List<ListState> Lists { get; } = [];

    /// <summary>Lists that are gone in an account of the destination, and that no config names: nobody is looked after there any more, and whoever wants may have them.</summary>
    public List<(string Account, long List)> Ended { get; } = [];

    public Job? Job { get; set; }

    public Run? Run { get; set; }

    public DestinationChange? Destination { get; set; }
}

public sealed record DestinationChange
{
    /// <summary>What the reason begins with when the delivery of events is paused, and nothing else is.</summary>
    public const string EventsPaused = "events: ";

    /// <summary>Written by the worker of events: a pause is lifted only by the worker that it stopped.</summary>
    public bool OfEvents { get; init; }

    public UInt128? Mapping { get; init; }

    public DateTimeOffset? PreparedAt { get; init; }

    public DateTimeOffset? ChangesReadUntil { get; init; }

    public string? PausedReason { get; init; }

    public DateTimeOffset? PausedUntil { get; init; }
}

public readonly record struct ContactChange(PersonKey Person, LedgerContact Contact);

/// <param name="Member">Null takes the person out of the ledger's list.</param>
public readonly record struct MemberChange(long List, PersonKey Person, LedgerMember? Member);
