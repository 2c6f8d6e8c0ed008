using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.People;

namespace Sluice.Core.Erasure;

/// <summary>A profile as it lies in the store, under the id as sent.</summary>
/// <param name="Properties">A JSON object.</param>
public sealed record KeptProfile(string DistinctId, string Properties, DateTimeOffset FirstSeen, DateTimeOffset UpdatedAt);

/// <summary>A contact that a destination has, or may have.</summary>
public sealed record KeptContact(string Destination, string DistinctId, long? RemoteId, string? Email, LedgerState State, DateTimeOffset UpdatedAt);

/// <summary>A list of a destination that holds the person, or may hold them.</summary>
public sealed record KeptListMember(string Destination, long List, string? Name, LedgerState State, DateTimeOffset Since);

/// <summary>Everything that the store has of one person, but for their events.</summary>
/// <param name="Ids">The first one speaks for all.</param>
public sealed record PersonalRecord(
    IReadOnlyList<KnownId> Ids,
    IReadOnlyList<KeptProfile> Profiles,
    IReadOnlyList<MembershipSpan> UserGroups,
    IReadOnlyList<IdentityRecord> Claims,
    IReadOnlyList<SuppressionEntry> Suppressions,
    IReadOnlyList<KeptContact> Contacts,
    IReadOnlyList<KeptListMember> Lists,
    IReadOnlyList<DeadLetter> DeadLetters)
{
    public bool IsEmpty => Profiles.Count + UserGroups.Count + Claims.Count + Suppressions.Count + Contacts.Count + Lists.Count + DeadLetters.Count == 0;
}

/// <summary>Reads all that is known of a person.</summary>
public interface IPersonalData
{
    /// <param name="distinctId">Any of their ids.</param>
    Task<PersonalRecord> ReadAsync(string project, string distinctId, CancellationToken cancellationToken);

    /// <summary>Reads one person after the other; who is known under several of the ids comes once.</summary>
    IAsyncEnumerable<PersonalRecord> ReadAsync(string project, IReadOnlyList<string> distinctIds, CancellationToken cancellationToken);
}

/// <summary>Finds the events of some people: a walk over the whole log, because nothing else asks for them.</summary>
public static class PersonEvents
{
    private const int KeysAtOnce = 5_000;

    // An event can weigh a megabyte.
    private const int EventsAtOnce = 50;

    /// <summary>Every event under one of the ids, in the order of arrival.</summary>
    public static async IAsyncEnumerable<LoggedEvent> ReadAsync(
        IEventLog log, string project, IReadOnlySet<PersonKey> ids, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var position = LogPosition.Start;
        LogKeyPage page;
        do
        {
            page = await log.ReadKeysAsync(project, position, KeysAtOnce, null, cancellationToken);
            foreach (var places in page.Keys.Where(k => ids.Contains(k.Person)).Select(k => k.Position).Chunk(EventsAtOnce))
            {
                foreach (var one in await log.GetAsync(project, places, cancellationToken))
                {
                    yield return one;
                }
            }

            position = page.Next;
        }
        while (page.Looked == KeysAtOnce);
    }
}
