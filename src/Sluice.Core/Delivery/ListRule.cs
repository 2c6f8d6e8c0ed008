namespace Sluice.Core.Delivery;

/// <summary>How a list follows its sources.</summary>
public enum ListMode
{
    /// <summary>Holds exactly the people of its sources, of those that Sluice put there; who was in it before stays.</summary>
    Mirror,

    /// <summary>Holds exactly the people of its sources; the whole list is Sluice's.</summary>
    Exclusive,

    /// <summary>People are added and never removed.</summary>
    Add,

    /// <summary>The people of the sources are taken off the list.</summary>
    Remove,

    /// <summary>The attributes of the sources' people who are in the list are kept up to date; nobody is added or removed.</summary>
    Update,
}

/// <summary>A list as configured, with its sources found.</summary>
/// <param name="List">The destination's id of the list.</param>
/// <param name="AllUsers">Every person with at least one property is a member.</param>
/// <param name="Cohorts">The cohorts whose people are members; one found in none of its cohorts so far holds nobody.</param>
/// <param name="Waiting">Keys of the config that have found no cohort yet.</param>
/// <param name="MaxRemoval">Share of the list (0 to 1) that may be removed within 24 hours without a person.</param>
public sealed record ListRule(long List, ListMode Mode, bool AllUsers, IReadOnlyList<string> Cohorts, IReadOnlyList<string> Waiting, double MaxRemoval)
{
    /// <summary>Nobody is added and nothing is compared: only who must not be contacted any more leaves. No walk goes over such a list.</summary>
    public bool OnlySuppressed { get; init; }

    /// <summary>True when people who are no longer wanted are taken off the list: the mode does so, and it is known who is wanted.</summary>
    public bool Removes => Mode is ListMode.Mirror or ListMode.Exclusive && Waiting.Count == 0;

    /// <summary>The rule of a list that was filled because somebody asked, and that no config names.</summary>
    public static ListRule OfKept(long list) => new(list, ListMode.Add, false, [], [], 1) { OnlySuppressed = true };

    public bool Wants(PersonState person) =>
        (AllUsers && person.HasProperties) || Cohorts.Any(person.Groups.Contains);
}
