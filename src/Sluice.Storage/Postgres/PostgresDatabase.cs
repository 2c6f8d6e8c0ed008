using System.Data;
using System.Data.Common;
using Npgsql;

namespace Sluice.Storage.Postgres;

/// <summary>
/// PostgreSQL, shared by any number of nodes. Each piece of work is a transaction of its own: the server's write-ahead log
/// already lets transactions that commit at one time share a sync, and short transactions hold their locks shortly.
/// </summary>
internal sealed class PostgresDatabase : Database
{
    private const int Writers = 8;
    private const int QueueLimit = 512;
    private const int Attempts = 5;

    // What is acknowledged is on disk, also where the server or the database is set up to answer sooner. And a node that stands still in the middle
    // of a transaction, or whose machine is gone, keeps its locks from the others for less than a lease lasts. Stricter settings stay.
    private const string Demands = """
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
        SELECT set_config('idle_in_transaction_session_timeout', '20s', false) FROM pg_settings
        WHERE name = 'idle_in_transaction_session_timeout' AND setting::bigint NOT BETWEEN 1 AND 20000
        """;

    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _writers = new(Writers);
    private int _waiting;

    private PostgresDatabase(NpgsqlDataSource source)
        : base(new PostgresDialect()) => _source = source;

    public static PostgresDatabase Open(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            // Statements are prepared by themselves once they have been used a few times.
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            IncludeErrorDetail = false,
        };
        settings.MaxPoolSize = Math.Max(settings.MaxPoolSize, 2 * Writers);
        settings.ApplicationName ??= "sluice";
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.UsePhysicalConnectionInitializer(SetUp, SetUpAsync);
        return new PostgresDatabase(builder.Build());
    }

    public override async Task<T> WriteAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > QueueLimit)
        {
            Interlocked.Decrement(ref _waiting);
            throw new StoreBusyException("The queue of commits is full.");
        }

        try
        {
            await _writers.WaitAsync(cancellationToken);
            try
            {
                for (var attempt = 1; ; attempt++)
                {
                    try
                    {
                        return await WriteOnceAsync(work, cancellationToken);
                    }
                    catch (Exception e) when (Dialect.IsTransient(e) && attempt < Attempts)
                    {
                        // Another node was in the way: the work runs again from its beginning.
                    }
                }
            }
            finally
            {
                _writers.Release();
            }
        }
        catch (Exception e) when (Dialect.IsUnavailable(e))
        {
            throw new StoreBusyException("The store cannot be written.", e);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public override async Task<T> ReadAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var session = new Session(await _source.OpenConnectionAsync(cancellationToken), Dialect, Tombstones);
            return await ReadOnAsync(session, work, cancellationToken);
        }
        catch (Exception e) when (Dialect.IsUnavailable(e))
        {
            throw new StoreBusyException("The store cannot be read.", e);
        }
    }

    /// <remarks>
    /// The rows are gone for every query; their bytes lie in free room of the table's pages until that is used again, and in the
    /// write-ahead log as long as the server keeps it.
    /// </remarks>
    public override async Task<DateTimeOffset> ScrubAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken)
    {
        try
        {
            var from = await ReadAsync(Dialect.ClockAsync, cancellationToken);
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            foreach (var table in tables)
            {
                await using var command = new NpgsqlCommand($"VACUUM {table}", connection) { CommandTimeout = 0 };
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            return from;
        }
        catch (Exception e) when (Dialect.IsUnavailable(e))
        {
            throw new StoreBusyException("The store cannot be cleaned now.", e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _writers.Dispose();
    }

    protected override ValueTask<DbTransaction> BeginReadAsync(DbConnection connection, CancellationToken cancellationToken) =>
        connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);

    private static void SetUp(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(Demands, connection);
        command.ExecuteNonQuery();
    }

    private static async Task SetUpAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Demands, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<T> WriteOnceAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var session = new Session(await _source.OpenConnectionAsync(cancellationToken), Dialect, Tombstones);
        await using var transaction = await session.Connection.BeginTransactionAsync(cancellationToken);
        session.Transaction = transaction;
        var result = await work(session, cancellationToken);

        // Once a commit is under way its outcome belongs to the caller who asked for it, not to whoever stopped waiting.
        await transaction.CommitAsync(CancellationToken.None);
        return result;
    }
}
