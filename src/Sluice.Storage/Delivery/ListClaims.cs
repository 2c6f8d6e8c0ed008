using Sluice.Core.Delivery;

namespace Sluice.Storage.Delivery;

/// <inheritdoc cref="IListClaims"/>
internal sealed class ListClaims(Database database) : IListClaims
{
    public Task<string> ClaimAsync(
        string account, string project, string destination, long list, IReadOnlyCollection<string> served, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                (string, object?)[] own = [("project", project), ("destination", destination), ("list", list), ("now", await session.Dialect.NowAsync(session, token))];
                var before = await session.QueryAsync("SELECT account FROM list_claim WHERE project = @project AND list = @list", r => r.GetString(0), token, own);
                var names = await session.QueryAsync(
                    "SELECT account FROM connector WHERE project = @project AND name = @destination AND account IS NOT NULL", r => r.GetString(0), token, own);

                // In one order: of two who want the same, one waits for the other.
                string[] accounts = [.. names.Append(account).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
                var owners = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var name in accounts)
                {
                    owners[name] = (await session.ScalarAsync<string>(
                        """
                        INSERT INTO list_claim (account, list, project, claimed_at) VALUES (@account, @list, @project, @now)
                        ON CONFLICT (account, list) DO UPDATE SET claimed_at = list_claim.claimed_at RETURNING project
                        """,
                        token, [.. own, ("account", name)]))!;
                }

                if (owners.Values.FirstOrDefault(o => o != project && served.Contains(o)) is { } other)
                {
                    foreach (var name in accounts.Except(before, StringComparer.Ordinal))
                    {
                        await session.ExecuteAsync("DELETE FROM list_claim WHERE account = @account AND list = @list AND project = @project", token, [.. own, ("account", name)]);
                    }

                    return other;
                }

                foreach (var (name, gone) in owners.Where(o => o.Value != project))
                {
                    await session.ExecuteAsync(
                        "UPDATE list_claim SET project = @project, claimed_at = @now WHERE account = @account AND list = @list", token, [.. own, ("account", name)]);
                    await session.ExecuteAsync(
                        "UPDATE list SET kept = 0 WHERE project = @gone AND destination = @destination AND list = @list", token, [.. own, ("gone", gone)]);
                }

                await session.ExecuteAsync(
                    """
                    INSERT INTO list (project, destination, list, foreign_read, walk_slice, walk_slices, held, kept)
                    VALUES (@project, @destination, @list, 0, 0, 0, 0, 1)
                    ON CONFLICT (project, destination, list) DO UPDATE SET kept = 1
                    """,
                    token, own);
                return project;
            },
            cancellationToken);

    public Task ReleaseUnusedAsync(string account, string project, string destination, long list, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                (string, object?)[] where = [("project", project), ("destination", destination), ("list", list)];
                const string Of = "project = @project AND destination = @destination AND list = @list";
                if (await session.ScalarAsync<int?>($"SELECT 1 FROM ledger_member WHERE {Of} LIMIT 1", token, where) is null
                    && await session.ScalarAsync<int?>($"SELECT 1 FROM job WHERE {Of} AND ended_at IS NULL LIMIT 1", token, where) is null)
                {
                    await EndAsync(session, account, project, destination, list, token);
                }
            },
            cancellationToken);

    /// <summary>The list is looked after no more, and whoever wants may have it. What the project has claimed of another account stays.</summary>
    public static async Task EndAsync(Session session, string account, string project, string destination, long list, CancellationToken cancellationToken)
    {
        (string, object?)[] ended = [("account", account), ("project", project), ("destination", destination), ("list", list)];
        await session.ExecuteAsync("UPDATE list SET kept = 0 WHERE project = @project AND destination = @destination AND list = @list", cancellationToken, ended);
        await session.ExecuteAsync(
            """
            DELETE FROM list_claim WHERE project = @project AND list = @list
                AND (account = @account OR account IN (SELECT c.account FROM connector c WHERE c.project = @project AND c.name = @destination))
            """,
            cancellationToken, ended);
    }
}
