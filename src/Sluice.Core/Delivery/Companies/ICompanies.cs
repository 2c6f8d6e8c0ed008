using Sluice.Core.People;

namespace Sluice.Core.Delivery.Companies;

/// <summary>A group that has to be looked at, with all that decides about its company.</summary>
/// <param name="Group">The key of the group's id.</param>
/// <param name="GroupId">Null when the group's profile is gone.</param>
/// <param name="Properties">The profile, a JSON object.</param>
/// <param name="Members">Keys of its members, as many as are linked.</param>
/// <param name="Known">What the ledger knows of the company; null when nothing.</param>
/// <param name="Seq">The mark's sequence; 0 when it was not marked.</param>
public sealed record CompanyState(PersonKey Group, string? GroupId, string Properties, IReadOnlyList<PersonKey> Members, LedgerCompany? Known, long Seq)
{
    /// <summary>Of more members these are linked, by the order of their keys.</summary>
    public const int MaxMembers = 1_000;
}

/// <param name="RemoteId">The destination's id of it; null while it is not known whether it is there.</param>
/// <param name="Payload">128-bit hash of what was sent.</param>
/// <param name="Linked">The destination's ids of the contacts that were linked.</param>
/// <param name="LookAt">When it is looked at again, marked or not.</param>
public sealed record LedgerCompany(string? RemoteId, UInt128 Payload, IReadOnlyList<long> Linked, DateTimeOffset LookAt);

/// <summary>Everything that is written about one company at one time.</summary>
/// <param name="Company">Null forgets it.</param>
/// <param name="Seq">The mark goes unless the group was marked again meanwhile; null leaves it.</param>
public sealed record CompanyChange(PersonKey Group, LedgerCompany? Company, long? Seq)
{
    /// <summary>The letter about a company is called this and the key of its group.</summary>
    public const string LetterPrefix = "company-";

    /// <summary>Ids of contacts that had none in the ledger.</summary>
    public IReadOnlyList<(PersonKey Person, long RemoteId)> Contacts { get; init; } = [];

    public DeadLetter? Letter { get; init; }
}

/// <summary>Which groups are companies at a destination, and what is known of those. Written under the worker's lease.</summary>
public interface ICompanies
{
    /// <summary>
    /// Makes known which group key's groups are companies; at first, and after a change of the key, all of them are marked. An earlier owner's
    /// runs end as interrupted.
    /// </summary>
    Task RegisterAsync(DeliveryScope scope, string groupKey, CancellationToken cancellationToken);

    /// <summary>Groups to be looked at: marked, or due.</summary>
    /// <param name="without">Those that are not looked at now; few.</param>
    Task<IReadOnlyList<CompanyState>> PendingAsync(DeliveryScope scope, int limit, IReadOnlyCollection<PersonKey> without, CancellationToken cancellationToken);

    /// <summary>How many are marked.</summary>
    Task<long> CountAsync(DeliveryScope scope, CancellationToken cancellationToken);

    /// <summary>Which of these companies of the destination the ledger has as those of other groups.</summary>
    Task<IReadOnlySet<string>> HeldAsync(DeliveryScope scope, PersonKey group, IReadOnlyCollection<string> remoteIds, CancellationToken cancellationToken);

    /// <exception cref="LeaseLostException">The lease is no longer ours; nothing was written.</exception>
    Task CommitAsync(DeliveryScope scope, Lease lease, CompanyChange? change, Run? run, CancellationToken cancellationToken);
}
