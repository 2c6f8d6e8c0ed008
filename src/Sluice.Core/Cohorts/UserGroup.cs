using Sluice.Core.People;

namespace Sluice.Core.Cohorts;

/// <summary>Sluice's copy of a Mixpanel cohort.</summary>
/// <param name="Slug">The name in lower case, every run of other characters than letters and digits as one underscore.</param>
/// <param name="Members">People in the group, as of the last settled page.</param>
/// <param name="Base">Number of the full session that is the membership; 0 before the first.</param>
/// <param name="Recurring">Differences have been received, or full sessions again and again: Mixpanel keeps this cohort in sync.</param>
/// <param name="Syncing">The full session that is being received, if any.</param>
public sealed record UserGroup(
    string Project,
    string Cohort,
    string Name,
    string Slug,
    string? Description,
    string RemoteProject,
    long Members,
    long Base,
    bool Recurring,
    DateTimeOffset CreatedAt,
    DateTimeOffset LastPageAt,
    SyncProgress? Syncing)
{
    /// <summary>When Mixpanel last sent a page of it by itself; null when nothing is known of any.</summary>
    public DateTimeOffset? SentAt { get; init; }
}

/// <summary>How far a full session has come.</summary>
public sealed record SyncProgress(long Number, int Pages, int TotalPages, DateTimeOffset StartedAt);

/// <summary>One stay of a person in a user group.</summary>
/// <param name="LeftAt">Null while the person is in the group.</param>
public sealed record MembershipSpan(string Cohort, DateTimeOffset EnteredAt, DateTimeOffset? LeftAt);

/// <summary>Reads user groups.</summary>
public interface IUserGroups
{
    Task<IReadOnlyList<UserGroup>> ListAsync(string project, CancellationToken cancellationToken);

    Task<UserGroup?> FindAsync(string project, string cohort, CancellationToken cancellationToken);

    /// <summary>The distinct ids of members, in key order, from after <paramref name="after"/> on.</summary>
    Task<IReadOnlyList<GroupMember>> MembersAsync(string project, string cohort, PersonKey? after, int limit, CancellationToken cancellationToken);

    /// <summary>The people in the group within a range of keys, in key order: exactly what Mixpanel last said, settled or not.</summary>
    Task<IReadOnlyList<PersonKey>> KeysAsync(string project, string cohort, KeyRange range, CancellationToken cancellationToken);

    /// <summary>Every group the person is in, and was in, newest first.</summary>
    Task<IReadOnlyList<MembershipSpan>> HistoryAsync(string project, PersonKey person, CancellationToken cancellationToken);
}

public sealed record GroupMember(PersonKey Key, string DistinctId);
