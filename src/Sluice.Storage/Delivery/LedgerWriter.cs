using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Erasure;
using Sluice.Core.People;

namespace Sluice.Storage.Delivery;

/// <summary>Writes one step of delivery within a transaction.</summary>
internal sealed class LedgerWriter(Session session, DeliveryScope scope)
{
    private readonly (string Name, object? Value)[] _key = [("project", scope.Project), ("destination", scope.Destination)];

    /// <returns>Who must not be written to.</returns>
    public async Task<IReadOnlySet<PersonKey>> WriteAsync(LedgerChanges changes, CancellationToken cancellationToken)
    {
        var (now, tombstones) = await session.Tombstones.NowAsync(session, scope.Project, cancellationToken);
        var stopped = await SuppressedAsync(changes, cancellationToken);
        changes.Marked.AddRange(stopped.Except(changes.Marked));
        if (!tombstones.IsEmpty)
        {
            stopped.UnionWith(await LeaveOutErasedAsync(changes, tombstones, cancellationToken));
        }

        // PostgreSQL refuses a statement that writes one row twice; of two words about one thing the last one counts.
        await ContactsAsync(Last(changes.Contacts.Where(c => !stopped.Contains(c.Person)), c => c.Person), now, cancellationToken);
        await MembersAsync(Last(changes.Members.Where(m => m.Member is null || !stopped.Contains(m.Person)), m => (m.List, m.Person)), cancellationToken);
        await PendingAsync(changes, cancellationToken);
        await ForeignAsync(changes, cancellationToken);
        foreach (var (list, count) in changes.Removed)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO list_removal (project, destination, list, hour, removed) VALUES (@project, @destination, @list, @hour, @count)
                ON CONFLICT (project, destination, list, hour) DO UPDATE SET removed = list_removal.removed + excluded.removed
                """,
                cancellationToken, [.. _key, ("list", list), ("hour", now / 3_600_000), ("count", (long)count)]);
        }

        foreach (var list in changes.Lists)
        {
            await ListAsync(list, cancellationToken);
        }

        foreach (var (account, list) in changes.Ended)
        {
            await ListClaims.EndAsync(session, account, scope.Project, scope.Destination, list, cancellationToken);
        }

        await LettersAsync(Last(changes.DeadLetters, l => l.Id), now, cancellationToken);
        if (changes.Suppressions.Count > 0)
        {
            await SuppressionStore.AddAsync(session, scope.Project, changes.Suppressions, cancellationToken);
        }

        await JobAsync(changes.Uploading.Any(stopped.Contains) ? null : changes.Job, cancellationToken);
        await RunAsync(changes.Run, cancellationToken);
        await DestinationAsync(changes.Destination, cancellationToken);
        return stopped;
    }

    /// <summary>
    /// Those who are about to be written to, and were suppressed since they were read: for everything, or for a list that they are to be put
    /// into. A transaction that is tried again asks again, so nothing is taken out of the changes for it.
    /// </summary>
    private async Task<HashSet<PersonKey>> SuppressedAsync(LedgerChanges changes, CancellationToken cancellationToken)
    {
        PersonKey[] asked = [.. changes.Going.Select(g => g.Person).Concat(changes.Uploading).Distinct()];
        var lists = await SuppressionStore.ListsAsync(session, scope.Project, asked, cancellationToken);
        if (lists.Count == 0)
        {
            return [];
        }

        var added = changes.Members.Where(m => m.Member is not null).ToLookup(m => m.Person, m => m.List);
        return lists.Where(p => p.Any(l => l == 0 || l == changes.Job?.List || added[p.Key].Contains(l))).Select(p => p.Key).ToHashSet();
    }

    /// <summary>What was learned of people before they were erased, and is written after it.</summary>
    /// <returns>Who must not be written to: the erased, and whoever the newest tombstones say it of.</returns>
    private async Task<IReadOnlySet<PersonKey>> LeaveOutErasedAsync(LedgerChanges changes, TombstoneSet tombstones, CancellationToken cancellationToken)
    {
        var erased = changes.Going.Select(g => g.Person)
            .Concat(changes.Contacts.Select(c => c.Person)).Concat(changes.Members.Select(m => m.Person))
            .Concat(changes.Waiting.Select(w => w.Person)).Concat(changes.Marked).Concat(changes.Uploading)
            .Distinct().Where(p => tombstones.Has(TombstoneKind.Id, p)).ToHashSet();

        // The others are asked about as when they were loaded, and only if somebody was erased since.
        (PersonKey, long)[] doubtful = [.. changes.Going.Where(g => g.Screened != tombstones.Stamp && !erased.Contains(g.Person)).Select(g => (g.Person, 0L)).Distinct()];
        var shared = (await PersonLoader.ReadAsync(session, scope with { Rules = [], GroupAttributes = false, Enrichment = EnrichmentRules.None }, doubtful, cancellationToken))
            .Where(p => p.State.Suppressed is not null).Select(p => p.State.Key).ToHashSet();
        changes.Contacts.RemoveAll(c => erased.Contains(c.Person) || shared.Contains(c.Person));
        changes.Members.RemoveAll(m => m.Member is not null && (erased.Contains(m.Person) || shared.Contains(m.Person)));
        changes.Waiting.RemoveAll(w => erased.Contains(w.Person));
        changes.Marked.AddRange(shared.Except(changes.Marked));
        changes.Marked.RemoveAll(erased.Contains);
        changes.Foreign.RemoveAll(f => tombstones.Has(TombstoneKind.Email, new PersonKey(f.EmailKey)));
        changes.DeadLetters.RemoveAll(l =>
            (l.Person is { } person && tombstones.Has(TombstoneKind.Id, person)) || tombstones.HasText(scope.Project, l.Subject));
        if (changes.Job is { Witness: { } witness } job && tombstones.HasId(scope.Project, witness))
        {
            changes.Job = job with { Witness = null };
        }

        return changes.Going.Select(g => g.Person).Concat(changes.Uploading).Where(p => erased.Contains(p) || shared.Contains(p)).ToHashSet();
    }

    private static List<T> Last<T, TKey>(IEnumerable<T> changes, Func<T, TKey> key) => [.. changes.GroupBy(key).Select(g => g.Last())];

    private async Task ContactsAsync(List<ContactChange> contacts, long now, CancellationToken cancellationToken)
    {
        var batch = Batch.Of(session.Dialect, [.. contacts.Select(c => c.Person)])
            .Add("remote", ColumnType.Long, contacts.Select(c => c.Contact.RemoteId).ToArray())
            .Add("email", ColumnType.Text, contacts.Select(c => c.Contact.Email).ToArray())
            .Add("email_key", ColumnType.Bytes, contacts.Select(c => Bytes(ContactKeys.OfEmail(scope.Project, c.Contact.Email))).ToArray())
            .Add("payload", ColumnType.Bytes, contacts.Select(c => Bytes(c.Contact.Payload)).ToArray())
            .Add("rev", ColumnType.Long, contacts.Select(c => c.Contact.Rev).ToArray())
            .Add("state", ColumnType.Small, contacts.Select(c => (short)c.Contact.State).ToArray())
            .Add("job", ColumnType.Text, contacts.Select(c => c.Contact.Job).ToArray())
            .Add("reason", ColumnType.Text, contacts.Select(c => c.Contact.Reason).ToArray());
        await SharedAddresses.MarkLeftAsync(session, _key, batch, cancellationToken);
        await session.ExecuteBatchAsync(
            """
            INSERT INTO ledger_contact (shard, project, destination, person, remote_id, email, email_key, payload, rev, state, job, reason, updated_at)
            SELECT b.shard, @project, @destination, b.person, b.remote, b.email, b.email_key, b.payload, b.rev, b.state, b.job, b.reason, @now FROM {batch} WHERE true
            ON CONFLICT (project, destination, shard, person) DO UPDATE SET
                remote_id = coalesce(excluded.remote_id, ledger_contact.remote_id), email = excluded.email, email_key = excluded.email_key,
                payload = excluded.payload, rev = excluded.rev, state = excluded.state, job = excluded.job, reason = excluded.reason, updated_at = excluded.updated_at
            """,
            batch, cancellationToken, [.. _key, ("now", now)]);
        await SharedAddresses.PassOnAsync(session, _key, batch, cancellationToken);
    }

    private async Task MembersAsync(List<MemberChange> members, CancellationToken cancellationToken)
    {
        var put = members.Where(m => m.Member is not null).ToArray();
        await session.ExecuteBatchAsync(
            """
            INSERT INTO ledger_member (shard, project, destination, list, person, state, job, since, run)
            SELECT b.shard, @project, @destination, b.list, b.person, b.state, b.job, b.since, b.run FROM {batch} WHERE true
            ON CONFLICT (project, destination, list, shard, person) DO UPDATE SET
                state = excluded.state, job = excluded.job, since = excluded.since, run = excluded.run
            """,
            Batch.Of(session.Dialect, [.. put.Select(m => m.Person)])
                .Add("list", ColumnType.Long, put.Select(m => m.List).ToArray())
                .Add("state", ColumnType.Small, put.Select(m => (short)m.Member!.State).ToArray())
                .Add("job", ColumnType.Text, put.Select(m => m.Member!.Job).ToArray())
                .Add("since", ColumnType.Long, put.Select(m => m.Member!.Since.ToUnixTimeMilliseconds()).ToArray())
                .Add("run", ColumnType.Text, put.Select(m => m.Member!.Run).ToArray()),
            cancellationToken, _key);
        var gone = members.Where(m => m.Member is null).ToArray();
        await session.ExecuteBatchAsync(
            """
            DELETE FROM ledger_member WHERE (project, destination, list, shard, person) IN (
                SELECT m.project, m.destination, m.list, m.shard, m.person FROM {batch} JOIN ledger_member m
                ON m.project = {project} AND m.destination = {destination} AND m.list = b.list AND m.shard = b.shard AND m.person = b.person)
            """,
            Batch.Of(session.Dialect, [.. gone.Select(m => m.Person)]).Add("list", ColumnType.Long, gone.Select(m => m.List).ToArray()),
            cancellationToken, _key);
        await SharedAddresses.MarkOthersAsync(session, _key, Batch.Of(session.Dialect, [.. gone.Select(m => m.Person)]), cancellationToken);
    }

    private async Task PendingAsync(LedgerChanges changes, CancellationToken cancellationToken)
    {
        await session.ExecuteBatchAsync(
            """
            DELETE FROM pending WHERE (project, destination, shard, person) IN (
                SELECT p.project, p.destination, p.shard, p.person FROM {batch} JOIN pending p
                ON p.project = {project} AND p.destination = {destination} AND p.shard = b.shard AND p.person = b.person AND p.seq = b.seq)
            """,
            Batch.Of(session.Dialect, [.. changes.Dealt.Select(d => d.Person)]).Add("seq", ColumnType.Long, changes.Dealt.Select(d => d.Seq).ToArray()),
            cancellationToken, _key);

        // Who waits need not have been marked: a walk finds people too. Whoever was marked since they were read does not wait: what it says is new.
        var waiting = Last(changes.Waiting, w => w.Person);
        await session.ExecuteBatchAsync(
            """
            INSERT INTO pending (shard, project, destination, person, seq, job)
            SELECT b.shard, @project, @destination, b.person, b.seq, b.job FROM {batch} WHERE true
            ON CONFLICT (project, destination, shard, person) DO UPDATE SET job = excluded.job WHERE pending.seq = excluded.seq
            """,
            Batch.Of(session.Dialect, [.. waiting.Select(w => w.Person)])
                .Add("seq", ColumnType.Long, waiting.Select(w => w.Seq).ToArray())
                .Add("job", ColumnType.Text, waiting.Select(w => w.Job).ToArray()),
            cancellationToken, _key);
        await Pending.MarkAsync(session, scope.Project, Batch.Of(session.Dialect, [.. changes.Marked.Distinct()]), cancellationToken);
    }

    private async Task ForeignAsync(LedgerChanges changes, CancellationToken cancellationToken)
    {
        await session.ExecuteBatchAsync(
            """
            INSERT INTO ledger_foreign (shard, project, destination, list, email_key, remote_id)
            SELECT b.shard, @project, @destination, b.list, b.person, b.remote FROM {batch} WHERE true
            ON CONFLICT (project, destination, list, shard, email_key) DO UPDATE SET remote_id = excluded.remote_id
            """,
            Foreign(Last(changes.Foreign, f => (f.List, f.EmailKey))), cancellationToken, _key);
        await session.ExecuteBatchAsync(
            """
            DELETE FROM ledger_foreign WHERE (project, destination, list, shard, email_key) IN (
                SELECT f.project, f.destination, f.list, f.shard, f.email_key FROM {batch} JOIN ledger_foreign f
                ON f.project = {project} AND f.destination = {destination} AND f.list = b.list AND f.shard = b.shard AND f.email_key = b.person)
            """,
            Foreign(changes.ForeignGone), cancellationToken, _key);
    }

    private Batch Foreign(List<ForeignMember> foreign) => Batch.Of(session.Dialect, [.. foreign.Select(f => new PersonKey(f.EmailKey))])
        .Add("list", ColumnType.Long, foreign.Select(f => f.List).ToArray())
        .Add("remote", ColumnType.Long, foreign.Select(f => f.RemoteId).ToArray());

    private Task<int> ListAsync(ListState list, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            """
            UPDATE list SET name = @name, sources = @sources, foreign_read = @foreign, walk_slice = @slice, walk_slices = @slices, walk_sources = @walk,
                walked_at = @walked, held = @held, held_since = @since
            WHERE project = @project AND destination = @destination AND list = @list
            """,
            cancellationToken,
            [.. _key, ("list", list.List), ("name", list.Name), ("sources", Bytes(list.Sources)), ("foreign", list.ForeignRead), ("slice", list.WalkSlice),
                ("slices", list.WalkSlices), ("walk", Bytes(list.WalkSources)), ("walked", list.WalkedAt), ("held", list.Held), ("since", list.HeldSince)]);

    private async Task LettersAsync(List<DeadLetter> letters, long now, CancellationToken cancellationToken) =>
        await session.ExecuteBatchAsync(
            """
            INSERT INTO dead_letter (project, letter, origin, reason, detail, person, subject, payload, state, created_at, updated_at)
            SELECT @project, b.letter, b.origin, b.reason, b.detail, b.person, b.subject, b.payload, b.state, @now, @now FROM {batch} WHERE true
            ON CONFLICT (project, letter) DO UPDATE SET
                reason = excluded.reason, detail = excluded.detail, state = excluded.state, payload = excluded.payload, updated_at = excluded.updated_at
            """,
            new Batch()
                .Add("letter", ColumnType.Text, letters.Select(l => l.Id).ToArray())
                .Add("origin", ColumnType.Text, letters.Select(l => l.Origin).ToArray())
                .Add("reason", ColumnType.Text, letters.Select(l => l.Reason).ToArray())
                .Add("detail", ColumnType.Text, letters.Select(l => l.Detail).ToArray())
                .Add("person", ColumnType.Bytes, letters.Select(l => l.Person?.ToBytes()).ToArray())
                .Add("subject", ColumnType.Text, letters.Select(l => l.Subject).ToArray())
                .Add("payload", ColumnType.Text, letters.Select(l => l.Payload).ToArray())
                .Add("state", ColumnType.Text, letters.Select(l => l.State).ToArray()),
            cancellationToken, ("project", scope.Project), ("now", now));

    private async Task JobAsync(Job? job, CancellationToken cancellationToken)
    {
        if (job is not null)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO job (project, job, destination, list, run, state, process, token, rows, witness, started_at, called_at, ended_at)
                VALUES (@project, @job, @destination, @list, @run, @state, @process, @token, @rows, @witness, @started, @called, @ended)
                ON CONFLICT (project, job) DO UPDATE SET state = excluded.state, process = excluded.process, rows = excluded.rows,
                    witness = excluded.witness, called_at = excluded.called_at, ended_at = excluded.ended_at
                """,
                cancellationToken,
                [.. _key, ("job", job.Id), ("list", job.List), ("run", job.Run), ("state", job.State), ("process", job.Process), ("token", job.Token),
                    ("rows", job.Rows), ("witness", job.Witness), ("started", job.StartedAt), ("called", job.CalledAt), ("ended", job.EndedAt)]);
        }
    }

    private async Task RunAsync(Run? run, CancellationToken cancellationToken)
    {
        if (run is not null)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO run (project, run, destination, list, kind, state, started_at, ended_at, counts, note)
                VALUES (@project, @run, @destination, @list, @kind, @state, @started, @ended, @counts, @note)
                ON CONFLICT (project, run) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at, counts = excluded.counts, note = excluded.note
                """,
                cancellationToken,
                [.. _key, ("run", run.Id), ("list", run.List), ("kind", run.Kind), ("state", run.State), ("started", run.StartedAt), ("ended", run.EndedAt),
                    ("counts", JsonSerializer.Serialize(run.Counts, StorageJson.Default.IReadOnlyDictionaryStringInt64)), ("note", run.Note)]);
        }
    }

    private async Task DestinationAsync(DestinationChange? change, CancellationToken cancellationToken)
    {
        if (change is not null)
        {
            // Two workers have one row: a pause is lifted only by whoever was stopped.
            const string others =
                $"(@lifts = 1 AND CASE WHEN paused_reason LIKE '{DestinationChange.EventsPaused}%' THEN 1 ELSE 0 END <> @events)";
            await session.ExecuteAsync(
                $"""
                UPDATE destination SET mapping = coalesce(@mapping, mapping), prepared_at = coalesce(@prepared, prepared_at),
                    changes_read_until = coalesce(@changes, changes_read_until),
                    paused_reason = CASE WHEN {others} THEN paused_reason ELSE @reason END,
                    paused_until = CASE WHEN {others} THEN paused_until ELSE @until END
                WHERE project = @project AND destination = @destination
                """,
                cancellationToken,
                [.. _key, ("mapping", Bytes(change.Mapping)), ("prepared", change.PreparedAt), ("changes", change.ChangesReadUntil),
                    ("reason", change.PausedReason), ("until", change.PausedUntil), ("lifts", change.PausedReason is null ? 1 : 0), ("events", change.OfEvents ? 1 : 0)]);
        }
    }

    private static byte[]? Bytes(UInt128? hash) => hash is { } value ? new PersonKey(value).ToBytes() : null;
}
