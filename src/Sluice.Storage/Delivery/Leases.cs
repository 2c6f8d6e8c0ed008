using Sluice.Core.Delivery;

namespace Sluice.Storage.Delivery;

/// <inheritdoc cref="ILeases"/>
internal sealed class Leases(Database database) : ILeases
{
    public Task<Lease?> TryTakeAsync(string name, string owner, TimeSpan length, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var now = await session.Dialect.NowAsync(session, token);
                var fence = await session.ScalarAsync<long?>(
                    """
                    INSERT INTO lease (name, owner, fence, expires_at) VALUES (@name, @owner, 1, @until)
                    ON CONFLICT (name) DO UPDATE SET
                        fence = CASE WHEN lease.owner = excluded.owner THEN lease.fence ELSE lease.fence + 1 END,
                        owner = excluded.owner, expires_at = excluded.expires_at
                    WHERE lease.owner = excluded.owner OR lease.expires_at <= @now
                    RETURNING fence
                    """,
                    token,
                    ("name", name), ("owner", owner), ("until", now + (long)length.TotalMilliseconds), ("now", now));
                return fence is { } number ? new Lease(name, owner, number) : null;
            },
            cancellationToken);

    public Task<bool> RenewAsync(Lease lease, TimeSpan length, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var now = await session.Dialect.NowAsync(session, token);
                return await session.ExecuteAsync(
                    "UPDATE lease SET expires_at = @until WHERE name = @name AND owner = @owner AND fence = @fence",
                    token,
                    ("name", lease.Name), ("owner", lease.Owner), ("fence", lease.Fence), ("until", now + (long)length.TotalMilliseconds)) == 1;
            },
            cancellationToken);

    public Task ReleaseAsync(Lease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) => await session.ExecuteAsync(
                "UPDATE lease SET expires_at = 0 WHERE name = @name AND owner = @owner AND fence = @fence",
                token, ("name", lease.Name), ("owner", lease.Owner), ("fence", lease.Fence)),
            cancellationToken);

    /// <summary>Notes that a project's contacts are written under a lease, before anything is read for them.</summary>
    public static Task<int> NoteAsync(Session session, string project, string name, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "INSERT INTO delivery_lease (project, name) VALUES (@project, @name) ON CONFLICT (project, name) DO NOTHING",
            cancellationToken, ("project", project), ("name", name));

    /// <summary>
    /// Gives the leases that a project's contacts are written under another number: who works under one writes nothing of what they have
    /// read, takes it again and reads anew. Before anything else of the ledger is touched, for a step of delivery locks its lease first too.
    /// </summary>
    public static async Task RenumberDeliveryAsync(Session session, string project, CancellationToken cancellationToken)
    {
        foreach (var name in await session.QueryAsync(
            "SELECT name FROM delivery_lease WHERE project = @project ORDER BY name", r => r.GetString(0), cancellationToken, ("project", project)))
        {
            await session.ExecuteAsync("UPDATE lease SET fence = fence + 1 WHERE name = @name", cancellationToken, ("name", name));
        }
    }

    /// <summary>Holds the lease's row until the commit, so that no other node can take it in between.</summary>
    public static async Task CheckAsync(Session session, Lease lease, CancellationToken cancellationToken)
    {
        var fence = await session.ScalarAsync<long?>(
            $"SELECT fence FROM lease WHERE name = @name AND owner = @owner {session.Dialect.ForUpdate}",
            cancellationToken, ("name", lease.Name), ("owner", lease.Owner));
        if (fence != lease.Fence)
        {
            throw new LeaseLostException();
        }
    }
}

/// <inheritdoc cref="IPermitBooks"/>
internal sealed class PermitBooks(Database database) : IPermitBooks
{
    public Task<T> UpdateAsync<T>(
        string account, string bucket, Func<byte[]?, DateTimeOffset, (byte[] Book, T Result)> change, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                (string, object?)[] where = [("account", account), ("bucket", bucket)];
                var book = await session.FirstAsync(
                    $"SELECT book FROM permit_book WHERE account = @account AND bucket = @bucket {session.Dialect.ForUpdate}",
                    r => (byte[])r.GetValue(0), token, where);
                if (book is null)
                {
                    // Locks the row for whoever comes first; the others wait here and then read what the first has written.
                    await session.ExecuteAsync(
                        "INSERT INTO permit_book (account, bucket, book) VALUES (@account, @bucket, @book) ON CONFLICT (account, bucket) DO NOTHING",
                        token, [.. where, ("book", Array.Empty<byte>())]);
                    book = await session.FirstAsync(
                        $"SELECT book FROM permit_book WHERE account = @account AND bucket = @bucket {session.Dialect.ForUpdate}",
                        r => (byte[])r.GetValue(0), token, where);
                }

                var now = await session.Dialect.ClockAsync(session, token);
                var (changed, result) = change(book is { Length: > 0 } ? book : null, now);
                await session.ExecuteAsync(
                    "UPDATE permit_book SET book = @book WHERE account = @account AND bucket = @bucket", token, [.. where, ("book", changed)]);
                return result;
            },
            cancellationToken);
}
