using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Storage.Delivery;

/// <summary>Reads everything that decides about some people, in a handful of set reads.</summary>
internal static class PersonLoader
{
    public static async Task<IReadOnlyList<PersonState>> LoadAsync(
        Session session, DeliveryScope scope, IReadOnlyList<(PersonKey Key, long Seq)> people, CancellationToken cancellationToken) =>
        await SharedAddresses.ApplyAsync(session, scope, await ReadAsync(session, scope, people, cancellationToken), cancellationToken);

    /// <summary>Everything but who else has the same address or number.</summary>
    public static async Task<IReadOnlyList<LoadedPerson>> ReadAsync(
        Session session, DeliveryScope scope, IReadOnlyList<(PersonKey Key, long Seq)> people, CancellationToken cancellationToken)
    {
        if (people.Count == 0)
        {
            return [];
        }

        var clusters = await Clusters.OfAsync(session, scope.Project, [.. people.Select(p => p.Key)], cancellationToken);
        var batch = Batch.Of(session.Dialect, [.. people.Select(p => p.Key)]);

        // What is known under any of their ids is known of the person.
        var ids = clusters.IsEmpty ? batch : Batch.Of(session.Dialect, [.. people.SelectMany(p => clusters.IdsOf(p.Key)).Distinct()]);
        var profiles = (await session.QueryBatchAsync(
            """
            SELECT p.person, p.distinct_id, p.props, p.rev, p.first_seen, p.email, p.phone, p.cleared FROM {batch} JOIN profile p
            ON p.project = {project} AND p.shard = b.shard AND p.person = b.person
            """,
            ids,
            r => new ProfileRead(r.Key(0), r.GetString(1), Properties(r.GetString(2), r.TextOrNull(7)), r.GetInt64(3), r.Time(4), r.Hash(5), r.Hash(6)),
            cancellationToken, ("project", scope.Project))).ToDictionary(p => p.Key);
        var groups = await GroupsAsync(session, scope, ids, cancellationToken);
        var contacts = await ContactsAsync(session, scope, batch, cancellationToken);
        var members = await MembersAsync(session, scope, batch, cancellationToken);
        var tombstones = await session.Tombstones.ReadAsync(session, scope.Project, cancellationToken);
        var suppressed = await SuppressedAsync(session, scope, tombstones, [.. people.SelectMany(p => clusters.IdsOf(p.Key)).Distinct()], profiles, cancellationToken);
        var foreign = await ForeignAsync(session, scope, profiles, cancellationToken);
        var withEvents = await WithEventsAsync(session, scope, batch, cancellationToken);
        var loaded = new List<LoadedPerson>(people.Count);
        foreach (var (key, seq) in people)
        {
            var all = clusters.IdsOf(key);
            var own = all.SelectMany(i => suppressed[i]).ToList();
            if (clusters.SpeakerOf(key) is { } speaker && speaker != key)
            {
                // Nothing is wanted of an id that another one speaks for. What stands against the person does so under each of their ids.
                var part = new PersonState
                {
                    Key = key,
                    PendingSeq = seq,
                    DistinctId = profiles.GetValueOrDefault(key)?.DistinctId,
                    SpokenForBy = speaker,
                    Screened = tombstones.Stamp,
                    Suppressed = Everywhere(own),
                    SuppressedLists = InLists(own),
                    Contact = contacts.GetValueOrDefault(key),
                    Members = members[key].ToDictionary(m => m.List, m => m.Member),
                };
                loaded.Add(new LoadedPerson(part, null, null));
                continue;
            }

            var profile = clusters.ProfileOf(key, profiles);
            var state = new PersonState
            {
                Key = key,
                PendingSeq = seq,
                DistinctId = profile?.DistinctId,
                Properties = profile?.Props ?? "{}",
                Rev = profile?.Rev ?? 0,
                FirstSeen = profile?.FirstSeen ?? default,
                Groups = all.SelectMany(i => groups[i]).ToHashSet(StringComparer.Ordinal),
                Contact = contacts.GetValueOrDefault(key),
                Members = members[key].ToDictionary(m => m.List, m => m.Member),
                Screened = tombstones.Stamp,
                Suppressed = Everywhere(own),
                SuppressedLists = InLists(own),
                Foreign = foreign[key].ToHashSet(),
                HasEvents = withEvents.Contains(key),
            };
            loaded.Add(new LoadedPerson(state, profile?.Email, profile?.Phone));
        }

        loaded = await WithPartsLeftAsync(session, scope, clusters, loaded, cancellationToken);
        return scope.Enrichment.IsEmpty ? loaded : await AddAsync(session, scope, loaded, cancellationToken);
    }

    private static string? Everywhere(List<(long List, string Reason)> suppressed) => suppressed.FirstOrDefault(s => s.List == 0).Reason;

    private static HashSet<long> InLists(List<(long List, string Reason)> suppressed) => suppressed.Where(s => s.List != 0).Select(s => s.List).ToHashSet();

    /// <summary>Tells of who must not be in a list under which of their other ids they still are.</summary>
    private static async Task<List<LoadedPerson>> WithPartsLeftAsync(
        Session session, DeliveryScope scope, Clusters clusters, List<LoadedPerson> people, CancellationToken cancellationToken)
    {
        var parts = people.Select(p => p.State).Where(s => s.SpokenForBy is null && (s.Suppressed is not null || s.SuppressedLists.Count > 0))
            .ToDictionary(s => s.Key, s => clusters.IdsOf(s.Key).Where(i => i != s.Key).ToList());
        if (parts.Values.All(p => p.Count == 0))
        {
            return people;
        }

        var members = await MembersAsync(session, scope, Batch.Of(session.Dialect, [.. parts.Values.SelectMany(p => p)]), cancellationToken);
        return [.. people.Select(p => !parts.TryGetValue(p.State.Key, out var ids) ? p : p with
        {
            State = p.State with
            {
                PartsLeft = [.. ids.Where(i => members[i].Any(m => p.State.Suppressed is not null || p.State.SuppressedLists.Contains(m.List)))],
            },
        })];
    }

    private static async Task<IReadOnlyList<LoadedPerson>> AddAsync(
        Session session, DeliveryScope scope, List<LoadedPerson> people, CancellationToken cancellationToken)
    {
        var added = await Additions.OfAsync(session, scope.Project, scope.Enrichment, [.. people.Select(p => p.State.Properties)], cancellationToken);
        return [.. people.Zip(added, (p, a) => p with { State = p.State with { Added = a.Added, Links = a.Links } })];
    }

    private static async Task<ILookup<PersonKey, string>> GroupsAsync(Session session, DeliveryScope scope, Batch batch, CancellationToken cancellationToken)
    {
        var cohorts = await session.QueryAsync(
            "SELECT cohort, base FROM cohort WHERE project = @project",
            r => (Cohort: r.GetString(0), Base: r.GetInt64(1)), cancellationToken, ("project", scope.Project));
        var wanted = scope.Rules.SelectMany(r => r.Cohorts).ToHashSet(StringComparer.Ordinal);
        var found = new List<(PersonKey Person, string Cohort)>();
        foreach (var (cohort, baseNumber) in cohorts.Where(c => scope.GroupAttributes || wanted.Contains(c.Cohort)))
        {
            var claims = await session.QueryBatchAsync(
                """
                SELECT m.person, m.number, m.kind FROM {batch} JOIN membership m
                ON m.project = {project} AND m.cohort = {cohort} AND m.shard = b.shard AND m.person = b.person
                WHERE m.number = @base OR (m.number > @base AND m.kind < 2)
                """,
                batch, r => (Person: r.Key(0), Number: r.GetInt64(1), Kind: r.GetInt16(2)), cancellationToken,
                ("project", scope.Project), ("cohort", cohort), ("base", baseNumber));
            found.AddRange(claims.GroupBy(c => c.Person).Where(g => g.MaxBy(c => c.Number).Kind > 0).Select(g => (g.Key, cohort)));
        }

        return found.ToLookup(f => f.Person, f => f.Cohort);
    }

    private static async Task<Dictionary<PersonKey, LedgerContact>> ContactsAsync(
        Session session, DeliveryScope scope, Batch batch, CancellationToken cancellationToken) =>
        (await session.QueryBatchAsync(
            """
            SELECT c.person, c.remote_id, c.email, c.payload, c.rev, c.state, c.job, c.reason FROM {batch} JOIN ledger_contact c
            ON c.project = {project} AND c.destination = {destination} AND c.shard = b.shard AND c.person = b.person
            """,
            batch,
            r => (Person: r.Key(0), Contact: new LedgerContact(
                r.LongOrNull(1), r.TextOrNull(2), r.Hash(3)!.Value, r.GetInt64(4), (LedgerState)r.GetInt32(5), r.TextOrNull(6), r.TextOrNull(7))),
            cancellationToken, ("project", scope.Project), ("destination", scope.Destination))).ToDictionary(c => c.Person, c => c.Contact);

    private static async Task<HashSet<PersonKey>> WithEventsAsync(Session session, DeliveryScope scope, Batch batch, CancellationToken cancellationToken) =>
    [
        .. await session.QueryBatchAsync(
            """
            SELECT r.person FROM {batch} JOIN event_rest r
            ON r.project = {project} AND r.destination = {destination} AND r.shard = b.shard AND r.person = b.person AND r.reason = @reason
            """,
            batch, r => r.Key(0), cancellationToken, ("project", scope.Project), ("destination", scope.Destination), ("reason", Rest.Contact)),
    ];

    private static async Task<ILookup<PersonKey, (long List, LedgerMember Member)>> MembersAsync(
        Session session, DeliveryScope scope, Batch batch, CancellationToken cancellationToken)
    {
        var members = new List<(PersonKey Person, long List, LedgerMember Member)>();
        foreach (var rule in scope.Rules)
        {
            members.AddRange(await session.QueryBatchAsync(
                """
                SELECT m.person, m.state, m.job, m.since, m.run FROM {batch} JOIN ledger_member m
                ON m.project = {project} AND m.destination = {destination} AND m.list = {list} AND m.shard = b.shard AND m.person = b.person
                """,
                batch,
                r => (r.Key(0), rule.List, new LedgerMember((LedgerState)r.GetInt32(1), r.TextOrNull(2), r.Time(3), r.TextOrNull(4))),
                cancellationToken, ("project", scope.Project), ("destination", scope.Destination), ("list", rule.List)));
        }

        return members.ToLookup(m => m.Person, m => (m.List, m.Member));
    }

    private static async Task<ILookup<PersonKey, (long List, string Reason)>> SuppressedAsync(
        Session session, DeliveryScope scope, TombstoneSet tombstones, IReadOnlyList<PersonKey> people, Dictionary<PersonKey, ProfileRead> profiles,
        CancellationToken cancellationToken)
    {
        var erased = Erased(tombstones, people, profiles);
        if (await session.ScalarAsync<int?>("SELECT 1 FROM suppression WHERE project = @project LIMIT 1", cancellationToken, ("project", scope.Project)) is null)
        {
            return erased.ToLookup(p => p, _ => (0L, IntakeOutcome.Erased));
        }

        var subjects = people.Select(p => (Key: p, Kind: SuppressionKind.Person, Subject: p.Value))
            .Concat(profiles.Values.Where(p => p.Email is not null).Select(p => (p.Key, Kind: SuppressionKind.Email, Subject: p.Email!.Value)))
            .Concat(profiles.Values.Where(p => p.Phone is not null).Select(p => (p.Key, Kind: SuppressionKind.Phone, Subject: p.Phone!.Value)))
            .ToArray();
        var batch = new Batch()
            .Add("person", ColumnType.Bytes, subjects.Select(s => s.Key.ToBytes()).ToArray())
            .Add("kind", ColumnType.Text, subjects.Select(s => s.Kind).ToArray())
            .Add("subject", ColumnType.Bytes, subjects.Select(s => new PersonKey(s.Subject).ToBytes()).ToArray());
        var entries = await session.QueryBatchAsync(
            "SELECT b.person, s.list, s.reason FROM {batch} JOIN suppression s ON s.project = {project} AND s.kind = b.kind AND s.subject = b.subject",
            batch, r => (Person: r.Key(0), List: r.GetInt64(1), Reason: r.GetString(2)), cancellationToken,
            ("project", scope.Project));
        return erased.Select(p => (Person: p, List: 0L, Reason: IntakeOutcome.Erased)).Concat(entries).ToLookup(s => s.Person, s => (s.List, s.Reason));
    }

    /// <summary>Those of some people who were erased, or have the address or the number of somebody who was.</summary>
    private static IReadOnlyList<PersonKey> Erased(TombstoneSet tombstones, IReadOnlyList<PersonKey> people, Dictionary<PersonKey, ProfileRead> profiles) => tombstones.IsEmpty
        ? []
        : [.. people.Where(p => tombstones.Has(TombstoneKind.Id, p)
            || (profiles.TryGetValue(p, out var profile) && (tombstones.Has(TombstoneKind.Email, profile.Email) || tombstones.Has(TombstoneKind.Phone, profile.Phone))))];

    private static async Task<ILookup<PersonKey, long>> ForeignAsync(
        Session session, DeliveryScope scope, Dictionary<PersonKey, ProfileRead> profiles, CancellationToken cancellationToken)
    {
        var foreign = new List<(PersonKey Person, long List)>();
        var mailed = profiles.Values.Where(p => p.Email is not null).ToArray();
        foreach (var rule in scope.Rules)
        {
            (string, object?)[] where = [("project", scope.Project), ("destination", scope.Destination), ("list", rule.List)];
            if (await session.ScalarAsync<int?>(
                "SELECT 1 FROM ledger_foreign WHERE project = @project AND destination = @destination AND list = @list LIMIT 1", cancellationToken, where) is null)
            {
                continue;
            }

            var batch = Addresses(session.Dialect, mailed);
            foreign.AddRange(await session.QueryBatchAsync(
                """
                SELECT b.person FROM {batch} JOIN ledger_foreign f
                ON f.project = {project} AND f.destination = {destination} AND f.list = {list} AND f.shard = b.email_shard AND f.email_key = b.email
                """,
                batch, r => (r.Key(0), rule.List), cancellationToken, where));
        }

        return foreign.ToLookup(f => f.Person, f => f.List);
    }

    /// <summary>What was taken away is explicitly empty: so the destination empties it too.</summary>
    private static string Properties(string stored, string? cleared) => cleared is null
        ? stored
        : ProfileProperties.WithNulls(stored, JsonSerializer.Deserialize(cleared, StorageJson.Default.StringArray)!);

    private static Batch Addresses(Dialect dialect, ProfileRead[] profiles) => new Batch()
        .Add("person", ColumnType.Bytes, profiles.Select(p => p.Key.ToBytes()).ToArray())
        .Add("email_shard", ColumnType.Small, profiles.Select(p => dialect.ShardOf(new PersonKey(p.Email!.Value))).ToArray())
        .Add("email", ColumnType.Bytes, profiles.Select(p => new PersonKey(p.Email!.Value).ToBytes()).ToArray());

    internal sealed record ProfileRead(PersonKey Key, string DistinctId, string Props, long Rev, DateTimeOffset FirstSeen, UInt128? Email, UInt128? Phone);
}
