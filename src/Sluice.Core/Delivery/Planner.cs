namespace Sluice.Core.Delivery;

/// <summary>What has to be done for one person, and why not more.</summary>
/// <param name="Upsert">The contact is new at the destination, or its attributes have changed.</param>
/// <param name="AddTo">Lists to be added to.</param>
/// <param name="RemoveFrom">Lists to be removed from; true where the removal follows a suppression, which no safety stop holds.</param>
/// <param name="Skipped">Lists that want the person and do not get them, with a stable reason.</param>
/// <param name="WaitsFor">A job in flight that has this person: whatever is left to do is done when it has ended.</param>
public sealed record PersonPlan(
    PersonState State,
    MappedContact Contact,
    bool Upsert,
    IReadOnlyList<long> AddTo,
    IReadOnlyList<Removal> RemoveFrom,
    IReadOnlyList<Skip> Skipped,
    string? WaitsFor)
{
    /// <summary>The contact itself has to be sent, with whatever lists it is to be added to.</summary>
    public bool NeedsUpsert => Upsert || (AddTo.Count > 0 && State.Contact is not { State: LedgerState.Present });

    /// <summary>A list through which an import can bring the contact: one that lacks it, or else one that has it and keeps it.</summary>
    public long? Carrier { get; init; }

    public bool IsEmpty => !Upsert && AddTo.Count == 0 && RemoveFrom.Count == 0;
}

public readonly record struct Removal(long List, bool Suppressed);

public readonly record struct Skip(long List, string Reason);

/// <summary>Stable reasons why a person whom a list wants is not in it.</summary>
public static class SkipReason
{
    public const string NoProfile = "no_profile";
    public const string Suppressed = "suppressed";
    public const string LeftThisList = "unsubscribed_from_list";
    public const string AddressOfAnother = "same_address_as_another_person";
    public const string Refused = "refused_by_destination";
}

/// <summary>
/// Compares what should be with what the ledger knows, for one person: a pure function. Whatever is intended or unknown counts as
/// perhaps present: adding it again is harmless, and who should leave is removed all the same.
/// </summary>
public static class Planner
{
    public static PersonPlan Plan(PersonState person, MappedContact contact, IReadOnlyList<ListRule> lists, IReadOnlySet<string> activeJobs)
    {
        var add = new List<long>();
        var remove = new List<Removal>();
        var skipped = new List<Skip>();
        string? waitsFor = null;
        var sendable = false;
        long? carrier = null;
        var blocker = Blocker(person, contact);
        foreach (var rule in lists)
        {
            person.Members.TryGetValue(rule.List, out var member);
            var foreign = person.Foreign.Contains(rule.List);
            var wanted = rule.Wants(person);

            // Who has left this list leaves it whatever else stands in their way: also without an address of their own, or when it is another's.
            var reason = blocker != SkipReason.Suppressed && person.SuppressedLists.Contains(rule.List) ? SkipReason.LeftThisList : blocker;
            var inFlight = member?.Job is { } job && activeJobs.Contains(job) ? job : null;
            var target = Target(rule, wanted, reason, member, foreign);
            if (wanted && reason is not null && rule.Mode is not ListMode.Remove)
            {
                skipped.Add(new Skip(rule.List, reason));
            }

            switch (target)
            {
                case Presence.Absent when inFlight is not null:
                    // Who leaves while an import that holds them is under way is removed when it has ended.
                    waitsFor = inFlight;
                    break;
                case Presence.Absent:
                    remove.Add(new Removal(rule.List, reason is SkipReason.Suppressed or SkipReason.LeftThisList));
                    break;
                case Presence.Present:
                    sendable = true;
                    carrier = inFlight is null ? carrier ?? rule.List : carrier;
                    var isThere = member?.State == LedgerState.Present || (foreign && rule.Mode is ListMode.Mirror or ListMode.Add);
                    if (inFlight is null && !isThere)
                    {
                        add.Add(rule.List);
                    }

                    break;
                case Presence.AsIs when rule.Mode == ListMode.Update && wanted && reason is null && (member is not null || foreign):
                    sendable = true;
                    carrier ??= rule.List;
                    break;
            }
        }

        // Whose events wait becomes a contact without any list.
        sendable |= person.HasEvents && blocker is null;

        // What an import has on its way is not sent beside it; anything newer follows when it has ended, or the import would undo it.
        var upsert = sendable && (person.Contact is not { State: LedgerState.Present } known || known.Payload != contact.Payload);
        if (upsert && person.Contact?.Job is { } sending && activeJobs.Contains(sending))
        {
            upsert = false;
            waitsFor = person.Contact.Payload == contact.Payload ? waitsFor : sending;
        }

        return new PersonPlan(person, contact, upsert, add, remove, skipped, waitsFor) { Carrier = add.Count > 0 ? add[0] : carrier };
    }

    /// <summary>Why nothing may be sent of this person, whatever the list.</summary>
    public static string? Blocker(PersonState person, MappedContact contact)
    {
        if (person.Suppressed is not null)
        {
            return SkipReason.Suppressed;
        }

        if (person.DistinctId is null)
        {
            return SkipReason.NoProfile;
        }

        if (contact.NotContactable is { } reason)
        {
            return reason;
        }

        if (person.AddressHeldBy is not null)
        {
            return SkipReason.AddressOfAnother;
        }

        // The same record would be refused again; another payload is worth another try.
        return person.Contact is { State: LedgerState.Refused } refused && refused.Payload == contact.Payload ? SkipReason.Refused : null;
    }

    private static Presence Target(ListRule rule, bool wanted, string? reason, LedgerMember? member, bool foreign)
    {
        // A suppression is followed by a removal in every mode, of whomever Sluice may have put there; and of whoever else the mode would remove.
        if (reason is SkipReason.Suppressed or SkipReason.LeftThisList)
        {
            var ours = rule.Mode == ListMode.Exclusive || (rule.Mode == ListMode.Remove && wanted);
            return member is not null || (foreign && ours) ? Presence.Absent : Presence.AsIs;
        }

        // While a key of the config has found no cohort, nobody can tell who is no longer wanted.
        if (!wanted && rule.Waiting.Count > 0)
        {
            return Presence.AsIs;
        }

        // Who is in the list stays there when a change of the contact was refused.
        if (wanted && reason == SkipReason.Refused && rule.Mode != ListMode.Remove)
        {
            return Presence.AsIs;
        }

        switch (rule.Mode)
        {
            case ListMode.Mirror or ListMode.Exclusive when wanted && reason is null:
            case ListMode.Add when wanted && reason is null:
                return Presence.Present;
            case ListMode.Mirror:
                return member is null ? Presence.AsIs : Presence.Absent;
            case ListMode.Exclusive:
                return member is null && !foreign ? Presence.AsIs : Presence.Absent;
            case ListMode.Remove when wanted:
                return member is null && !foreign ? Presence.AsIs : Presence.Absent;
            default:
                return Presence.AsIs;
        }
    }

    private enum Presence
    {
        AsIs,
        Present,
        Absent,
    }
}
