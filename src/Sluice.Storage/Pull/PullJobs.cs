using System.Data.Common;
using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Pull;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.Pull;

/// <inheritdoc cref="IPullJobs"/>
internal sealed class PullJobs(Database database) : IPullJobs
{
    /// <summary>The name under which its runs are found.</summary>
    private const string Source = "mixpanel";

    private const string Columns = "job, due_at, place, run, started_at, ended_at, counts, error, note";

    public Task<PullJob?> FindAsync(string project, string job, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (session, token) => session.FirstAsync(
                $"SELECT {Columns} FROM pull_job WHERE project = @project AND job = @job", Read, token, ("project", project), ("job", job)),
            cancellationToken);

    public async Task<IReadOnlyList<PullJob>> ListAsync(string project, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            (session, token) => session.QueryAsync($"SELECT {Columns} FROM pull_job WHERE project = @project ORDER BY job", Read, token, ("project", project)),
            cancellationToken);

    public Task SaveAsync(string project, Lease lease, PullJob job, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                var run = job.Run;
                await session.ExecuteAsync(
                    """
                    INSERT INTO pull_job (project, job, due_at, place, run, started_at, ended_at, counts, error, note)
                    VALUES (@project, @job, @due, @place, @run, @started, @ended, @counts, @error, @note)
                    ON CONFLICT (project, job) DO UPDATE SET due_at = excluded.due_at, place = excluded.place, run = excluded.run,
                        started_at = excluded.started_at, ended_at = excluded.ended_at, counts = excluded.counts, error = excluded.error, note = excluded.note
                    """,
                    token,
                    ("project", project), ("job", job.Name), ("due", job.DueAt), ("place", job.Cursor), ("run", run?.Id), ("started", run?.StartedAt),
                    ("ended", run?.EndedAt), ("counts", run is null ? null : JsonSerializer.Serialize(run.Counts, StorageJson.Default.IReadOnlyDictionaryStringInt64)),
                    ("error", run?.Error), ("note", run?.Note));
                if (run is not null)
                {
                    var state = run.EndedAt is null ? "running" : run.Error is null ? "done" : "failed";
                    var note = string.Join(' ', new[] { run.Error, run.Note }.Where(t => t is not null));
                    await new LedgerWriter(session, new DeliveryScope(project, Source, [], GroupAttributes: false)).WriteAsync(
                        new LedgerChanges
                        {
                            Run = new Run(run.Id, null, $"pull {job.Name}", state, run.StartedAt, run.EndedAt, run.Counts, note.Length == 0 ? null : note),
                        },
                        token);
                }
            },
            cancellationToken);

    private static PullJob Read(DbDataReader r) => new(r.GetString(0), r.Time(1), r.TextOrNull(2), r.IsDBNull(3)
        ? null
        : new PullRunState(
            r.GetString(3), r.Time(4), r.IsDBNull(5) ? null : r.Time(5),
            JsonSerializer.Deserialize(r.GetString(6), StorageJson.Default.IReadOnlyDictionaryStringInt64)!, r.TextOrNull(7), r.TextOrNull(8)));
}
