using Sluice.Core.Delivery;
using Sluice.Core.People;

namespace Sluice.Storage.Delivery;

internal static class SuppressionKind
{
    public const string Email = "email";
    public const string Person = "person";
    public const string Phone = "phone";
}

/// <inheritdoc cref="ISuppressions"/>
internal sealed class SuppressionStore(Database database) : ISuppressions
{
    public Task AddAsync(string project, IReadOnlyList<SuppressionEntry> entries, CancellationToken cancellationToken) =>
        database.WriteAsync((session, token) => AddAsync(session, project, entries, token), cancellationToken);

    public Task<int> RemoveAsync(string project, string email, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var key = ContactKeys.OfEmail(project, email) ?? UInt128.Zero;
                var people = await PeopleAsync(session, project, [key], token);
                var subjects = people.Select(p => (Kind: SuppressionKind.Person, Subject: p.Person)).Append((SuppressionKind.Email, new PersonKey(key))).ToArray();
                var removed = await session.ExecuteBatchAsync(
                    """
                    DELETE FROM suppression WHERE (project, kind, subject, list) IN (
                        SELECT s.project, s.kind, s.subject, s.list FROM {batch} JOIN suppression s
                        ON s.project = {project} AND s.kind = b.kind AND s.subject = b.subject)
                    """,
                    Subjects(subjects), token, ("project", project));
                await Pending.MarkAsync(session, project, Batch.Of(session.Dialect, [.. people.Select(p => p.Person)]), token);
                return removed;
            },
            cancellationToken);

    public async Task<IReadOnlyList<SuppressionEntry>> ListAsync(string project, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                """
                SELECT kind, subject, list, value, reason, source, created_at FROM suppression
                WHERE project = @project AND kind <> 'person' ORDER BY created_at DESC LIMIT @limit
                """,
                r => new SuppressionEntry(r.TextOrNull(3), null, r.GetInt64(2), r.GetString(4), r.GetString(5), r.Time(6)),
                token, ("project", project), ("limit", limit)),
            cancellationToken);

    /// <summary>
    /// Writes entries for the address and for everyone who has it now, at the store or at a destination: a person who changes their
    /// address afterwards is still the person who asked to be left alone.
    /// </summary>
    public static async Task AddAsync(Session session, string project, IReadOnlyList<SuppressionEntry> entries, CancellationToken cancellationToken)
    {
        var rows = new List<(string Kind, PersonKey Subject, SuppressionEntry Entry)>();
        var addressed = new List<(UInt128 Key, SuppressionEntry Entry)>();
        foreach (var entry in entries)
        {
            if (entry.Person is { } person)
            {
                rows.Add((SuppressionKind.Person, person, entry));
            }

            if (ContactKeys.OfEmail(project, entry.Email) is { } key)
            {
                rows.Add((SuppressionKind.Email, new PersonKey(key), entry));
                addressed.Add((key, entry));
            }
        }

        var holders = await PeopleAsync(session, project, [.. addressed.Select(a => a.Key).Distinct()], cancellationToken);
        var byAddress = holders.ToLookup(h => h.Email, h => h.Person);
        rows.AddRange(addressed.SelectMany(a => byAddress[a.Key].Select(p => (SuppressionKind.Person, p, a.Entry))));
        await session.ExecuteBatchAsync(
            """
            INSERT INTO suppression (project, kind, subject, list, value, reason, source, created_at)
            SELECT @project, b.kind, b.subject, b.list, b.value, b.reason, b.source, b.at FROM {batch} WHERE true
            ON CONFLICT (project, kind, subject, list) DO NOTHING
            """,
            Subjects([.. rows.Select(r => (r.Kind, r.Subject))])
                .Add("list", ColumnType.Long, rows.Select(r => r.Entry.List).ToArray())
                .Add("value", ColumnType.Text, rows.Select(r => r.Kind == SuppressionKind.Email ? r.Entry.Email : null).ToArray())
                .Add("reason", ColumnType.Text, rows.Select(r => r.Entry.Reason).ToArray())
                .Add("source", ColumnType.Text, rows.Select(r => r.Entry.Source).ToArray())
                .Add("at", ColumnType.Long, rows.Select(r => r.Entry.At.ToUnixTimeMilliseconds()).ToArray()),
            cancellationToken, ("project", project));
        var people = rows.Where(r => r.Kind == SuppressionKind.Person).Select(r => r.Subject).Distinct().ToArray();
        await Pending.MarkAsync(session, project, Batch.Of(session.Dialect, people), cancellationToken);
    }

    private static async Task<List<(UInt128 Email, PersonKey Person)>> PeopleAsync(
        Session session, string project, IReadOnlyList<UInt128> addresses, CancellationToken cancellationToken) =>
        await session.QueryBatchAsync(
            """
            SELECT b.email, p.person FROM {batch} JOIN profile p ON p.project = {project} AND p.email = b.email
            UNION
            SELECT b.email, c.person FROM {batch} JOIN ledger_contact c
            ON c.project = {project} AND c.email_key = b.email AND c.destination IN (SELECT destination FROM destination WHERE project = @project)
            """,
            new Batch().Add("email", ColumnType.Bytes, addresses.Select(a => new PersonKey(a).ToBytes()).ToArray()),
            r => (r.Hash(0)!.Value, r.Key(1)), cancellationToken, ("project", project));

    private static Batch Subjects((string Kind, PersonKey Subject)[] subjects) => new Batch()
        .Add("kind", ColumnType.Text, subjects.Select(s => s.Kind).ToArray())
        .Add("subject", ColumnType.Bytes, subjects.Select(s => s.Subject.ToBytes()).ToArray());
}
