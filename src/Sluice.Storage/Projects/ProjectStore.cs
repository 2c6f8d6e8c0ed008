using Sluice.Core.Projects;
using Sluice.Storage.Management;

namespace Sluice.Storage.Projects;

/// <inheritdoc cref="IProjectStore"/>
internal sealed class ProjectStore(Database database) : IProjectStore, ISettingStore
{
    public Task PutAsync(StoredProject project, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var now = await session.Dialect.NowAsync(session, token);
                await session.ExecuteAsync(
                    """
                    INSERT INTO project (project, access_key, secret_hash, next_number, created_at) VALUES (@project, @access, @hash, 0, @now)
                    ON CONFLICT (project) DO UPDATE SET access_key = excluded.access_key, secret_hash = excluded.secret_hash
                    """,
                    token, ("project", project.Id), ("access", project.AccessKey), ("hash", project.SecretHash), ("now", now));
                await ProjectKeys.PutAsync(session, project.Id, project.SecretHash, now, token);
                return true;
            },
            cancellationToken);

    public Task<StoredProject?> FindAsync(string id, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (session, token) => session.FirstAsync(
                "SELECT access_key, secret_hash FROM project WHERE project = @project",
                r => new StoredProject(id, r.GetString(0), (byte[])r.GetValue(1)),
                token, ("project", id)),
            cancellationToken);

    public Task<string?> GetAsync(string name, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (session, token) => session.ScalarAsync<string>("SELECT value FROM setting WHERE name = @name", token, ("name", name)), cancellationToken);

    public Task PutAsync(string name, string value, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (session, token) => session.ExecuteAsync(
                "INSERT INTO setting (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                token, ("name", name), ("value", value)),
            cancellationToken);

    public Task<string> PutIfMissingAsync(string name, string value, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await session.ExecuteAsync(
                    "INSERT INTO setting (name, value) VALUES (@name, @value) ON CONFLICT (name) DO NOTHING", token, ("name", name), ("value", value));
                return (await session.ScalarAsync<string>("SELECT value FROM setting WHERE name = @name", token, ("name", name)))!;
            },
            cancellationToken);
}
