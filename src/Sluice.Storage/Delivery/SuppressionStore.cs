using System.Data.Common;
using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
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

    public Task<int> RemoveAsync(string project, string subject, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var identifiers = Identifiers(project, subject, subject).ToArray();
                var people = await HoldersAsync(session, project, identifiers, token);
                var subjects = people.Select(p => (Kind: SuppressionKind.Person, Subject: p.Person)).Concat(identifiers).ToArray();
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
                SELECT kind, list, value, reason, source, created_at FROM suppression
                WHERE project = @project AND kind <> 'person' ORDER BY created_at DESC, kind, value, list LIMIT @limit
                """,
                r => Read(r, null), token, ("project", project), ("limit", limit)),
            cancellationToken);

    /// <summary>Everything that stands against writing to a person, newest first: about the person, the address or the number.</summary>
    public static async Task<IReadOnlyList<SuppressionEntry>> OfAsync(
        Session session, string project, PersonKey person, CancellationToken cancellationToken)
    {
        var profile = await session.FirstAsync(
            "SELECT email, phone FROM profile WHERE project = @project AND shard = @shard AND person = @person",
            r => new ProfileSubjects(r.Hash(0), r.Hash(1)), cancellationToken,
            ("project", project), ("shard", session.Dialect.ShardOf(person)), ("person", person));
        var subjects = new List<(string Kind, PersonKey Subject)> { (SuppressionKind.Person, person) };
        if (profile?.Email is { } email)
        {
            subjects.Add((SuppressionKind.Email, new PersonKey(email)));
        }

        if (profile?.Phone is { } phone)
        {
            subjects.Add((SuppressionKind.Phone, new PersonKey(phone)));
        }

        var found = await session.QueryBatchAsync(
            """
            SELECT s.kind, s.list, s.value, s.reason, s.source, s.created_at FROM {batch} JOIN suppression s
            ON s.project = {project} AND s.kind = b.kind AND s.subject = b.subject
            """,
            Subjects([.. subjects]), r => (Kind: r.GetString(0), Entry: Read(r, person)), cancellationToken, ("project", project));
        return [.. found.OrderByDescending(f => f.Entry.At).ThenBy(f => f.Entry.List).ThenBy(f => f.Kind, StringComparer.Ordinal).Select(f => f.Entry)];
    }

    /// <summary>
    /// The lists that some people must not be put into; 0 for all. Only entries about a person are asked for, under whichever of their ids:
    /// an entry about an address or a number becomes one about everybody who has it when it is written.
    /// </summary>
    public static async Task<ILookup<PersonKey, long>> ListsAsync(
        Session session, string project, IReadOnlyList<PersonKey> people, CancellationToken cancellationToken)
    {
        if (people.Count == 0
            || await session.ScalarAsync<int?>("SELECT 1 FROM suppression WHERE project = @project LIMIT 1", cancellationToken, ("project", project)) is null)
        {
            return Enumerable.Empty<PersonKey>().ToLookup(p => p, _ => 0L);
        }

        var clusters = await Clusters.OfAsync(session, project, people, cancellationToken);
        var ids = people.SelectMany(p => clusters.IdsOf(p).Select(id => (Person: p, Id: id))).ToArray();
        var found = await session.QueryBatchAsync(
            "SELECT b.person, s.list FROM {batch} JOIN suppression s ON s.project = {project} AND s.kind = {kind} AND s.subject = b.subject",
            new Batch()
                .Add("person", ColumnType.Bytes, ids.Select(i => i.Person.ToBytes()).ToArray())
                .Add("subject", ColumnType.Bytes, ids.Select(i => i.Id.ToBytes()).ToArray()),
            r => (Person: r.Key(0), List: r.GetInt64(1)), cancellationToken, ("project", project), ("kind", SuppressionKind.Person));
        return found.ToLookup(f => f.Person, f => f.List);
    }

    /// <summary>
    /// Writes entries for the address or the number and for everyone who has it now, at the store or at a destination: a person who
    /// changes it afterwards is still the person who asked to be left alone.
    /// </summary>
    public static async Task AddAsync(Session session, string project, IReadOnlyList<SuppressionEntry> entries, CancellationToken cancellationToken)
    {
        var tombstones = await session.Tombstones.ReadAsync(session, project, cancellationToken);
        var rows = new List<(string Kind, PersonKey Subject, SuppressionEntry Entry)>();
        var identifiers = new List<((string Kind, PersonKey Subject) Identifier, SuppressionEntry Entry)>();
        foreach (var entry in entries)
        {
            var isErased = IsErased(tombstones, project, entry);
            if (isErased && entry.Reason == "contact_deleted")
            {
                // The echo of our own deletion.
                continue;
            }

            if (entry.Person is { } person && !tombstones.Has(TombstoneKind.Id, person))
            {
                rows.Add((SuppressionKind.Person, person, entry));
            }

            // Who was erased is suppressed for ever, and nothing else is kept of them. It may be the address of somebody else, too.
            identifiers.AddRange(Identifiers(project, entry.Email, entry.Phone).Select(i => (i, entry)));
            rows.AddRange(isErased ? [] : Identifiers(project, entry.Email, entry.Phone).Select(i => (i.Kind, i.Subject, entry)));
        }

        var byIdentifier = identifiers.ToLookup(i => i.Identifier, i => i.Entry);
        var holders = await HoldersAsync(session, project, [.. byIdentifier.Select(i => i.Key)], cancellationToken);
        rows.AddRange(holders.Where(h => !tombstones.Has(TombstoneKind.Id, h.Person))
            .SelectMany(h => byIdentifier[h.Identifier].Select(e => (SuppressionKind.Person, h.Person, e))));
        await InsertAsync(session, project, rows, cancellationToken);
    }

    /// <summary>Addresses or numbers are about to be forgotten: whatever stands against them is written for everybody else who has them.</summary>
    public static async Task PassOnAsync(Session session, string project, string kind, IReadOnlyList<PersonKey> subjects, CancellationToken cancellationToken)
    {
        var entries = (await session.QueryBatchAsync(
            """
            SELECT s.subject, s.list, s.reason, s.source, s.created_at FROM {batch} JOIN suppression s
            ON s.project = {project} AND s.kind = {kind} AND s.subject = b.subject
            """,
            new Batch().Add("subject", ColumnType.Bytes, subjects.Select(s => s.ToBytes()).ToArray()),
            r => (Subject: r.Key(0), Entry: new SuppressionEntry(null, null, r.GetInt64(1), r.GetString(2), r.GetString(3), r.Time(4))), cancellationToken,
            ("project", project), ("kind", kind))).ToLookup(e => e.Subject, e => e.Entry);
        if (entries.Count == 0)
        {
            return;
        }

        var tombstones = await session.Tombstones.ReadAsync(session, project, cancellationToken);
        var holders = await HoldersAsync(session, project, [.. entries.Select(e => (kind, e.Key))], cancellationToken);
        var rows = holders.Where(h => !tombstones.Has(TombstoneKind.Id, h.Person))
            .SelectMany(h => entries[h.Identifier.Subject].Select(e => (SuppressionKind.Person, h.Person, e))).ToList();
        await InsertAsync(session, project, rows, cancellationToken);
    }

    private static async Task InsertAsync(
        Session session, string project, List<(string Kind, PersonKey Subject, SuppressionEntry Entry)> rows, CancellationToken cancellationToken)
    {
        await session.ExecuteBatchAsync(
            """
            INSERT INTO suppression (project, kind, subject, list, value, reason, source, created_at)
            SELECT @project, b.kind, b.subject, b.list, b.value, b.reason, b.source, b.at FROM {batch} WHERE true
            ON CONFLICT (project, kind, subject, list) DO NOTHING
            """,
            Subjects([.. rows.Select(r => (r.Kind, r.Subject))])
                .Add("list", ColumnType.Long, rows.Select(r => r.Entry.List).ToArray())
                .Add("value", ColumnType.Text, rows.Select(r => Value(r.Kind, r.Entry)).ToArray())
                .Add("reason", ColumnType.Text, rows.Select(r => r.Entry.Reason).ToArray())
                .Add("source", ColumnType.Text, rows.Select(r => r.Entry.Source).ToArray())
                .Add("at", ColumnType.Long, rows.Select(r => r.Entry.At.ToUnixTimeMilliseconds()).ToArray()),
            cancellationToken, ("project", project));
        var people = rows.Where(r => r.Kind == SuppressionKind.Person).Select(r => r.Subject).Distinct().ToArray();
        await Pending.MarkAsync(session, project, Batch.Of(session.Dialect, people), cancellationToken);
    }

    private static bool IsErased(TombstoneSet tombstones, string project, SuppressionEntry entry) =>
        (entry.Person is { } person && tombstones.Has(TombstoneKind.Id, person))
        || tombstones.HasEmail(project, entry.Email) || tombstones.HasPhone(project, entry.Phone);

    private static string? Value(string kind, SuppressionEntry entry) => kind switch
    {
        SuppressionKind.Email => entry.Email,
        SuppressionKind.Phone => entry.Phone,
        _ => null,
    };

    /// <summary>The keys of an address and of a number; none for what is neither.</summary>
    private static IEnumerable<(string Kind, PersonKey Subject)> Identifiers(string project, string? email, string? phone)
    {
        if (ContactKeys.OfEmail(project, email) is { } address)
        {
            yield return (SuppressionKind.Email, new PersonKey(address));
        }

        if (ContactKeys.OfPhone(project, phone) is { } number)
        {
            yield return (SuppressionKind.Phone, new PersonKey(number));
        }
    }

    /// <summary>Who has these addresses and numbers now.</summary>
    private static async Task<List<((string Kind, PersonKey Subject) Identifier, PersonKey Person)>> HoldersAsync(
        Session session, string project, IReadOnlyList<(string Kind, PersonKey Subject)> identifiers, CancellationToken cancellationToken)
    {
        var holders = await session.QueryBatchAsync(
            """
            SELECT b.subject, p.person FROM {batch} JOIN profile p ON p.project = {project} AND p.email = b.subject
            UNION
            SELECT b.subject, c.person FROM {batch} JOIN ledger_contact c
            ON c.project = {project} AND c.email_key = b.subject AND c.destination IN (SELECT destination FROM destination WHERE project = @project)
            """,
            Keys(identifiers, SuppressionKind.Email),
            r => ((SuppressionKind.Email, r.Key(0)), r.Key(1)), cancellationToken, ("project", project));
        holders.AddRange(await session.QueryBatchAsync(
            "SELECT b.subject, p.person FROM {batch} JOIN profile p ON p.project = {project} AND p.phone = b.subject",
            Keys(identifiers, SuppressionKind.Phone),
            r => ((SuppressionKind.Phone, r.Key(0)), r.Key(1)), cancellationToken, ("project", project)));
        return holders;
    }

    private static Batch Keys(IReadOnlyList<(string Kind, PersonKey Subject)> identifiers, string kind) =>
        new Batch().Add("subject", ColumnType.Bytes, identifiers.Where(i => i.Kind == kind).Select(i => i.Subject.ToBytes()).ToArray());

    private static Batch Subjects((string Kind, PersonKey Subject)[] subjects) => new Batch()
        .Add("kind", ColumnType.Text, subjects.Select(s => s.Kind).ToArray())
        .Add("subject", ColumnType.Bytes, subjects.Select(s => s.Subject.ToBytes()).ToArray());

    /// <summary>Reads kind, list, value, reason, source and time.</summary>
    private static SuppressionEntry Read(DbDataReader r, PersonKey? person)
    {
        var (kind, value) = (r.GetString(0), r.TextOrNull(2));
        return new SuppressionEntry(
            kind == SuppressionKind.Email ? value : null, kind == SuppressionKind.Person ? person : null, r.GetInt64(1), r.GetString(3), r.GetString(4), r.Time(5))
        {
            Phone = kind == SuppressionKind.Phone ? value : null,
        };
    }

    private sealed record ProfileSubjects(UInt128? Email, UInt128? Phone);
}
