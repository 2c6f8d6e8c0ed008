using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.People;
using Sluice.Storage.Cohorts;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.Erasure;

/// <summary>Deletes erased people from every table that is keyed by a person, an address or a number. Each statement goes into a key.</summary>
internal sealed class TableSweep(Database database, Lease lease, ErasureJob job)
{
    private const int KeysAtOnce = 500;

    // A page may have thousands of members, of 16 bytes each.
    private const int PagesAtOnce = 50;
    private const string OfDestination = "SELECT d.project, d.destination, b.shard, b.person FROM {batch} JOIN destination d ON d.project = {project}";

    // What of a row's key leads into the table, and where it comes from.
    private static readonly (string Kind, string Table, string Columns, string Source)[] OfPeople =
    [
        ("profiles", "profile", "project, shard, person", "SELECT {project}, b.shard, b.person FROM {batch}"),
        ("identities", "identity", "project, shard, person", "SELECT {project}, b.shard, b.person FROM {batch}"),
        ("marks", "pending", "project, destination, shard, person", OfDestination),
        ("event_rests", "event_rest", "project, destination, shard, person", OfDestination),
        ("ledger_contacts", "ledger_contact", "project, destination, shard, person", OfDestination),
        ("ledger_members", "ledger_member", "project, destination, list, shard, person",
            "SELECT l.project, l.destination, l.list, b.shard, b.person FROM {batch} JOIN list l ON l.project = {project}"),
        ("group_links", "group_member", "project, destination, shard, person", OfDestination),
    ];

    // What may be named after a person: a group, by their id, address or number.
    private static readonly (string Kind, string Table, string Columns, string Source)[] OfNames =
    [
        ("group_profiles", "group_profile", "project, group_key, shard, person", "SELECT {project}, {group}, b.shard, b.person FROM {batch}"),
        ("group_marks", "group_mark", "project, destination, group_key, shard, person",
            "SELECT d.project, d.destination, {group}, b.shard, b.person FROM {batch} JOIN destination d ON d.project = {project}"),
        ("companies", "company", "project, destination, shard, person", OfDestination),
        ("company_marks", "company_mark", "project, destination, shard, person", OfDestination),
    ];

    // And a row of a lookup table.
    private static readonly (string Kind, string Table, string Columns, string Source) OfLookup =
        ("lookup_rows", "lookup_row", "project, lookup, generation, shard, person", "SELECT {project}, {lookup}, {generation}, b.shard, b.person FROM {batch}");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (subjects, cohorts, groups) = await database.ReadAsync(
            async (session, token) => (
                await Erasures.SubjectsAsync(session, ErasureWork.Key(job), token),
                await session.QueryAsync("SELECT cohort FROM cohort WHERE project = @project", r => r.GetString(0), token, ("project", job.Project)),
                await session.QueryAsync("SELECT DISTINCT group_key FROM group_profile WHERE project = @project", r => r.GetString(0), token, ("project", job.Project))),
            cancellationToken);
        var ids = Keys(subjects, SubjectKind.Id);
        foreach (var people in ids.Chunk(KeysAtOnce))
        {
            foreach (var cohort in cohorts)
            {
                await WriteAsync((session, token) => LeaveCohortAsync(session, cohort, people, token), cancellationToken);
            }

            await WriteAsync((session, token) => MarkCompaniesAsync(session, people, token), cancellationToken);
            foreach (var table in OfPeople)
            {
                await DeleteAsync(table, people, cancellationToken);
            }

            await WriteAsync((session, token) => ForgetClaimsAsync(session, people, token), cancellationToken);
            await SuppressionsAsync(SuppressionKind.Person, people, cancellationToken);
        }

        var lookups = await database.ReadAsync(GenerationsAsync, cancellationToken);
        foreach (var names in Keys(subjects, SubjectKind.Id, SubjectKind.Email, SubjectKind.Phone).Chunk(KeysAtOnce))
        {
            foreach (var (lookup, generation) in lookups)
            {
                await DeleteAsync(OfLookup, names, cancellationToken, ("lookup", lookup), ("generation", generation));
            }

            foreach (var table in OfNames)
            {
                var isGroup = table.Columns.Contains("group_key", StringComparison.Ordinal);
                foreach (var group in isGroup ? groups : [""])
                {
                    await DeleteAsync(table, names, cancellationToken, ("group", group));
                }
            }
        }

        await SuppressionsAsync(SuppressionKind.Email, Keys(subjects, SubjectKind.Email), cancellationToken);
        await SuppressionsAsync(SuppressionKind.Phone, Keys(subjects, SubjectKind.Phone), cancellationToken);
        foreach (var foreign in Keys(subjects, SubjectKind.Email, SubjectKind.Foreign).Chunk(KeysAtOnce))
        {
            await WriteAsync((session, token) => ForgetForeignAsync(session, foreign, token), cancellationToken);
        }

        var queues = new QueueSweep(database, lease, job, [.. ids]);
        await queues.RunAsync("event_waiting", "destination", ColumnType.Text, "", r => r.GetString(0), cancellationToken);
        await queues.RunAsync("forward_waiting", "way", ColumnType.Small, (short)-1, r => r.GetInt16(0), cancellationToken);
        await CutFromPagesAsync([.. ids], cancellationToken);
        await WriteAsync((session, token) => CutFromJobsAsync(session, [.. ids], token), cancellationToken);
        await WriteAsync((session, token) => StepBackAsync(session, [.. ids], token), cancellationToken);
        await WriteAsync((session, token) => ForgetRetrievalsAsync(session, ids, token), cancellationToken);
        await WriteAsync((session, token) => ErasureWork.MoveAsync(session, job, job.Stage + 1, token), cancellationToken);
    }

    /// <summary>
    /// Every generation that has rows, whether it counts or not: of a table that is loaded often many replaced ones wait to be cleared, and some
    /// are on their way in. A row that comes later is left out by the tombstones.
    /// </summary>
    private async Task<List<(string Lookup, long Generation)>> GenerationsAsync(Session session, CancellationToken cancellationToken)
    {
        var found = new List<(string Lookup, long Generation)>();
        foreach (var lookup in await session.QueryAsync("SELECT lookup FROM lookup_table WHERE project = @project", r => r.GetString(0), cancellationToken, ("project", job.Project)))
        {
            long? last = -1;
            while ((last = await session.ScalarAsync<long?>(
                "SELECT generation FROM lookup_row WHERE project = @project AND lookup = @lookup AND generation > @last ORDER BY generation LIMIT 1",
                cancellationToken, ("project", job.Project), ("lookup", lookup), ("last", last))) is { } next)
            {
                found.Add((lookup, next));
            }
        }

        return found;
    }

    private static PersonKey[] Keys(List<Subject> subjects, params int[] kinds) => [.. subjects.Where(s => kinds.Contains(s.Kind)).Select(s => s.Key).Distinct().Order()];

    private Task WriteAsync(Func<Session, CancellationToken, Task> work, CancellationToken cancellationToken) =>
        ErasureWork.WriteAsync(database, lease, work, cancellationToken);

    private Task DeleteAsync((string Kind, string Table, string Columns, string Source) table, PersonKey[] people, CancellationToken cancellationToken,
        params (string, object?)[] more) =>
        WriteAsync(
            async (session, token) =>
            {
                var deleted = await session.ExecuteBatchAsync(
                    $"DELETE FROM {table.Table} WHERE ({table.Columns}) IN ({table.Source})", Batch.Of(session.Dialect, people), token, [("project", job.Project), .. more]);
                await ErasureWork.CountAsync(session, job, [(table.Kind, deleted)], token);
            },
            cancellationToken);

    /// <summary>Under the cohort's lock, as its pages and settling write: the group loses the people, and its size follows.</summary>
    private async Task LeaveCohortAsync(Session session, string cohort, PersonKey[] people, CancellationToken cancellationToken)
    {
        (string, object?)[] key = [("project", job.Project), ("cohort", cohort)];
        var batch = Batch.Of(session.Dialect, people);
        await SettlePeople.LockAsync(session, job.Project, cohort, cancellationToken);
        var members = (await session.QueryBatchAsync(
            """
            SELECT s.person FROM {batch} JOIN membership_span s
            ON s.project = {project} AND s.cohort = {cohort} AND s.shard = b.shard AND s.person = b.person AND s.left_at IS NULL
            """,
            batch, r => r.Key(0), cancellationToken, key)).Count;
        foreach (var table in new[] { "membership_span", "membership", "unsettled" })
        {
            var deleted = await session.ExecuteBatchAsync(
                $"DELETE FROM {table} WHERE (project, cohort, shard, person) IN (SELECT {{project}}, {{cohort}}, b.shard, b.person FROM {{batch}})",
                batch, cancellationToken, key);
            await ErasureWork.CountAsync(session, job, [("memberships", table == "membership_span" ? deleted : 0)], cancellationToken);
        }

        if (members > 0)
        {
            await session.ExecuteAsync(
                "UPDATE cohort SET members = members - @members WHERE project = @project AND cohort = @cohort", cancellationToken, [.. key, ("members", (long)members)]);
        }
    }

    private async Task ForgetClaimsAsync(Session session, PersonKey[] people, CancellationToken cancellationToken)
    {
        foreach (var column in new[] { "id_key", "other_key" })
        {
            var deleted = await session.ExecuteBatchAsync(
                $"DELETE FROM identity_claim WHERE (project, {column}) IN (SELECT {{project}}, b.person FROM {{batch}})",
                Batch.Of(session.Dialect, people), cancellationToken, ("project", job.Project));
            await ErasureWork.CountAsync(session, job, [("identity_claims", deleted)], cancellationToken);
        }
    }

    private Task SuppressionsAsync(string kind, PersonKey[] subjects, CancellationToken cancellationToken) =>
        WriteAsync(
            async (session, token) =>
            {
                if (kind != SuppressionKind.Person)
                {
                    await SuppressionStore.PassOnAsync(session, job.Project, kind, subjects, token);
                }

                var deleted = await session.ExecuteBatchAsync(
                    "DELETE FROM suppression WHERE (project, kind, subject) IN (SELECT {project}, {kind}, b.subject FROM {batch})",
                    new Batch().Add("subject", ColumnType.Bytes, subjects.Select(s => s.ToBytes()).ToArray()), token, ("project", job.Project), ("kind", kind));
                await ErasureWork.CountAsync(session, job, [("suppressions", deleted)], token);
            },
            cancellationToken);

    private async Task ForgetForeignAsync(Session session, PersonKey[] keys, CancellationToken cancellationToken) =>
        await session.ExecuteBatchAsync(
            """
            DELETE FROM ledger_foreign WHERE (project, destination, list, shard, email_key) IN (
                SELECT l.project, l.destination, l.list, b.shard, b.person FROM {batch} JOIN list l ON l.project = {project})
            """,
            Batch.Of(session.Dialect, keys), cancellationToken, ("project", job.Project));

    /// <summary>Takes people's keys out of open pages. A stage of ten million has 160 MB of them: they are read a few pages at a time, and only what changes is written.</summary>
    private async Task CutFromPagesAsync(HashSet<PersonKey> people, CancellationToken cancellationToken)
    {
        var last = new OpenPage("", 0, 0, []);
        while (true)
        {
            var after = last;
            var pages = await database.ReadAsync(
                (session, token) => session.QueryAsync(
                    $"""
                    SELECT cohort, number, page, keys FROM cohort_page
                    WHERE project = @project AND keys IS NOT NULL AND (cohort, number, page) > (@cohort, @number, @page)
                    ORDER BY cohort, number, page LIMIT {PagesAtOnce}
                    """,
                    r => new OpenPage(r.GetString(0), r.GetInt64(1), r.GetInt32(2), (byte[])r.GetValue(3)), token,
                    ("project", job.Project), ("cohort", after.Cohort), ("number", after.Number), ("page", after.Page)),
                cancellationToken);
            foreach (var page in pages.Where(p => p.Keys.Chunk(PersonKey.SizeBytes).Any(k => people.Contains(PersonKey.Read(k)))))
            {
                await WriteAsync((session, token) => CutAsync(session, page, people, token), cancellationToken);
            }

            if (pages.Count < PagesAtOnce)
            {
                return;
            }

            last = pages[^1];
        }
    }

    private async Task CutAsync(Session session, OpenPage page, HashSet<PersonKey> people, CancellationToken cancellationToken)
    {
        // Another content of the page may have come since: then those keys are not these, and were screened.
        var kept = page.Keys.Chunk(PersonKey.SizeBytes).Where(k => !people.Contains(PersonKey.Read(k))).SelectMany(k => k).ToArray();
        await session.ExecuteAsync(
            "UPDATE cohort_page SET keys = @kept WHERE project = @project AND cohort = @cohort AND number = @number AND page = @page AND keys = @keys",
            cancellationToken,
            ("project", job.Project), ("cohort", page.Cohort), ("number", page.Number), ("page", page.Page), ("keys", page.Keys), ("kept", kept));
    }

    /// <summary>Takes people out of jobs that are recognised by them.</summary>
    private async Task CutFromJobsAsync(Session session, HashSet<PersonKey> people, CancellationToken cancellationToken)
    {
        foreach (var (id, witness) in await session.QueryAsync(
            "SELECT job, witness FROM job WHERE project = @project AND witness IS NOT NULL", r => (r.GetString(0), r.GetString(1)), cancellationToken,
            ("project", job.Project)))
        {
            if (people.Contains(PersonKey.Of(job.Project, witness)))
            {
                await session.ExecuteAsync("UPDATE job SET witness = NULL WHERE project = @project AND job = @job", cancellationToken, ("project", job.Project), ("job", id));
            }
        }
    }

    /// <summary>Companies at a destination have these people linked: they are looked at again.</summary>
    private async Task MarkCompaniesAsync(Session session, PersonKey[] people, CancellationToken cancellationToken)
    {
        var groups = (await session.QueryBatchAsync(
            """
            SELECT m.group_key, m.member_of FROM {batch} JOIN destination d ON d.project = {project}
            JOIN group_member m ON m.project = d.project AND m.destination = d.destination AND m.shard = b.shard AND m.person = b.person
            """,
            Batch.Of(session.Dialect, people), r => (Group: r.GetString(0), Key: r.Key(1)), cancellationToken, ("project", job.Project)))
            .Distinct().OrderBy(g => g.Key).ThenBy(g => g.Group, StringComparer.Ordinal).ToArray();
        await Companies.MarkAsync(
            session, job.Project, Batch.Of(session.Dialect, [.. groups.Select(g => g.Key)]).Add("group_key", ColumnType.Text, groups.Select(g => g.Group).ToArray()),
            cancellationToken);
    }

    /// <summary>A walk remembers the last person that it has dealt with. One key earlier it deals with one person twice, and means nobody.</summary>
    private async Task StepBackAsync(Session session, HashSet<PersonKey> people, CancellationToken cancellationToken)
    {
        foreach (var table in new[] { "group_mark", "followed_lookups" })
        {
            foreach (var walked in await session.QueryAsync(
                $"SELECT DISTINCT walked FROM {table} WHERE project = @project AND walked IS NOT NULL", r => r.Key(0), cancellationToken, ("project", job.Project)))
            {
                if (people.Contains(walked) && walked.Value > 0)
                {
                    await session.ExecuteAsync(
                        $"UPDATE {table} SET walked = @before WHERE project = @project AND walked = @walked", cancellationToken,
                        ("project", job.Project), ("walked", walked), ("before", walked.Value - 1));
                }
            }
        }
    }

    /// <summary>Who asked what is known of these people is told nothing more.</summary>
    private async Task ForgetRetrievalsAsync(Session session, PersonKey[] people, CancellationToken cancellationToken) =>
        await session.ExecuteBatchAsync(
            """
            DELETE FROM erasure_subject WHERE (project, erasure, kind, subject) IN (
                SELECT e.project, e.erasure, 1, b.subject FROM {batch} JOIN erasure e ON e.project = {project} AND e.kind = 1)
            """,
            new Batch().Add("subject", ColumnType.Bytes, people.Select(p => p.ToBytes()).ToArray()), cancellationToken, ("project", job.Project));

    private sealed record OpenPage(string Cohort, long Number, int Page, byte[] Keys);
}
