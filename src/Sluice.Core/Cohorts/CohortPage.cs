using Sluice.Core.People;

namespace Sluice.Core.Cohorts;

/// <summary>What a page of a cohort sync says about its members.</summary>
public enum CohortAction
{
    /// <summary>The union of all pages of the session replaces the membership.</summary>
    Members = 0,

    /// <summary>The members entered.</summary>
    AddMembers = 1,

    /// <summary>The members left.</summary>
    RemoveMembers = 2,
}

/// <summary>One page of a cohort sync, authenticated and parsed, ready to be committed.</summary>
/// <param name="Project">The Sluice project it was sent to.</param>
/// <param name="Cohort">Mixpanel's cohort id as sent; with the project the identity of the user group.</param>
/// <param name="RemoteProject">Mixpanel's own project id as sent.</param>
/// <param name="Session">Mixpanel's session id as sent; pages of one export share it.</param>
/// <param name="TotalPages">Pages of the session, at least 1.</param>
/// <param name="Page">1-based number of this page.</param>
/// <param name="Content">128-bit hash of the members as sent: equal content under the same number is a repeat.</param>
/// <param name="Members">The good members, one per distinct id, in the order of their keys.</param>
/// <param name="Rejected">The members that cannot be taken; they become dead letters.</param>
public sealed record CohortPage(
    string Project,
    string Cohort,
    string Name,
    string? Description,
    string RemoteProject,
    string Session,
    CohortAction Action,
    int TotalPages,
    int Page,
    UInt128 Content,
    IReadOnlyList<CohortMember> Members,
    IReadOnlyList<RejectedMember> Rejected)
{
    /// <summary>We have asked for it; Mixpanel did not send it by itself.</summary>
    public bool IsFetched { get; init; }
}

/// <summary>A member of a cohort page.</summary>
/// <param name="Properties">A JSON object under Mixpanel's own property names.</param>
/// <param name="Email">The e-mail's key when the properties hold a usable one.</param>
/// <param name="Phone">The phone's key when the properties hold a usable one.</param>
public readonly record struct CohortMember(PersonKey Key, string DistinctId, string Properties, UInt128? Email, UInt128? Phone);

/// <summary>A member that was refused, with the reason and what was received.</summary>
public sealed record RejectedMember(int Index, string Reason, string Detail, string Payload);
