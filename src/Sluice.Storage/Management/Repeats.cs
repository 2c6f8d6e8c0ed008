using Sluice.Core.Management;

namespace Sluice.Storage.Management;

/// <inheritdoc cref="IRepeats"/>
internal sealed class Repeats(Database database) : IRepeats
{
    // The call that is at work under the key since then: one that begins again does so long after the one before it.
    private const string Call = "project = @project AND repeat_key = @key AND created_at = @stamp AND status IS NULL";

    public Task<Repeat> BeginAsync(string project, string key, byte[] request, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var now = await session.Dialect.NowAsync(session, token);
                await session.ExecuteAsync(
                    "DELETE FROM repeated_call WHERE project = @project AND created_at < @before",
                    token, ("project", project), ("before", now - (long)IRepeats.Memory.TotalMilliseconds));

                // Who inserts the row does the work; a second call at the same time waits here for the first one's commit.
                if (await session.ExecuteAsync(
                    """
                    INSERT INTO repeated_call (project, repeat_key, request, status, body, created_at) VALUES (@project, @key, @request, NULL, NULL, @now)
                    ON CONFLICT (project, repeat_key) DO UPDATE SET created_at = excluded.created_at
                    WHERE repeated_call.status IS NULL AND repeated_call.request = excluded.request AND repeated_call.created_at < @dead
                    """,
                    token, ("project", project), ("key", key), ("request", request), ("now", now), ("dead", now - (long)IRepeats.Patience.TotalMilliseconds)) > 0)
                {
                    return new Repeat(RepeatState.New, Stamp: now);
                }

                var (first, status, body) = await session.FirstAsync(
                    "SELECT request, status, body FROM repeated_call WHERE project = @project AND repeat_key = @key",
                    r => ((byte[])r.GetValue(0), r.IsDBNull(1) ? (int?)null : r.GetInt32(1), r.TextOrNull(2)), token, ("project", project), ("key", key));
                return !first.AsSpan().SequenceEqual(request) ? new Repeat(RepeatState.OtherRequest)
                    : status is { } known ? new Repeat(RepeatState.Finished, known, body ?? "")
                    : new Repeat(RepeatState.Running);
            },
            cancellationToken);

    public Task FinishAsync(string project, string key, long stamp, int status, string body, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (session, token) => session.ExecuteAsync(
                $"UPDATE repeated_call SET status = @status, body = @body WHERE {Call}", token, ("project", project), ("key", key), ("stamp", stamp), ("status", status), ("body", body)),
            cancellationToken);

    public Task ForgetAsync(string project, string key, long stamp, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (session, token) => session.ExecuteAsync(
                $"DELETE FROM repeated_call WHERE {Call}", token, ("project", project), ("key", key), ("stamp", stamp)),
            cancellationToken);
}
