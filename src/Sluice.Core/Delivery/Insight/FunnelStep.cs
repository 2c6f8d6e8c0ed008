namespace Sluice.Core.Delivery.Insight;

/// <summary>The way of a person from Mixpanel's cohort to the destination's list; each step holds some of the one before.</summary>
public enum FunnelStep
{
    /// <summary>Mixpanel has named them, as a record that could be read or not.</summary>
    Received,

    /// <summary>They have a distinct id and are in the user group.</summary>
    Identified,

    /// <summary>At least one property of theirs is known.</summary>
    Known,

    /// <summary>A valid e-mail address or phone number, which no one else has, and no suppression.</summary>
    Contactable,

    /// <summary>The list wants them.</summary>
    Matching,

    /// <summary>The ledger has their contact.</summary>
    Sent,

    /// <summary>The destination has said that it has their contact.</summary>
    Accepted,

    /// <summary>They are in the list; for a list that takes its members off, they are off it.</summary>
    Listed,
}

/// <summary>How far a person has come.</summary>
/// <param name="Missed">The first step not reached; null when all are.</param>
/// <param name="Reason">A stable code; null when all steps are reached.</param>
/// <param name="Detail">What belongs to the reason: why suppressed, who has the address, why refused.</param>
public readonly record struct FunnelVerdict(FunnelStep? Missed, string? Reason, string? Detail)
{
    public const string NoProperties = "no_properties";
    public const string NotWanted = "not_wanted";
    public const string NotInList = "not_in_list";
    public const string NotSentYet = "not_sent_yet";
    public const string BeingSent = "being_sent";
    public const string WaitsForImport = "waits_for_import";
    public const string OutcomeUnknown = "outcome_unknown";
    public const string NotAddedYet = "not_added_yet";
    public const string BeingRemoved = "being_removed";
    public const string NotRemovedYet = "not_removed_yet";

    /// <summary>Follows a person's plan.</summary>
    /// <param name="rule">The list; null for a cohort that feeds none: then the way ends with the contact.</param>
    public static FunnelVerdict Of(PersonPlan plan, ListRule? rule)
    {
        var person = plan.State;
        if (rule is { Mode: ListMode.Remove })
        {
            return !person.Members.ContainsKey(rule.List) && !person.Foreign.Contains(rule.List)
                ? default
                : new FunnelVerdict(FunnelStep.Listed, NotRemovedYet, null);
        }

        return Contactable(plan, rule) ?? Matching(person, rule) ?? Accepted(person) ?? (rule is null ? default : Listed(person, rule));
    }

    private static FunnelVerdict? Contactable(PersonPlan plan, ListRule? rule)
    {
        var person = plan.State;
        if (!person.HasProperties)
        {
            return new FunnelVerdict(FunnelStep.Known, NoProperties, null);
        }

        return Planner.Blocker(person, plan.Contact) switch
        {
            SkipReason.Suppressed => Stop(SkipReason.Suppressed, person.Suppressed),
            SkipReason.AddressOfAnother => Stop(SkipReason.AddressOfAnother, person.AddressHeldBy),

            // Refused was sent: it is a step further.
            SkipReason.Refused => null,
            { } reason => Stop(reason, null),
            null when rule is not null && person.SuppressedLists.Contains(rule.List) => Stop(SkipReason.LeftThisList, null),
            null => null,
        };

        static FunnelVerdict Stop(string reason, string? detail) => new(FunnelStep.Contactable, reason, detail);
    }

    private static FunnelVerdict? Matching(PersonState person, ListRule? rule)
    {
        if (rule is null)
        {
            return null;
        }

        if (!rule.Wants(person))
        {
            return new FunnelVerdict(FunnelStep.Matching, NotWanted, null);
        }

        return rule.Mode == ListMode.Update && !person.Members.ContainsKey(rule.List) && !person.Foreign.Contains(rule.List)
            ? new FunnelVerdict(FunnelStep.Matching, NotInList, null)
            : null;
    }

    private static FunnelVerdict? Accepted(PersonState person) => person.Contact switch
    {
        null => new FunnelVerdict(FunnelStep.Sent, NotSentYet, null),
        { State: LedgerState.Present } => null,
        { State: LedgerState.Refused } refused => new FunnelVerdict(FunnelStep.Accepted, SkipReason.Refused, refused.Reason),
        { State: LedgerState.Intended, Job: not null } => new FunnelVerdict(FunnelStep.Accepted, WaitsForImport, null),
        { State: LedgerState.Intended } => new FunnelVerdict(FunnelStep.Accepted, BeingSent, null),
        _ => new FunnelVerdict(FunnelStep.Accepted, OutcomeUnknown, null),
    };

    private static FunnelVerdict Listed(PersonState person, ListRule rule)
    {
        person.Members.TryGetValue(rule.List, out var member);
        var reason = member?.State switch
        {
            LedgerState.Present => null,
            LedgerState.Leaving => BeingRemoved,
            LedgerState.Unknown => OutcomeUnknown,
            LedgerState.Intended when member.Job is not null => WaitsForImport,
            LedgerState.Intended => BeingSent,
            _ => person.Foreign.Contains(rule.List) ? null : NotAddedYet,
        };
        return reason is null ? default : new FunnelVerdict(FunnelStep.Listed, reason, null);
    }
}
