using Sluice.Core.Delivery;

namespace Sluice.Storage.Delivery;

/// <inheritdoc cref="IListClaims"/>
internal sealed class ListClaims(Database database) : IListClaims
{
    // What a project has claimed of a list, in an account and under the account's other names.
    private const string OfAccount = """
        project = @project AND list = @list
            AND (account = @account OR account IN (SELECT c.account FROM connector c WHERE c.project = @project AND c.name = @destination))
        """;

    public Task<ListClaim> ClaimAsync(
        string account, string project, string destination, long list, IReadOnlyCollection<string> served, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var made = Guid.NewGuid().ToString("n");
                (string, object?)[] own =
                [
                    ("project", project), ("destination", destination), ("list", list), ("made", made), ("now", await session.Dialect.NowAsync(session, token)),
                ];
                var before = await session.QueryAsync("SELECT account FROM list_claim WHERE project = @project AND list = @list", r => r.GetString(0), token, own);
                var names = await session.QueryAsync(
                    "SELECT account FROM connector WHERE project = @project AND name = @destination AND account IS NOT NULL", r => r.GetString(0), token, own);

                // In one order: of two who want the same, one waits for the other.
                string[] accounts = [.. names.Append(account).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
                var owners = new Dictionary<string, ListClaim>(StringComparer.Ordinal);
                foreach (var name in accounts)
                {
                    owners[name] = await session.FirstAsync(
                        """
                        INSERT INTO list_claim (account, list, project, claimed_at, made) VALUES (@account, @list, @project, @now, @made)
                        ON CONFLICT (account, list) DO UPDATE SET made = CASE WHEN list_claim.project = excluded.project THEN NULL ELSE list_claim.made END
                        RETURNING project, made
                        """,
                        r => new ListClaim(r.GetString(0), r.TextOrNull(1)), token, [.. own, ("account", name)]);
                }

                if (owners.Values.Select(o => o.Owner).FirstOrDefault(o => o != project && served.Contains(o)) is { } other)
                {
                    foreach (var name in accounts.Except(before, StringComparer.Ordinal))
                    {
                        await session.ExecuteAsync("DELETE FROM list_claim WHERE account = @account AND list = @list AND project = @project", token, [.. own, ("account", name)]);
                    }

                    return new ListClaim(other, null);
                }

                foreach (var (name, gone) in owners.Where(o => o.Value.Owner != project))
                {
                    await session.ExecuteAsync(
                        "UPDATE list_claim SET project = @project, claimed_at = @now, made = @made WHERE account = @account AND list = @list", token,
                        [.. own, ("account", name)]);
                    await session.ExecuteAsync(
                        "UPDATE list SET kept = 0 WHERE project = @gone AND destination = @destination AND list = @list", token, [.. own, ("gone", gone.Owner)]);
                }

                await session.ExecuteAsync(
                    """
                    INSERT INTO list (project, destination, list, foreign_read, walk_slice, walk_slices, held, kept)
                    VALUES (@project, @destination, @list, 0, 0, 0, 0, 1)
                    ON CONFLICT (project, destination, list) DO UPDATE SET kept = 1
                    """,
                    token, own);

                // Under one name it may have been the project's before: then it is not this call's to give back.
                return new ListClaim(project, owners.Values.All(o => o.Owner != project || o.Made == made) ? made : null);
            },
            cancellationToken);

    public Task ReleaseUnusedAsync(string account, string project, string destination, long list, string made, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                (string, object?)[] where = [("account", account), ("project", project), ("destination", destination), ("list", list)];
                const string Of = "project = @project AND destination = @destination AND list = @list";

                // Written as they are: whoever asks for the list at this moment waits, or has been here before.
                var claims = await session.QueryAsync($"UPDATE list_claim SET made = made WHERE {OfAccount} RETURNING made", r => r.TextOrNull(0), token, where);
                if (claims.Count > 0 && claims.All(m => m == made)
                    && await session.ScalarAsync<int?>($"SELECT 1 FROM ledger_member WHERE {Of} LIMIT 1", token, where) is null
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
        await session.ExecuteAsync($"DELETE FROM list_claim WHERE {OfAccount}", cancellationToken, ended);
    }
}
