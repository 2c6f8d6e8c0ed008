namespace Sluice.Core.Delivery;

/// <summary>A system that has contacts, with attributes, in lists. One folder a destination; the engine owns clock, permits, ledger and retries.</summary>
public interface IListDestination
{
    /// <summary>For instance <c>brevo</c>.</summary>
    string Name { get; }

    /// <summary>Names the account without telling its key: what is limited and leased by account hangs on it.</summary>
    string Account { get; }

    /// <summary>People per call that adds to or removes from a list.</summary>
    int ListCallSize { get; }

    /// <summary>Checks the account, creates what is mapped and missing, and fixes how people are mapped from now on.</summary>
    /// <returns>What the mapping hangs on, as a hash: another value means that everybody has to be looked at again.</returns>
    /// <exception cref="DeliveryException">The destination refused.</exception>
    Task<UInt128> PrepareAsync(CancellationToken cancellationToken);

    /// <summary>A person as the destination is to have them: pure, after <see cref="PrepareAsync"/>.</summary>
    MappedContact Map(PersonState person);

    /// <summary>Creates or updates one contact and adds it to lists.</summary>
    Task<ContactOutcome> UpsertAsync(MappedContact contact, LedgerContact? known, IReadOnlyList<long> addTo, CancellationToken cancellationToken);

    /// <summary>Adds contacts that the destination knows to a list.</summary>
    Task<ListOutcome> AddAsync(long list, IReadOnlyList<ContactHandle> contacts, CancellationToken cancellationToken);

    Task<ListOutcome> RemoveAsync(long list, IReadOnlyList<ContactHandle> contacts, CancellationToken cancellationToken);

    /// <summary>An empty import, to be filled and started.</summary>
    IContactImport NewImport(long list);

    /// <summary>How far an import has come.</summary>
    /// <param name="thorough">May spend a call that is scarce.</param>
    Task<ImportLook> LookAsync(Job job, bool thorough, CancellationToken cancellationToken);

    /// <summary>Null when there is no such list.</summary>
    Task<RemoteList?> FindListAsync(long list, CancellationToken cancellationToken);

    /// <summary>A page of the list's members.</summary>
    Task<RemotePage> ReadListAsync(long list, int offset, CancellationToken cancellationToken);

    /// <summary>A page of the contacts that have changed since; of all when null.</summary>
    Task<RemotePage> ReadChangesAsync(DateTimeOffset? since, int offset, CancellationToken cancellationToken);
}

/// <summary>How the destination knows a contact.</summary>
public readonly record struct ContactHandle(long? RemoteId, string? Email, string ExternalId);

/// <summary>Contacts on their way in one call.</summary>
public interface IContactImport : IDisposable
{
    int Count { get; }

    /// <summary>False when the contact does not fit into the call any more.</summary>
    bool TryAppend(MappedContact contact);

    /// <returns>The destination's process.</returns>
    /// <exception cref="DeliveryException">The destination refused, or the outcome is not known.</exception>
    Task<long> StartAsync(string token, CancellationToken cancellationToken);
}

/// <param name="Decision">What is to be done with it.</param>
/// <param name="RemoteId">The contact's id, when the destination told it.</param>
public sealed record ContactOutcome(Decision Decision, long? RemoteId);

/// <param name="NotApplied">Indices of those of whom the destination says that they were not there, or there already: it does not tell which.</param>
public sealed record ListOutcome(Decision Decision, IReadOnlyList<int> NotApplied);

/// <param name="Rejected">Addresses that the destination would not take, with a stable reason.</param>
public sealed record ImportLook(ImportProgress Progress, IReadOnlyList<(string Email, string Reason)> Rejected, string? Note);

public enum ImportProgress
{
    Running,
    Done,
    Failed,

    /// <summary>The destination does not know it, or does not tell.</summary>
    Unknown,
}

/// <param name="Dynamic">The destination fills it by its own rules: nothing can be kept in step there.</param>
public sealed record RemoteList(long Id, string Name, bool Dynamic);

public sealed record RemotePage(IReadOnlyList<RemoteContact> Contacts, long Total);

/// <param name="Blocklisted">The destination shows that the person must not be written to.</param>
public sealed record RemoteContact(long Id, string? Email, string? ExternalId, bool Blocklisted, IReadOnlyList<long> UnsubscribedFrom);

public enum DecisionKind
{
    /// <summary>The destination has it.</summary>
    Done,

    /// <summary>Nothing is wrong with it: again, not before a while.</summary>
    Retry,

    /// <summary>Nothing more can go to this destination before someone acts.</summary>
    Pause,

    /// <summary>This record will never be taken as it is.</summary>
    DeadLetter,

    /// <summary>Nobody knows whether it was done.</summary>
    Unknown,
}

/// <param name="Reason">A stable code; empty when done.</param>
/// <param name="Detail">What a person needs to know; no one's data.</param>
public sealed record Decision(DecisionKind Kind, string Reason, string Detail, TimeSpan After)
{
    /// <summary>The reason where a list is gone: nobody is refused for it, and somebody has to act.</summary>
    public const string NoList = "list_missing";

    public static readonly Decision Done = new(DecisionKind.Done, "", "", TimeSpan.Zero);

    public static Decision ListMissing(long list) =>
        new(DecisionKind.Pause, NoList, $"The destination has no list {list}: correct lists in the config, or create it.", TimeSpan.Zero);
}

/// <summary>A call that concerns no single person has not been done; the decision says what follows.</summary>
public sealed class DeliveryException : Exception
{
    public DeliveryException()
        : this(new Decision(DecisionKind.Unknown, "unknown", "", TimeSpan.Zero))
    {
    }

    public DeliveryException(string message)
        : this(new Decision(DecisionKind.Unknown, "unknown", message, TimeSpan.Zero))
    {
    }

    public DeliveryException(string message, Exception inner)
        : base(message, inner) => Decision = new Decision(DecisionKind.Unknown, "unknown", message, TimeSpan.Zero);

    public DeliveryException(Decision decision, Exception? inner = null)
        : base(decision.Detail, inner) => Decision = decision;

    public Decision Decision { get; }
}
