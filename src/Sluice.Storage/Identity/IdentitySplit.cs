using System.Text.Json;
using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Delivery;
using Sluice.Storage.Delivery.Events;

namespace Sluice.Storage.Identity;

/// <summary>What a person falls apart into without one of the claims that joined them.</summary>
/// <param name="Canonical">The id that spoke for all.</param>
/// <param name="Parts">Who is left, the part of <paramref name="Canonical"/> first; in each the id that speaks first.</param>
internal sealed record IdentitySplit(PersonKey Canonical, IReadOnlyList<PersonIds> Parts)
{
    private const string Device = "$device:";

    public static async Task<IdentitySplit> ReadAsync(
        Session session, string project, UInt128 without, PersonKey id, string distinctId, CancellationToken cancellationToken)
    {
        var (canonical, ids) = await IdentityWriter.ClusterAsync(session, project, id, distinctId, cancellationToken);
        var batch = Batch.Of(session.Dialect, [.. ids.Select(i => i.Key).Order()]);
        var joins = await session.QueryBatchAsync(
            """
            SELECT c.id_key, c.other_key FROM {batch} JOIN identity_claim c
            ON c.project = {project} AND c.id_key = b.person AND c.state = 'followed' AND c.claim <> {without}
            """,
            batch, r => (Id: r.Key(0), Other: r.Key(1)), cancellationToken, ("project", project), ("without", without));
        var contacts = (await session.QueryBatchAsync(
            """
            SELECT c.person FROM {batch} JOIN destination d ON d.project = {project}
            JOIN ledger_contact c ON c.project = d.project AND c.destination = d.destination AND c.shard = b.shard AND c.person = b.person
            """,
            batch, r => r.Key(0), cancellationToken, ("project", project))).ToHashSet();
        var names = ids.ToDictionary(i => i.Key);
        var parts = Groups(names.Keys, joins).Select(group =>
        {
            // Whoever spoke for all goes on to speak for theirs. Elsewhere it is whose contact a destination has kept; else an id that others joined.
            var speaker = group.Contains(canonical)
                ? canonical
                : group.OrderBy(k => !contacts.Contains(k)).ThenBy(k => joins.Any(j => j.Other == k)).ThenBy(k => joins.All(j => j.Id != k)).ThenBy(k => k).First();
            return new PersonIds(
                speaker, [.. group.Select(k => names[k]).OrderBy(i => i.Key != speaker).ThenBy(i => i.DistinctId, StringComparer.Ordinal)]);
        });
        return new IdentitySplit(canonical, [.. parts.OrderBy(p => p.Person != canonical).ThenBy(p => p.Ids[0].DistinctId, StringComparer.Ordinal)]);
    }

    public async Task WriteAsync(Session session, string project, CancellationToken cancellationToken)
    {
        await session.ExecuteBatchAsync(
            "DELETE FROM identity WHERE (project, shard, person) IN (SELECT {project}, b.shard, b.person FROM {batch})",
            Batch.Of(session.Dialect, [.. Parts.SelectMany(p => p.Ids).Select(i => i.Key).Order()]), cancellationToken, ("project", project));
        foreach (var part in Parts.Where(p => p.Ids.Count > 1))
        {
            await IdentityWriter.JoinAsync(session, project, part.Person, part.Ids, cancellationToken);
        }

        await EventOutbox.PassOnRestsAsync(session, project, Canonical, Parts.Select(p => p.Person), cancellationToken);
        var holders = await LedgerMove.ReturnAsync(session, project, Canonical, Parts, cancellationToken);
        await EmptyAsync(session, project, holders, cancellationToken);
        await Pending.MarkAsync(session, project, Batch.Of(session.Dialect, [.. Parts.Select(p => p.Person).Order()]), cancellationToken);
    }

    /// <summary>Their contacts were filled in with what others said: what they do not say themselves is emptied there.</summary>
    private async Task EmptyAsync(Session session, string project, IReadOnlySet<PersonKey> holders, CancellationToken cancellationToken)
    {
        var profiles = (await session.QueryBatchAsync(
            "SELECT p.person, p.props, p.cleared FROM {batch} JOIN profile p ON p.project = {project} AND p.shard = b.shard AND p.person = b.person",
            Batch.Of(session.Dialect, [.. Parts.SelectMany(p => p.Ids).Where(Fills).Select(i => i.Key).Order()]),
            r => (Person: r.Key(0), Names: ProfileProperties.Names(r.GetString(1)), Cleared: r.TextOrNull(2)), cancellationToken, ("project", project))).ToDictionary(p => p.Person);
        var all = profiles.Values.SelectMany(p => p.Names).ToHashSet(StringComparer.Ordinal);
        var emptied = new List<(PersonKey Person, string Cleared)>();
        foreach (var part in Parts.Where(p => holders.Contains(p.Person)))
        {
            var own = part.Ids.Where(i => profiles.ContainsKey(i.Key)).Select(i => profiles[i.Key]).ToList();
            var missing = all.Except(own.SelectMany(p => p.Names), StringComparer.Ordinal).ToList();
            foreach (var profile in own.Where(_ => missing.Count > 0))
            {
                var before = profile.Cleared is null ? [] : JsonSerializer.Deserialize(profile.Cleared, StorageJson.Default.StringArray)!;
                string[] cleared = [.. before.Union(missing, StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(ProfileDraft.MaxProperties)];
                emptied.Add((profile.Person, JsonSerializer.Serialize(cleared, StorageJson.Default.StringArray)));
            }
        }

        await session.ExecuteBatchAsync(
            """
            UPDATE profile SET cleared = b.cleared, rev = rev + 1 FROM {batch}
            WHERE profile.project = {project} AND profile.shard = b.shard AND profile.person = b.person
            """,
            Batch.Of(session.Dialect, [.. emptied.Select(e => e.Person)]).Add("cleared", ColumnType.Text, emptied.Select(e => e.Cleared).ToArray()),
            cancellationToken, ("project", project));
    }

    // A device's profile stays behind: it never filled anybody's in.
    private bool Fills(KnownId id) => id.Key == Canonical || !id.DistinctId.StartsWith(Device, StringComparison.Ordinal);

    private static List<HashSet<PersonKey>> Groups(IReadOnlyCollection<PersonKey> ids, List<(PersonKey Id, PersonKey Other)> joins)
    {
        var groups = ids.ToDictionary(i => i, i => new HashSet<PersonKey> { i });
        foreach (var (id, other) in joins)
        {
            if (groups.TryGetValue(id, out var one) && groups.TryGetValue(other, out var two) && !ReferenceEquals(one, two))
            {
                one.UnionWith(two);
                foreach (var key in two)
                {
                    groups[key] = one;
                }
            }
        }

        return [.. groups.Values.Distinct()];
    }
}
