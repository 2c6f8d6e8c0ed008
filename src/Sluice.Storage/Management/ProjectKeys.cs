using Sluice.Core.Management;
using Sluice.Core.Projects;

namespace Sluice.Storage.Management;

/// <inheritdoc cref="IProjectKeys"/>
internal sealed class ProjectKeys(Database database) : IProjectKeys
{
    public async Task<IReadOnlyList<ProjectKey>> ListAsync(string project, CancellationToken cancellationToken) =>
        await database.ReadAsync((session, token) => ReadAsync(session, project, token), cancellationToken);

    public Task<ProjectKey?> AddAsync(string project, byte[] secretHash, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                if ((await LockedAsync(session, project, token)).Count >= ProjectCredentials.MaximumSecrets)
                {
                    return null;
                }

                var now = await session.Dialect.NowAsync(session, token);
                await session.ExecuteAsync(
                    "INSERT INTO project_key (project, secret_hash, own, created_at) VALUES (@project, @hash, 1, @now)",
                    token, ("project", project), ("hash", secretHash), ("now", now));
                return new ProjectKey(secretHash, IsOwn: true, DateTimeOffset.FromUnixTimeMilliseconds(now));
            },
            cancellationToken);

    public Task<KeyRevocation> RevokeAsync(string project, string id, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var keys = await LockedAsync(session, project, token);
                if (keys.FirstOrDefault(k => k.Id == id) is not { } key)
                {
                    return KeyRevocation.Unknown;
                }

                if (keys.FirstOrDefault(k => k.Id != id) is not { } other)
                {
                    return KeyRevocation.Last;
                }

                await session.ExecuteAsync(
                    "DELETE FROM project_key WHERE project = @project AND secret_hash = @hash", token, ("project", project), ("hash", key.SecretHash));
                await session.ExecuteAsync(
                    "UPDATE project SET secret_hash = @other WHERE project = @project AND secret_hash = @hash",
                    token, ("project", project), ("hash", key.SecretHash), ("other", other.SecretHash));
                return KeyRevocation.Revoked;
            },
            cancellationToken);

    /// <summary>Writes the key of the config file, or of the first start, in place of the one that was there before. Keys made by the management API stay.</summary>
    public static async Task PutAsync(Session session, string project, byte[] secretHash, long now, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            "DELETE FROM project_key WHERE project = @project AND own = 0 AND secret_hash <> @hash", cancellationToken, ("project", project), ("hash", secretHash));
        await session.ExecuteAsync(
            "INSERT INTO project_key (project, secret_hash, own, created_at) VALUES (@project, @hash, 0, @now) ON CONFLICT (project, secret_hash) DO NOTHING",
            cancellationToken, ("project", project), ("hash", secretHash), ("now", now));
        foreach (var surplus in (await ReadAsync(session, project, cancellationToken)).Where(k => !k.SecretHash.AsSpan().SequenceEqual(secretHash)).Reverse().Skip(ProjectCredentials.MaximumSecrets - 1))
        {
            await session.ExecuteAsync(
                "DELETE FROM project_key WHERE project = @project AND secret_hash = @hash", cancellationToken, ("project", project), ("hash", surplus.SecretHash));
        }
    }

    /// <summary>The project's row is locked until the commit, so that two nodes do not both see one key too few or too many.</summary>
    private static async Task<List<ProjectKey>> LockedAsync(Session session, string project, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync("UPDATE project SET revision = revision + 1 WHERE project = @project", cancellationToken, ("project", project));
        return await ReadAsync(session, project, cancellationToken);
    }

    private static Task<List<ProjectKey>> ReadAsync(Session session, string project, CancellationToken cancellationToken) =>
        session.QueryAsync(
            "SELECT secret_hash, own, created_at FROM project_key WHERE project = @project ORDER BY created_at, secret_hash",
            r => new ProjectKey((byte[])r.GetValue(0), r.GetInt16(1) == 1, r.Time(2)), cancellationToken, ("project", project));
}
