using Sluice.Core.Management;

namespace Sluice.Storage.Management;

/// <inheritdoc cref="IAuthorisations"/>
internal sealed class Authorisations(Database database) : IAuthorisations
{
    private const string Where = "WHERE project = @project AND name = @name";

    public async Task<byte[]?> ReadAsync(string project, string name, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.FirstAsync(
                $"SELECT content FROM authorisation {Where}", r => (byte[])r.GetValue(0), token, ("project", project), ("name", name)) is { Length: > 0 } content ? content : null,
            cancellationToken);

    public Task<T> UpdateAsync<T>(string project, string name, Func<byte[]?, DateTimeOffset, (byte[] Content, T Result)> change, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                (string, object?)[] where = [("project", project), ("name", name)];
                var now = await session.Dialect.ClockAsync(session, token);
                await session.ExecuteAsync(
                    "INSERT INTO authorisation (project, name, content, updated_at) VALUES (@project, @name, @content, @now) ON CONFLICT (project, name) DO NOTHING",
                    token, [.. where, ("content", Array.Empty<byte>()), ("now", now.ToUnixTimeMilliseconds())]);

                // Whoever inserted the row has locked it; the others wait here and then read what the one before has written.
                var kept = await session.FirstAsync($"SELECT content FROM authorisation {Where} {session.Dialect.ForUpdate}", r => (byte[])r.GetValue(0), token, where);
                now = await session.Dialect.ClockAsync(session, token);
                var (content, result) = change(kept is { Length: > 0 } ? kept : null, now);
                await session.ExecuteAsync(
                    $"UPDATE authorisation SET content = @content, updated_at = @now {Where}", token, [.. where, ("content", content), ("now", now.ToUnixTimeMilliseconds())]);
                return result;
            },
            cancellationToken);

    public Task ForgetAsync(string project, string name, CancellationToken cancellationToken) =>
        database.WriteAsync((session, token) => session.ExecuteAsync($"DELETE FROM authorisation {Where}", token, ("project", project), ("name", name)), cancellationToken);

    public Task ForgetOldAsync(string project, string inUse, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) => await session.ExecuteAsync(
                "DELETE FROM authorisation WHERE project = @project AND name <> @name AND updated_at < @before",
                token, ("project", project), ("name", inUse), ("before", await session.Dialect.NowAsync(session, token) - (long)IAuthorisations.Memory.TotalMilliseconds)),
            cancellationToken);
}
