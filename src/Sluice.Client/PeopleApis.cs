using System.Text.Json;

namespace Sluice.Client;

/// <summary>Sluice's copy of a Mixpanel cohort.</summary>
/// <param name="CohortId">Mixpanel's id of the cohort.</param>
/// <param name="Name">The cohort's name.</param>
/// <param name="Slug">The name in lower case, as the config's lists may call it.</param>
/// <param name="Description">The cohort's description; null when it has none.</param>
/// <param name="MembersCount">People in the group.</param>
/// <param name="Recurring">Whether Mixpanel keeps the cohort in sync.</param>
/// <param name="SyncingPages">Pages received of the full session that is coming in; null when none is.</param>
/// <param name="SyncingTotalPages">Pages that session has in all; null when none is coming in.</param>
/// <param name="CreatedAt">When its first page came.</param>
/// <param name="LastPageAt">When its last page came.</param>
public sealed record UserGroup(
    string CohortId, string Name, string Slug, string? Description, long MembersCount, bool Recurring, int? SyncingPages, int? SyncingTotalPages, DateTimeOffset CreatedAt,
    DateTimeOffset LastPageAt);

/// <summary>One stay of a person in a user group.</summary>
/// <param name="DistinctId">A distinct id of the person; null when the person is no longer known by name.</param>
/// <param name="EnteredAt">When the person entered.</param>
/// <param name="LeftAt">When the person left; null while they are in it.</param>
public sealed record GroupStay(string? DistinctId, DateTimeOffset EnteredAt, DateTimeOffset? LeftAt);

/// <summary>Copies of Mixpanel's cohorts.</summary>
public sealed class UserGroupsApi
{
    private readonly Transport _transport;

    internal UserGroupsApi(Transport transport) => _transport = transport;

    /// <summary>The project's user groups, by name.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<UserGroup>> ListAsync(CancellationToken cancellationToken = default) =>
        (await _transport.GetAsync("/user-groups", ClientJson.Default.UserGroups, cancellationToken)).Items;

    /// <summary>One user group.</summary>
    /// <param name="cohortId">Mixpanel's id of the cohort.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<UserGroup> GetAsync(string cohortId, CancellationToken cancellationToken = default) =>
        _transport.GetAsync($"/user-groups/{Uri.EscapeDataString(cohortId)}", ClientJson.Default.UserGroup, cancellationToken);

    /// <summary>The distinct ids of the members, page by page as they are asked for.</summary>
    /// <param name="cohortId">Mixpanel's id of the cohort.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    public IAsyncEnumerable<string> MembersAsync(string cohortId, CancellationToken cancellationToken = default) =>
        _transport.AllAsync<PageOf<MemberItem>, string>(
            $"/user-groups/{Uri.EscapeDataString(cohortId)}/members?limit=200", ClientJson.Default.Members, p => ([.. p.Items.Select(m => m.DistinctId)], p.NextCursor), cancellationToken);

    /// <summary>Who was in the group from when to when.</summary>
    /// <param name="cohortId">Mixpanel's id of the cohort.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    public IAsyncEnumerable<GroupStay> HistoryAsync(string cohortId, CancellationToken cancellationToken = default) =>
        _transport.AllAsync(
            $"/user-groups/{Uri.EscapeDataString(cohortId)}/history?limit=200", ClientJson.Default.Stays, p => (p.Items, p.NextCursor), cancellationToken);
}

/// <summary>A profile under one of a person's ids.</summary>
/// <param name="DistinctId">The id.</param>
/// <param name="Properties">The profile's properties.</param>
/// <param name="FirstSeen">When the id was first seen.</param>
/// <param name="UpdatedAt">When the profile last changed.</param>
public sealed record StoredProfile(string DistinctId, IReadOnlyDictionary<string, JsonElement> Properties, DateTimeOffset FirstSeen, DateTimeOffset UpdatedAt);

/// <summary>When a person was in a user group.</summary>
/// <param name="CohortId">Mixpanel's id of the cohort.</param>
/// <param name="EnteredAt">When the person entered.</param>
/// <param name="LeftAt">When the person left; null while they are in it.</param>
public sealed record PersonStay(string CohortId, DateTimeOffset EnteredAt, DateTimeOffset? LeftAt);

/// <summary>A person's contact at a destination.</summary>
/// <param name="Destination">Where it is.</param>
/// <param name="DistinctId">The distinct id that it was made of.</param>
/// <param name="RemoteId">The destination's own number of it; null while it is not known.</param>
/// <param name="State"><c>intended</c>, <c>present</c>, <c>unknown</c> or <c>refused</c>.</param>
public sealed record PersonContact(string Destination, string DistinctId, long? RemoteId, string State);

/// <summary>A list that holds a person, or may.</summary>
/// <param name="Destination">Where it is.</param>
/// <param name="ListId">Its id.</param>
/// <param name="Name">Its name; null while it is not known.</param>
/// <param name="State"><c>intended</c>, <c>present</c>, <c>unknown</c> or <c>leaving</c>.</param>
/// <param name="Since">Since when.</param>
public sealed record PersonList(string Destination, long ListId, string? Name, string State, DateTimeOffset Since);

/// <summary>All that is known of a person, but for events.</summary>
/// <param name="DistinctIds">Everything the person is known by; the first one speaks for all.</param>
/// <param name="Profiles">A profile for each id that has one.</param>
/// <param name="UserGroups">The cohorts in whose user groups the person is, by id.</param>
/// <param name="History">When the person was in which user group, newest first.</param>
/// <param name="Suppressions">What stands against contacting the person.</param>
/// <param name="Contacts">The person's contacts.</param>
/// <param name="Lists">The lists that hold the person, or may.</param>
public sealed record PersonProfile(
    IReadOnlyList<string> DistinctIds, IReadOnlyList<StoredProfile> Profiles, IReadOnlyList<string> UserGroups, IReadOnlyList<PersonStay> History,
    IReadOnlyList<Suppression> Suppressions, IReadOnlyList<PersonContact> Contacts, IReadOnlyList<PersonList> Lists);

/// <summary>People.</summary>
public sealed class ProfilesApi
{
    private readonly Transport _transport;

    internal ProfilesApi(Transport transport) => _transport = transport;

    /// <summary>All that is known of the person behind a distinct id.</summary>
    /// <param name="distinctId">Any of the person's distinct ids, exactly as Mixpanel sends it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<PersonProfile> GetAsync(string distinctId, CancellationToken cancellationToken = default) =>
        _transport.GetAsync($"/profile?distinctId={Uri.EscapeDataString(distinctId)}", ClientJson.Default.PersonProfile, cancellationToken);
}

/// <summary>Somebody who must not be contacted.</summary>
/// <param name="Email">The address; null when it is about a number or the person.</param>
/// <param name="Phone">The number, with <c>+</c> and country code; null when it is about an address or the person.</param>
/// <param name="ListId">The Brevo list that it is about; null for all.</param>
/// <param name="Reason">Why, as a word.</param>
/// <param name="Source">Who said so: <c>webhook</c>, <c>changes</c>, <c>seen</c> or <c>hand</c>.</param>
/// <param name="At">Since when.</param>
public sealed record Suppression(string? Email, string? Phone, long? ListId, string Reason, string Source, DateTimeOffset At);

/// <summary>People who must not be contacted.</summary>
public sealed class SuppressionsApi
{
    private readonly Transport _transport;

    internal SuppressionsApi(Transport transport) => _transport = transport;

    /// <summary>Suppressed addresses and numbers, newest first.</summary>
    /// <param name="cancellationToken">Ends the calls.</param>
    public IAsyncEnumerable<Suppression> ListAsync(CancellationToken cancellationToken = default) =>
        _transport.AllAsync("/suppressions?limit=200", ClientJson.Default.Suppressions, p => (p.Items, p.NextCursor), cancellationToken);

    /// <summary>Suppresses an address or a number, and everyone who has it.</summary>
    /// <param name="email">An address. Either this or a number.</param>
    /// <param name="phone">A number with <c>+</c> and country code.</param>
    /// <param name="listId">Only for this Brevo list; null for all.</param>
    /// <param name="reason">Why, as a word of small letters, digits and underscores.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Suppression> AddAsync(string? email = null, string? phone = null, long? listId = null, string reason = "manual", CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            HttpMethod.Post, "/suppressions", new SuppressBody(email, phone, listId, reason), ClientJson.Default.SuppressBody, ClientJson.Default.Suppression,
            Repeating.Harmless, TimeSpan.Zero, cancellationToken);

    /// <summary>Takes back every suppression of an address or a number.</summary>
    /// <param name="email">An address. Either this or a number.</param>
    /// <param name="phone">A number with <c>+</c> and country code.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>How many were taken back.</returns>
    public async Task<int> RemoveAsync(string? email = null, string? phone = null, CancellationToken cancellationToken = default) =>
        (await _transport.SendAsync(
            HttpMethod.Post, "/suppressions/remove", new UnsuppressBody(email, phone), ClientJson.Default.UnsuppressBody, ClientJson.Default.Unsuppressed,
            Repeating.Never, TimeSpan.Zero, cancellationToken)).Count;
}
