using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.People;

namespace Sluice.Core.Delivery;

/// <summary>What the ledger knows of a contact or a membership.</summary>
public enum LedgerState
{
    /// <summary>Written down before the call: perhaps there.</summary>
    Intended = 1,

    /// <summary>The destination has said so.</summary>
    Present = 2,

    /// <summary>The call's outcome is not known: perhaps there.</summary>
    Unknown = 3,

    /// <summary>The destination refused it; it is not tried again before something changes.</summary>
    Refused = 4,

    /// <summary>Written down before the removal: perhaps still there.</summary>
    Leaving = 5,
}

/// <param name="RemoteId">The destination's own id of the contact, when it has told us.</param>
/// <param name="Email">The address under which the destination has the contact.</param>
/// <param name="Payload">128-bit hash of the attributes sent.</param>
/// <param name="Rev">The revision of the profile that they came from.</param>
public sealed record LedgerContact(long? RemoteId, string? Email, UInt128 Payload, long Rev, LedgerState State, string? Job, string? Reason);

public sealed record LedgerMember(LedgerState State, string? Job, DateTimeOffset Since, string? Run);

/// <summary>Everything that decides about one person at one destination, read at one time.</summary>
public sealed record PersonState
{
    public required PersonKey Key { get; init; }

    /// <summary>Null when nothing but the id is known.</summary>
    public string? DistinctId { get; init; }

    public string Properties { get; init; } = "{}";

    public long Rev { get; init; }

    public DateTimeOffset FirstSeen { get; init; }

    /// <summary>The pending mark's sequence, when the person was marked.</summary>
    public long PendingSeq { get; init; }

    /// <summary>
    /// The id that speaks for this one, when this one has become part of another person: whatever is wanted is wanted of them, and
    /// what was done under this id is taken back.
    /// </summary>
    public PersonKey? SpokenForBy { get; init; }

    /// <summary>The cohorts that the person is in, under whichever of their ids.</summary>
    public IReadOnlySet<string> Groups { get; init; } = new HashSet<string>();

    /// <summary>The stamp of the tombstones with which the person was looked at: while it is the newest, nobody has been erased since.</summary>
    public long Screened { get; init; }

    /// <summary>Why the person must not be contacted at all; null when nothing is known against it.</summary>
    public string? Suppressed { get; init; }

    /// <summary>Lists that the person has left by their own wish.</summary>
    public IReadOnlySet<long> SuppressedLists { get; init; } = new HashSet<long>();

    /// <summary>Other ids of the person, under which they are still in a list that they must not be in: contacts of their own, from before the ids were one person.</summary>
    public IReadOnlyList<PersonKey> PartsLeft { get; init; } = [];

    public LedgerContact? Contact { get; init; }

    public IReadOnlyDictionary<long, LedgerMember> Members { get; init; } = new Dictionary<long, LedgerMember>();

    /// <summary>Lists that held the person's address before Sluice first wrote to them.</summary>
    public IReadOnlySet<long> Foreign { get; init; } = new HashSet<long>();

    /// <summary>Another person who has the same address, and whose contact it is.</summary>
    public string? AddressHeldBy { get; init; }

    /// <summary>Another person who has the same phone number, and whose contact has it.</summary>
    public string? PhoneHeldBy { get; init; }

    /// <summary>Somebody else with the same phone number may be at the destination: only a call of its own can tell whether it is free.</summary>
    public bool PhoneShared { get; init; }

    /// <summary>Events of the person wait until the destination has the contact.</summary>
    public bool HasEvents { get; init; }

    /// <summary>
    /// Properties from elsewhere, a JSON object: of the profiles of the person's groups, and of lookup tables. None that the person has
    /// themselves; null where there is no value any more.
    /// </summary>
    public string Added { get; init; } = "{}";

    /// <summary>The groups that the person belongs to, of those whose profiles count.</summary>
    public IReadOnlyList<GroupLink> Links { get; init; } = [];

    public bool HasProperties => Properties.Length > 2;
}
