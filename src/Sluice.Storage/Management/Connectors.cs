using Sluice.Core.Management;

namespace Sluice.Storage.Management;

/// <inheritdoc cref="IConnectors"/>
internal sealed class Connectors(Database database) : IConnectors
{
    // A row that only remembers an account has not been changed by anybody.
    private const long Never = 0;

    public async Task<IReadOnlyList<StoredConnector>> ListAsync(string project, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                "SELECT name, content, paused, updated_at FROM connector WHERE project = @project ORDER BY name",
                r => new StoredConnector(r.GetString(0), r.IsDBNull(1) ? null : (byte[])r.GetValue(1), r.GetInt16(2) == 1, r.GetInt64(3) == Never ? null : r.Time(3)),
                token, ("project", project)),
            cancellationToken);

    public Task<bool> ConnectAsync(string project, string name, byte[] content, string? account, CancellationToken cancellationToken) =>
        ChangeAsync(
            project,
            async (session, now, token) => await session.ExecuteAsync(
                """
                INSERT INTO connector (project, name, content, account, paused, updated_at) VALUES (@project, @name, @content, @account, 0, @now)
                ON CONFLICT (project, name) DO UPDATE SET content = excluded.content, account = excluded.account, updated_at = excluded.updated_at
                WHERE connector.account IS NULL OR connector.account = excluded.account
                """,
                token, ("project", project), ("name", name), ("content", content), ("account", account), ("now", now)) > 0,
            cancellationToken);

    public Task<bool> DisconnectAsync(string project, string name, bool keepsPause, CancellationToken cancellationToken) =>
        ChangeAsync(
            project,
            async (session, _, token) => await session.ExecuteAsync(
                $"UPDATE connector SET content = NULL{(keepsPause ? "" : ", paused = 0")} WHERE project = @project AND name = @name AND content IS NOT NULL",
                token, ("project", project), ("name", name)) > 0,
            cancellationToken);

    public Task PauseAsync(string project, string name, bool paused, CancellationToken cancellationToken) =>
        ChangeAsync(
            project,
            async (session, now, token) => await session.ExecuteAsync(
                """
                INSERT INTO connector (project, name, content, paused, updated_at) VALUES (@project, @name, NULL, @paused, @now)
                ON CONFLICT (project, name) DO UPDATE SET paused = excluded.paused, updated_at = excluded.updated_at
                """,
                token, ("project", project), ("name", name), ("paused", paused ? 1 : 0), ("now", now)) > 0,
            cancellationToken);

    public async Task<IReadOnlyDictionary<string, string>> AccountsAsync(string name, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) =>
                (await session.QueryAsync(
                    "SELECT project, account FROM connector WHERE name = @name AND account IS NOT NULL", r => (Project: r.GetString(0), Account: r.GetString(1)), token, ("name", name)))
                .ToDictionary(r => r.Project, r => r.Account, StringComparer.Ordinal),
            cancellationToken);

    public Task<string> RememberAccountAsync(string project, string name, string account, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await session.ExecuteAsync(
                    """
                    INSERT INTO connector (project, name, content, account, paused, updated_at) VALUES (@project, @name, NULL, @account, 0, @never)
                    ON CONFLICT (project, name) DO UPDATE SET account = excluded.account WHERE connector.account IS NULL
                    """,
                    token, ("project", project), ("name", name), ("account", account), ("never", Never));
                return (await session.ScalarAsync<string>(
                    "SELECT account FROM connector WHERE project = @project AND name = @name", token, ("project", project), ("name", name)))!;
            },
            cancellationToken);

    public async Task<IReadOnlyDictionary<string, long>> RevisionsAsync(CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) =>
                (await session.QueryAsync("SELECT project, revision FROM project", r => (Project: r.GetString(0), Revision: r.GetInt64(1)), token))
                .ToDictionary(r => r.Project, r => r.Revision, StringComparer.Ordinal),
            cancellationToken);

    private Task<bool> ChangeAsync(string project, Func<Session, long, CancellationToken, Task<bool>> change, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await session.ExecuteAsync("UPDATE project SET revision = revision + 1 WHERE project = @project", token, ("project", project));
                return await change(session, await session.Dialect.NowAsync(session, token), token);
            },
            cancellationToken);
}
