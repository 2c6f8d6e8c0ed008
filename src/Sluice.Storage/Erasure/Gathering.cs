using System.Text.Json;
using Sluice.Core.Erasure;
using Sluice.Core.People;
using Sluice.Core.People.Contact;
using Sluice.Storage.Identity;

namespace Sluice.Storage.Erasure;

/// <summary>
/// Finds out who is meant: all ids that are one person with those that were asked for, their addresses and numbers, and the contacts
/// that destinations have of them. In the same transaction the tombstones are written.
/// </summary>
internal static class Gathering
{
    private const string DevicePrefix = "$device:";

    public static async Task RunAsync(Session session, ErasureJob job, CancellationToken cancellationToken)
    {
        var key = ErasureWork.Key(job);
        var again = job.Stage == ErasureStage.GatherAgain;
        if (!again && await session.ExecuteAsync(
            $"UPDATE erasure SET status = @started WHERE {Erasures.Key} AND ended_at IS NULL", cancellationToken, [.. key, ("started", ErasureStatus.Started)]) == 0)
        {
            // Was taken back at the last moment.
            return;
        }

        // Nobody joins or leaves these people until the tombstones stand.
        await IdentityWriter.LockAsync(session, job.Project, cancellationToken);
        var subjects = await Erasures.SubjectsAsync(session, key, cancellationToken);
        var ids = await ClustersAsync(session, job.Project, [.. subjects.Where(s => s.Kind == SubjectKind.Id)], cancellationToken);
        var found = new List<Subject>(ids);
        found.AddRange(await AddressesAsync(session, job.Project, ids, cancellationToken));
        var contacts = await ContactsAsync(session, job.Project, ids, cancellationToken);
        found.AddRange(contacts.Where(c => c.Email is not null).SelectMany(c => Email(job.Project, c.Email!)));
        found.AddRange(contacts.Where(c => c.RemoteId is not null)
            .Select(c => new Subject(SubjectKind.Foreign, PersonKey.Of(job.Project, FormattableString.Invariant($"contact\0{c.RemoteId}")), null)));
        await Erasures.PutSubjectsAsync(session, key, found, asked: false, cancellationToken);
        subjects = await Erasures.SubjectsAsync(session, key, cancellationToken);
        await PutContactsAsync(session, job, contacts, subjects, cancellationToken);
        var now = await session.Dialect.NowAsync(session, cancellationToken);
        await session.Tombstones.AddAsync(
            session, job.Project, subjects.Where(s => s.Kind != SubjectKind.Foreign).Select(s => ((TombstoneKind)s.Kind, s.Key)), now, cancellationToken);
        await StartLogAsync(session, job, again, now, cancellationToken);
        await ErasureWork.MoveAsync(session, job, job.Stage + 1, cancellationToken);
    }

    /// <summary>Makes an address one of the erased people's, and notes that the store has to be searched for it.</summary>
    public static async Task LearnAsync(Session session, ErasureJob job, string email, CancellationToken cancellationToken)
    {
        var key = ErasureWork.Key(job);
        var known = (await Erasures.SubjectsAsync(session, key, cancellationToken)).Select(s => (s.Kind, s.Key)).ToHashSet();
        var learned = Email(job.Project, email).Where(s => !known.Contains((s.Kind, s.Key))).ToArray();
        if (learned.Length > 0)
        {
            await Erasures.PutSubjectsAsync(session, key, learned, asked: false, cancellationToken);
            await session.Tombstones.AddAsync(
                session, job.Project, learned.Select(s => (TombstoneKind.Email, s.Key)), await session.Dialect.NowAsync(session, cancellationToken), cancellationToken);
            await session.ExecuteAsync($"UPDATE erasure SET cursor = 'learned' WHERE {Erasures.Key}", cancellationToken, key);
        }
    }

    private static async Task<List<Subject>> ClustersAsync(Session session, string project, List<Subject> asked, CancellationToken cancellationToken)
    {
        var speakers = await session.QueryBatchAsync(
            "SELECT i.canonical FROM {batch} JOIN identity i ON i.project = {project} AND i.shard = b.shard AND i.person = b.person",
            Batch.Of(session.Dialect, [.. asked.Select(a => a.Key)]), r => r.Key(0), cancellationToken, ("project", project));
        var joined = await session.QueryBatchAsync(
            "SELECT i.person, i.distinct_id FROM {batch} JOIN identity i ON i.project = {project} AND i.canonical = b.canonical",
            new Batch().Add("canonical", ColumnType.Bytes, speakers.Distinct().Select(s => s.ToBytes()).ToArray()),
            r => new Subject(SubjectKind.Id, r.Key(0), r.GetString(1)), cancellationToken, ("project", project));
        return [.. asked.Concat(joined).DistinctBy(s => s.Key)];
    }

    private static async Task<List<Subject>> AddressesAsync(Session session, string project, List<Subject> ids, CancellationToken cancellationToken)
    {
        var addresses = new List<Subject>();
        foreach (var props in await session.QueryBatchAsync(
            "SELECT p.props FROM {batch} JOIN profile p ON p.project = {project} AND p.shard = b.shard AND p.person = b.person",
            Batch.Of(session.Dialect, [.. ids.Select(i => i.Key)]), r => r.GetString(0), cancellationToken, ("project", project)))
        {
            using var profile = JsonDocument.Parse(props);
            if (Text(profile.RootElement, "$email") is { } email)
            {
                addresses.AddRange(Email(project, email));
            }

            if (PhoneNumber.TryNormalise(Text(profile.RootElement, "$phone"), out var phone, out _))
            {
                addresses.Add(new Subject(SubjectKind.Phone, PersonKey.Of(project, phone), phone));
            }
        }

        return addresses;
    }

    private static async Task<List<ErasedContact>> ContactsAsync(Session session, string project, List<Subject> ids, CancellationToken cancellationToken)
    {
        var names = ids.ToDictionary(i => i.Key, i => i.Value);
        return await session.QueryBatchAsync(
            """
            SELECT c.destination, c.person, c.remote_id, c.email FROM {batch} JOIN destination d ON d.project = {project}
            JOIN ledger_contact c ON c.project = d.project AND c.destination = d.destination AND c.shard = b.shard AND c.person = b.person
            """,
            Batch.Of(session.Dialect, [.. ids.Select(i => i.Key)]),
            r => new ErasedContact(0, r.GetString(0), r.LongOrNull(2), names[r.Key(1)], r.TextOrNull(3)), cancellationToken, ("project", project));
    }

    /// <summary>
    /// Notes whom the destinations are to delete: the contacts of the ledger, and whoever else a destination has under one of the ids or
    /// addresses. A device's id is no contact's unless the ledger says so.
    /// </summary>
    private static async Task PutContactsAsync(
        Session session, ErasureJob job, List<ErasedContact> contacts, List<Subject> subjects, CancellationToken cancellationToken)
    {
        var destinations = await session.QueryAsync(
            "SELECT destination FROM destination WHERE project = @project AND has_contacts = 1 ORDER BY destination", r => r.GetString(0), cancellationToken, ("project", job.Project));
        var known = contacts.Select(c => (c.Destination, c.ExternalId)).ToHashSet();
        var mailed = contacts.Select(c => (c.Destination, c.Email)).ToHashSet();
        foreach (var destination in destinations)
        {
            contacts.AddRange(subjects
                .Where(s => s.Kind == SubjectKind.Id && !s.Value!.StartsWith(DevicePrefix, StringComparison.Ordinal) && !known.Contains((destination, s.Value)))
                .Select(s => new ErasedContact(0, destination, null, s.Value, null)));
            contacts.AddRange(subjects.Where(s => s.Kind == SubjectKind.Email && !mailed.Contains((destination, s.Value)))
                .Select(s => new ErasedContact(0, destination, null, null, s.Value)));
        }

        var rows = contacts.Distinct().ToArray();
        var (key, first) = (ErasureWork.Key(job), await session.ScalarAsync<int>(
            $"SELECT coalesce(max(number) + 1, 0) FROM erasure_contact WHERE {Erasures.Key}", cancellationToken, ErasureWork.Key(job)));
        await session.ExecuteBatchAsync(
            """
            INSERT INTO erasure_contact (project, erasure, number, destination, remote_id, external_id, email)
            SELECT @project, @erasure, b.number, b.destination, b.remote, b.external, b.email FROM {batch} WHERE true
            """,
            new Batch()
                .Add("number", ColumnType.Int, Enumerable.Range(first, rows.Length).ToArray())
                .Add("destination", ColumnType.Text, rows.Select(c => c.Destination).ToArray())
                .Add("remote", ColumnType.Long, rows.Select(c => c.RemoteId).ToArray())
                .Add("external", ColumnType.Text, rows.Select(c => c.ExternalId).ToArray())
                .Add("email", ColumnType.Text, rows.Select(c => c.Email).ToArray()),
            cancellationToken, key);
    }

    /// <summary>
    /// The walk over the log ends with what is committed now: the row of its clock is locked, so that no batch with a lower number is on
    /// its way. What was, under a higher number, is for the second walk.
    /// </summary>
    private static async Task StartLogAsync(Session session, ErasureJob job, bool again, long now, CancellationToken cancellationToken)
    {
        var end = await session.ScalarAsync<long>(
            "UPDATE event_clock SET batch = batch WHERE project = @project RETURNING batch", cancellationToken, ("project", job.Project));
        await session.ExecuteAsync(
            $"""
            UPDATE erasure SET log_from = CASE WHEN @again = 1 THEN log_until ELSE 0 END, log_until = @end, started_at = coalesce(started_at, @now)
            WHERE {Erasures.Key}
            """,
            cancellationToken, [.. ErasureWork.Key(job), ("again", again), ("end", end), ("now", now)]);
    }

    private static IEnumerable<Subject> Email(string project, string text)
    {
        if (EmailAddress.TryNormalise(text, out var address, out _))
        {
            yield return new Subject(SubjectKind.Email, PersonKey.Of(project, address), address);
        }
    }

    private static string? Text(JsonElement profile, string name) =>
        profile.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
