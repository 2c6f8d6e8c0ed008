using System.Globalization;
using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Erasure;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.Erasure;

/// <inheritdoc cref="IErasureWork"/>
internal sealed class ErasureWork(Database database) : IErasureWork
{
    // Requests and calls that were under way when the tombstones were written are over by then.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ImportLook = TimeSpan.FromSeconds(15);

    // How far a node's clock may be before the store's.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(2);

    // An import that has not ended after this is taken for lost by whoever started it.
    private static readonly TimeSpan ImportLimit = new WorkerOptions().ImportLimit;

    public Task<ErasureJob?> DueAsync(string project, CancellationToken cancellationToken) =>
        database.ReadAsync(
            // First of all the short stages that stand before a walk over the log: whoever has come by then shares it.
            async (session, token) => await session.FirstAsync(
                $"""
                SELECT erasure, stage, requested_at, started_at FROM erasure
                WHERE project = @project AND kind = 0 AND ended_at IS NULL AND next_at <= @now
                ORDER BY CASE WHEN stage IN ({(int)ErasureStage.Gather}, {(int)ErasureStage.Settle}, {(int)ErasureStage.GatherAgain}) THEN 0 ELSE 1 END, requested_at, erasure
                LIMIT 1
                """,
                r => new ErasureJob(project, r.GetString(0), (ErasureStage)r.GetInt32(1), r.Time(2), r.TimeOrNull(3)), token,
                ("project", project), ("now", await session.Dialect.NowAsync(session, token))),
            cancellationToken);

    public async Task AdvanceAsync(Lease lease, ErasureJob job, CancellationToken cancellationToken)
    {
        switch (job.Stage)
        {
            case ErasureStage.Gather or ErasureStage.GatherAgain:
                await WriteAsync(lease, (session, token) => Gathering.RunAsync(session, job, token), cancellationToken);
                break;
            case ErasureStage.Log or ErasureStage.LogAgain:
                await new LogSweep(database, lease, job).RunAsync(cancellationToken);
                break;
            case ErasureStage.Letters or ErasureStage.LettersAgain:
                await new LetterSweep(database, lease, job).RunAsync(cancellationToken);
                break;
            case ErasureStage.Tables or ErasureStage.TablesAgain:
                await new TableSweep(database, lease, job).RunAsync(cancellationToken);
                break;
            case ErasureStage.Settle:
                await WriteAsync(lease, (session, token) => SettleAsync(session, job, token), cancellationToken);
                break;
            case ErasureStage.Forget:
                await WriteAsync(lease, (session, token) => ForgetAsync(session, job, token), cancellationToken);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(job), job.Stage, "Not a stage that the store does.");
        }
    }

    public Task MoveAsync(Lease lease, ErasureJob job, ErasureStage stage, CancellationToken cancellationToken) =>
        WriteAsync(lease, (session, token) => MoveAsync(session, job, stage, token), cancellationToken);

    public Task RestAsync(Lease lease, ErasureJob job, TimeSpan length, string? note, CancellationToken cancellationToken) =>
        WriteAsync(
            lease,
            async (session, token) => await session.ExecuteAsync(
                $"UPDATE erasure SET next_at = @next, note = @note WHERE {Erasures.Key}", token,
                [.. Key(job), ("next", await session.Dialect.NowAsync(session, token) + (long)length.TotalMilliseconds), ("note", note)]),
            cancellationToken);

    public async Task<IReadOnlyList<ErasedContact>> ContactsAsync(ErasureJob job, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            (session, token) => session.QueryAsync(
                $"SELECT number, destination, remote_id, external_id, email FROM erasure_contact WHERE {Erasures.Key} ORDER BY number LIMIT @limit",
                r => new ErasedContact(r.GetInt32(0), r.GetString(1), r.LongOrNull(2), r.TextOrNull(3), r.TextOrNull(4)), token, [.. Key(job), ("limit", limit)]),
            cancellationToken);

    public Task ContactsDoneAsync(
        Lease lease, ErasureJob job, IReadOnlyList<ErasedContact> contacts, int deleted, int notDeleted, CancellationToken cancellationToken) =>
        WriteAsync(
            lease,
            async (session, token) =>
            {
                await session.ExecuteBatchAsync(
                    "DELETE FROM erasure_contact WHERE (project, erasure, number) IN (SELECT {project}, {erasure}, b.number FROM {batch})",
                    new Batch().Add("number", ColumnType.Int, contacts.Select(c => c.Number).ToArray()), token, Key(job));
                await CountAsync(session, job, [("contacts", deleted), (Erasures.NotDeleted, notDeleted)], token);
            },
            cancellationToken);

    public Task LearnAsync(Lease lease, ErasureJob job, string email, CancellationToken cancellationToken) =>
        WriteAsync(lease, (session, token) => Gathering.LearnAsync(session, job, email, token), cancellationToken);

    public Task LeaveContactsAsync(Lease lease, ErasureJob job, CancellationToken cancellationToken) =>
        WriteAsync(
            lease,
            async (session, token) =>
            {
                var learned = await session.ScalarAsync<string>($"SELECT cursor FROM erasure WHERE {Erasures.Key}", token, Key(job)) is not null;
                await MoveAsync(session, job, learned ? ErasureStage.LettersAgain : ErasureStage.Forward, token);
            },
            cancellationToken);

    public async Task<IReadOnlyList<string>> IdsAsync(ErasureJob job, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            (session, token) => session.QueryAsync(
                $"SELECT value FROM erasure_subject WHERE {Erasures.Key} AND kind = {SubjectKind.Id} ORDER BY subject", r => r.GetString(0), token, Key(job)),
            cancellationToken);

    public async Task<IReadOnlyList<ForwardedPart>> PartsAsync(ErasureJob job, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            (session, token) => session.QueryAsync(
                $"SELECT erasure, number, tracking, status FROM erasure_part WHERE {Erasures.Key} ORDER BY number", Part, token, Key(job)),
            cancellationToken);

    public Task PutPartAsync(Lease lease, string project, ForwardedPart part, TimeSpan lookAfter, CancellationToken cancellationToken) =>
        WriteAsync(
            lease,
            async (session, token) =>
            {
                var now = await session.Dialect.NowAsync(session, token);
                long? lookAt = part.Tracking is null || lookAfter == TimeSpan.Zero ? null : now + (long)lookAfter.TotalMilliseconds;
                await session.ExecuteAsync(
                    """
                    INSERT INTO erasure_part (project, erasure, number, tracking, status, look_at) VALUES (@project, @erasure, @number, @tracking, @status, @look)
                    ON CONFLICT (project, erasure, number) DO UPDATE SET tracking = excluded.tracking, status = excluded.status, look_at = excluded.look_at
                    """,
                    token,
                    ("project", project), ("erasure", part.Erasure), ("number", part.Number), ("tracking", part.Tracking), ("status", part.Status), ("look", lookAt));
            },
            cancellationToken);

    public async Task<IReadOnlyList<ForwardedPart>> PartsToLookAtAsync(string project, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                "SELECT erasure, number, tracking, status FROM erasure_part WHERE project = @project AND look_at <= @now ORDER BY look_at LIMIT @limit",
                Part, token, ("project", project), ("limit", limit), ("now", await session.Dialect.NowAsync(session, token))),
            cancellationToken);

    public Task<int> FinishAsync(Lease lease, string project, DateTimeOffset cleanedFrom, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                return await session.ExecuteAsync(
                    """
                    UPDATE erasure SET stage = @done, status = @success, ended_at = @now, note = NULL
                    WHERE project = @project AND kind = 0 AND ended_at IS NULL AND stage = @scrub AND stage_at <= @cleaned
                    """,
                    token,
                    ("project", project), ("done", ErasureStage.Done), ("success", ErasureStatus.Success), ("scrub", ErasureStage.Scrub), ("cleaned", cleanedFrom),
                    ("now", await session.Dialect.NowAsync(session, token)));
            },
            cancellationToken);

    public Task ClearAsync(string project, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) => await Erasures.ClearAsync(session, project, await session.Dialect.NowAsync(session, token), token), cancellationToken);

    public static (string Name, object? Value)[] Key(ErasureJob job) => [("project", job.Project), ("erasure", job.Id)];

    /// <summary>Goes on to a stage, at once.</summary>
    public static async Task MoveAsync(Session session, ErasureJob job, ErasureStage stage, CancellationToken cancellationToken)
    {
        var now = await session.Dialect.NowAsync(session, cancellationToken);
        await session.ExecuteAsync(
            $"UPDATE erasure SET stage = @stage, stage_at = @now, next_at = @now, cursor = NULL, note = NULL WHERE {Erasures.Key}", cancellationToken,
            [.. Key(job), ("stage", stage), ("now", now)]);
    }

    /// <summary>Adds to what was deleted.</summary>
    public static async Task CountAsync(Session session, ErasureJob job, IEnumerable<(string Kind, long Count)> more, CancellationToken cancellationToken)
    {
        var stored = await session.ScalarAsync<string>($"SELECT counts FROM erasure WHERE {Erasures.Key}", cancellationToken, Key(job)) ?? "{}";
        var counts = JsonSerializer.Deserialize(stored, StorageJson.Default.DictionaryStringInt64)!;
        foreach (var (kind, count) in more.Where(m => m.Count > 0))
        {
            counts[kind] = counts.GetValueOrDefault(kind) + count;
        }

        await session.ExecuteAsync(
            $"UPDATE erasure SET counts = @counts WHERE {Erasures.Key}", cancellationToken,
            [.. Key(job), ("counts", JsonSerializer.Serialize(counts, StorageJson.Default.IReadOnlyDictionaryStringInt64))]);
    }

    public Task WriteAsync(Lease lease, Func<Session, CancellationToken, Task> work, CancellationToken cancellationToken) => WriteAsync(database, lease, work, cancellationToken);

    public static Task WriteAsync(Database database, Lease lease, Func<Session, CancellationToken, Task> work, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                await work(session, token);
            },
            cancellationToken);

    /// <summary>Waits until nothing that was under way can bring the people back: requests, single calls, and imports with their rows.</summary>
    private static async Task SettleAsync(Session session, ErasureJob job, CancellationToken cancellationToken)
    {
        var now = await session.Dialect.NowAsync(session, cancellationToken);
        var swept = await session.ScalarAsync<long>($"SELECT stage_at FROM erasure WHERE {Erasures.Key}", cancellationToken, Key(job));
        var until = swept + (long)Settling.TotalMilliseconds;

        // What an import takes in from the tombstones on is looked at once more, and all of it when its upload begins. When it began is its node's clock's word.
        var imports = (await session.QueryAsync(
            """
            SELECT destination, max(coalesce(called_at, started_at)) FROM job
            WHERE project = @project AND ended_at IS NULL AND started_at <= @started AND coalesce(called_at, started_at) > @limit GROUP BY destination
            """,
            r => (Destination: r.GetString(0), Since: r.Time(1)), cancellationToken,
            ("project", job.Project), ("started", job.StartedAt + ClockSkew), ("limit", now - (long)ImportLimit.TotalMilliseconds)))
            .Where(i => job.Destinations is not { } configured || configured.Contains(i.Destination, StringComparer.Ordinal)).ToArray();
        if (now >= until && imports.Length == 0)
        {
            await MoveAsync(session, job, ErasureStage.GatherAgain, cancellationToken);
            return;
        }

        await session.ExecuteAsync(
            $"UPDATE erasure SET next_at = @next, note = @note WHERE {Erasures.Key}", cancellationToken,
            [
                .. Key(job), ("next", now < until ? until : now + (long)ImportLook.TotalMilliseconds),
                ("note", imports.Length == 0 ? null : Waiting(imports.MaxBy(i => i.Since))),
            ]);
    }

    private static string Waiting((string Destination, DateTimeOffset Since) import) => string.Create(
        CultureInfo.InvariantCulture,
        $"An import of {import.Destination} that was under way has to end first; it is waited for until {import.Since + ImportLimit:u}. If {import.Destination} is paused, do what its pause asks for.");

    private static async Task ForgetAsync(Session session, ErasureJob job, CancellationToken cancellationToken)
    {
        await Erasures.ForgetAsync(session, Key(job), cancellationToken);
        await MoveAsync(session, job, ErasureStage.Scrub, cancellationToken);
    }

    private static ForwardedPart Part(System.Data.Common.DbDataReader r) => new(r.GetString(0), r.GetInt32(1), r.TextOrNull(2), r.GetString(3));
}
