using System.Runtime.CompilerServices;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Delivery;
using Sluice.Storage.Identity;

namespace Sluice.Storage.Erasure;

/// <inheritdoc cref="IPersonalData"/>
internal sealed class PersonalDataStore(Database database) : IPersonalData
{
    public Task<PersonalRecord> ReadAsync(string project, string distinctId, CancellationToken cancellationToken) =>
        ReadAsync(project, [distinctId], cancellationToken).FirstAsync(cancellationToken).AsTask();

    public async IAsyncEnumerable<PersonalRecord> ReadAsync(
        string project, IReadOnlyList<string> distinctIds, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Nothing leads from a person to their letters: all are looked at, once for all people.
        var (people, letters) = await database.ReadAsync(
            async (session, token) =>
            {
                var people = await PeopleAsync(session, project, distinctIds, token);
                return (people, await LettersAsync(session, project, [.. people.SelectMany(p => p)], token));
            },
            cancellationToken);
        foreach (var ids in people)
        {
            yield return await database.ReadAsync((session, token) => ReadAsync(session, project, ids, letters, token), cancellationToken);
        }
    }

    /// <summary>The ids of each person, the speaker's first.</summary>
    private static async Task<List<KnownId[]>> PeopleAsync(Session session, string project, IReadOnlyList<string> distinctIds, CancellationToken cancellationToken)
    {
        var people = new List<KnownId[]>();
        var seen = new HashSet<PersonKey>();
        foreach (var id in distinctIds)
        {
            if (!seen.Contains(PersonKey.Of(project, id)))
            {
                var (speaker, known) = await IdentityWriter.ClusterAsync(session, project, PersonKey.Of(project, id), id, cancellationToken);
                seen.UnionWith(known.Select(k => k.Key));
                people.Add([.. known.OrderBy(i => i.Key != speaker).ThenBy(i => i.DistinctId, StringComparer.Ordinal)]);
            }
        }

        return people;
    }

    private static async Task<PersonalRecord> ReadAsync(
        Session session, string project, KnownId[] ids, List<DeadLetter> letters, CancellationToken cancellationToken)
    {
        var names = ids.ToDictionary(i => i.Key, i => i.DistinctId);
        var batch = Batch.Of(session.Dialect, [.. ids.Select(i => i.Key)]);
        (string, object?)[] key = [("project", project)];
        var profiles = await session.QueryBatchAsync(
            """
            SELECT p.distinct_id, p.props, p.first_seen, p.updated_at FROM {batch}
            JOIN profile p ON p.project = {project} AND p.shard = b.shard AND p.person = b.person
            """,
            batch, r => new KeptProfile(r.GetString(0), r.GetString(1), r.Time(2), r.Time(3)), cancellationToken, key);
        var suppressions = new List<SuppressionEntry>();
        foreach (var id in ids)
        {
            suppressions.AddRange(await SuppressionStore.OfAsync(session, project, id.Key, cancellationToken));
        }

        return new PersonalRecord(
            ids, profiles, await GroupsAsync(session, project, batch, cancellationToken), await ClaimsAsync(session, project, batch, cancellationToken),
            [.. suppressions.Distinct()], await ContactsAsync(session, key, batch, names, cancellationToken), await ListsAsync(session, key, batch, cancellationToken),
            [.. letters.Where(l => names.ContainsKey(l.Person ?? default) || names.ContainsValue(l.Subject ?? ""))]);
    }

    private static async Task<List<MembershipSpan>> GroupsAsync(Session session, string project, Batch batch, CancellationToken cancellationToken)
    {
        var stays = new List<MembershipSpan>();
        foreach (var cohort in await session.QueryAsync(
            "SELECT cohort FROM cohort WHERE project = @project ORDER BY cohort", r => r.GetString(0), cancellationToken, ("project", project)))
        {
            stays.AddRange(await session.QueryBatchAsync(
                """
                SELECT s.entered_at, s.left_at FROM {batch} JOIN membership_span s
                ON s.project = {project} AND s.cohort = {cohort} AND s.shard = b.shard AND s.person = b.person
                """,
                batch, r => new MembershipSpan(cohort, r.Time(0), r.TimeOrNull(1)), cancellationToken, ("project", project), ("cohort", cohort)));
        }

        return stays;
    }

    private static async Task<List<IdentityRecord>> ClaimsAsync(Session session, string project, Batch batch, CancellationToken cancellationToken)
    {
        var claims = new List<IdentityRecord>();
        foreach (var column in new[] { "id_key", "other_key" })
        {
            claims.AddRange(await session.QueryBatchAsync(
                $$"""
                SELECT c.claim, c.kind, c.id, c.other, c.state, c.reason, c.created_at FROM {batch}
                JOIN identity_claim c ON c.project = {project} AND c.{{column}} = b.person
                """,
                batch,
                r => new IdentityRecord(
                    r.Key(0).ToString(), (IdentityClaimKind)r.GetInt32(1), r.GetString(2), r.GetString(3), r.GetString(4), r.TextOrNull(5), r.Time(6)),
                cancellationToken, ("project", project)));
        }

        return [.. claims.DistinctBy(c => c.Claim).OrderBy(c => c.At)];
    }

    private static Task<List<KeptContact>> ContactsAsync(
        Session session, (string, object?)[] key, Batch batch, Dictionary<PersonKey, string> names, CancellationToken cancellationToken) =>
        session.QueryBatchAsync(
            """
            SELECT c.destination, c.person, c.remote_id, c.email, c.state, c.updated_at FROM {batch} JOIN destination d ON d.project = {project}
            JOIN ledger_contact c ON c.project = d.project AND c.destination = d.destination AND c.shard = b.shard AND c.person = b.person
            """,
            batch,
            r => new KeptContact(r.GetString(0), names[r.Key(1)], r.LongOrNull(2), r.TextOrNull(3), (LedgerState)r.GetInt32(4), r.Time(5)), cancellationToken, key);

    private static Task<List<KeptListMember>> ListsAsync(Session session, (string, object?)[] key, Batch batch, CancellationToken cancellationToken) =>
        session.QueryBatchAsync(
            """
            SELECT m.destination, m.list, l.name, m.state, m.since FROM {batch} JOIN list l ON l.project = {project}
            JOIN ledger_member m ON m.project = l.project AND m.destination = l.destination AND m.list = l.list AND m.shard = b.shard AND m.person = b.person
            """,
            batch, r => new KeptListMember(r.GetString(0), r.GetInt64(1), r.TextOrNull(2), (LedgerState)r.GetInt32(3), r.Time(4)), cancellationToken, key);

    /// <summary>Letters that are filed under one of the people; what was refused before anybody could tell whose it was is not among them.</summary>
    private static async Task<List<DeadLetter>> LettersAsync(
        Session session, string project, IReadOnlyList<KnownId> ids, CancellationToken cancellationToken)
    {
        var people = ids.Select(i => i.Key).ToHashSet();
        var named = ids.Select(i => i.DistinctId).ToHashSet(StringComparer.Ordinal);
        return [.. (await session.QueryAsync(
            """
            SELECT letter, origin, reason, detail, person, subject, payload, state, created_at FROM dead_letter
            WHERE project = @project AND (person IS NOT NULL OR subject IS NOT NULL) ORDER BY created_at, letter
            """,
            r => people.Contains(r.IsDBNull(4) ? default : r.Key(4)) || named.Contains(r.TextOrNull(5) ?? "")
                ? new DeadLetter(
                    r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.IsDBNull(4) ? null : r.Key(4), r.TextOrNull(5), r.GetString(6), r.GetString(7),
                    r.Time(8))
                : null,
            cancellationToken, ("project", project))).OfType<DeadLetter>()];
    }
}
