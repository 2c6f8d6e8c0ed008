using Sluice.Core.People;

namespace Sluice.Storage.People;

/// <inheritdoc cref="IPeopleByAddress"/>
internal sealed class PeopleByAddress(Database database) : IPeopleByAddress
{
    public Task<IReadOnlyDictionary<string, string>> FindAsync(
        string project, string destination, IReadOnlyCollection<string> emails, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<string, string>>(
            async (session, token) =>
            {
                var keys = emails.Distinct(StringComparer.Ordinal).Select(e => (Email: e, Key: ContactKeys.OfEmail(project, e))).Where(e => e.Key is not null).ToArray();
                var holders = await session.QueryBatchAsync(
                    """
                    SELECT b.subject, p.distinct_id, p.first_seen, p.person, 1 FROM {batch} JOIN profile p ON p.project = {project} AND p.email = b.subject
                    UNION ALL
                    SELECT b.subject, p.distinct_id, p.first_seen, p.person, 0 FROM {batch} JOIN ledger_contact c
                    ON c.project = {project} AND c.destination = {destination} AND c.email_key = b.subject
                    JOIN profile p ON p.project = c.project AND p.shard = c.shard AND p.person = c.person
                    """,
                    new Batch().Add("subject", ColumnType.Bytes, keys.Select(k => k.Key!.Value).Distinct().Select(k => new PersonKey(k).ToBytes()).ToArray()),
                    r => (Address: r.Key(0).Value, Id: r.GetString(1), Seen: r.GetInt64(2), Person: r.Key(3), Place: r.GetInt32(4)), token,
                    ("project", project), ("destination", destination));
                var first = holders.GroupBy(h => h.Address)
                    .ToDictionary(g => g.Key, g => g.OrderBy(h => h.Place).ThenBy(h => h.Seen).ThenBy(h => h.Person).First().Id);
                return keys.Where(k => first.ContainsKey(k.Key!.Value)).ToDictionary(k => k.Email, k => first[k.Key!.Value], StringComparer.Ordinal);
            },
            cancellationToken);
}
