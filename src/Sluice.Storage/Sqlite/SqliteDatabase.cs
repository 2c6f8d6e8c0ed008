using System.Collections.Concurrent;
using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Sluice.Storage.Sqlite;

/// <summary>
/// The embedded store. One thread owns the one connection that writes; whatever waits in its queue shares a transaction, so that one
/// fsync pays for many. When one piece of work fails, the transaction is undone and each piece runs in one of its own: no savepoints,
/// because SQLite then keeps a copy of every page it changes, which halves the rate for the sake of errors that hardly ever happen.
/// </summary>
internal sealed class SqliteDatabase : Database
{
    private const int QueueLimit = 512;
    private const int WorkPerCommit = 64;

    // SQLite's codes.
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    // While the log is emptied nobody writes; between two attempts whoever waits does. Readers that stay in the way are gone in the end.
    private const int CheckpointAttempts = 20;
    private const int CheckpointMilliseconds = 1_000;

    // SQLite has one folder for the whole process where it puts what does not fit into memory. Only a copy of a store is put there.
    private static readonly Lock Copying = new();

    // Only another program could hold the file; whoever waits for us should hear soon that it does.
    private const int BusySeconds = 5;

    private readonly string _connectionString;
    private readonly Channel<Work> _queue = Channel.CreateBounded<Work>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private readonly ConcurrentBag<Session> _readers = [];
    private readonly SemaphoreSlim _readerSlots = new(8);
    private readonly Session _writer;
    private readonly Task _commits;
    private readonly bool _durable;
    private readonly bool _asItIs;
    private readonly string _folder;

    // When the file was written anew of which the log still holds what was there before; null when there is none.
    private DateTimeOffset? _rebuilt;

    private SqliteDatabase(string file, Dialect dialect, bool durable, bool asItIs)
        : base(dialect)
    {
        _durable = durable;
        _asItIs = asItIs;
        _folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = BusySeconds }.ToString();
        _writer = Open(cacheKibibytes: 65536);
        _commits = Task.Factory.StartNew(CommitAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <param name="durable">False switches the sync before the answer off. Only a test that shows what that loses sets it.</param>
    /// <param name="asItIs">Leaves even the kind of the journal, which stands in the file.</param>
    public static SqliteDatabase Open(string file, TimeProvider time, bool durable = true, bool asItIs = false)
    {
        SQLitePCL.Batteries_V2.Init();
        return new SqliteDatabase(file, new SqliteDialect(time), durable, asItIs);
    }

    /// <summary>True when the error means that the file is no database, or a damaged one.</summary>
    public static bool IsNoDatabase(Exception exception) =>
        (exception as SqliteException ?? exception.InnerException as SqliteException) is { SqliteErrorCode: Corrupt or NotADatabase };

    public override async Task<T> WriteAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var item = new Work<T>(work, cancellationToken);
        if (!_queue.Writer.TryWrite(item))
        {
            throw new StoreBusyException("The queue of commits is full.");
        }

        return await item.Task;
    }

    public override async Task<T> ReadAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await _readerSlots.WaitAsync(cancellationToken);
        try
        {
            if (!_readers.TryTake(out var session))
            {
                session = Open(cacheKibibytes: 4096);
            }

            try
            {
                // SQLite has no asynchronous reads: the caller's thread is given back, a pool thread does the reading.
                return await Task.Run(() => ReadOnAsync(session, work, cancellationToken), cancellationToken);
            }
            finally
            {
                _readers.Add(session);
            }
        }
        finally
        {
            _readerSlots.Release();
        }
    }

    /// <remarks>
    /// The whole file is written anew: pages that were split, and rows that were changed long ago, leave copies that nothing else
    /// finds. Nobody writes meanwhile; whoever reads goes on. Then the log is emptied into the file, which ends with the last page in use.
    /// </remarks>
    public override async Task<DateTimeOffset> ScrubAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken)
    {
        try
        {
            if (_rebuilt is null)
            {
                var from = await ReadAsync(Dialect.ClockAsync, cancellationToken);
                await AloneAsync(Rebuild);
                _rebuilt = from;
            }

            // When readers keep this from being done now, the next call does it, and nothing more.
            var isEmpty = false;
            for (var attempt = 0; attempt < CheckpointAttempts && !isEmpty; attempt++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await AloneAsync(() => isEmpty = EmptyLog());
            }

            if (!isEmpty)
            {
                throw new StoreBusyException("Readers keep the store's log from being emptied.");
            }

            var clean = _rebuilt.Value;
            _rebuilt = null;
            return clean;
        }
        catch (SqliteException e)
        {
            throw new StoreBusyException($"The store's file cannot be written anew now: {e.Message}", e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _commits;
        await _writer.DisposeAsync();
        foreach (var reader in _readers)
        {
            await reader.DisposeAsync();
        }

        _readerSlots.Dispose();
    }

    // Deferred: a transaction that begins like a writer's would wait for the writer, and the writer for it.
    protected override ValueTask<DbTransaction> BeginReadAsync(DbConnection connection, CancellationToken cancellationToken) =>
        ValueTask.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(deferred: true));

    private Session Open(int cacheKibibytes)
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"""
                PRAGMA busy_timeout = {BusySeconds * 1000};
                {(_asItIs ? "" : "PRAGMA journal_mode = WAL;")}
                PRAGMA synchronous = {(_durable ? "FULL" : "OFF")};
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -{cacheKibibytes};
                PRAGMA wal_autocheckpoint = 8192;
                PRAGMA journal_size_limit = 67108864;
                """;
            command.ExecuteNonQuery();
            return new Session(connection, Dialect, Tombstones);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Has work done outside of any transaction, while nobody else writes.</summary>
    private async Task AloneAsync(Action work)
    {
        var alone = new Alone(work);
        if (!_queue.Writer.TryWrite(alone))
        {
            throw new StoreBusyException("The queue of commits is full.");
        }

        await alone.Done;
    }

    private void Rebuild()
    {
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();

        // The copy on the way is as large as the store: it stands in a file, beside the store and not where the system keeps small ones. The
        // time-out is for another program that holds the store; how long the work itself takes does not count.
        lock (Copying)
        {
            command.CommandText = $"""
                PRAGMA busy_timeout = {BusySeconds * 1000};
                PRAGMA synchronous = {(_durable ? "FULL" : "OFF")};
                PRAGMA temp_store_directory = '{_folder.Replace("'", "''", StringComparison.Ordinal)}';
                PRAGMA temp_store = FILE;
                VACUUM;
                """;
            command.ExecuteNonQuery();
        }
    }

    /// <returns>False when a reader was in the way.</returns>
    private bool EmptyLog()
    {
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA busy_timeout = {CheckpointMilliseconds}";
        command.ExecuteNonQuery();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        return command.ExecuteScalar() is 0L;
    }

    private async Task CommitAsync()
    {
        var batch = new List<Work>(WorkPerCommit);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            Alone? alone = null;
            while (alone is null && batch.Count < WorkPerCommit && _queue.Reader.TryRead(out var work))
            {
                alone = work as Alone;
                if (alone is null)
                {
                    batch.Add(work);
                }
            }

            if (batch.Count > 0)
            {
                await CommitAsync(batch);
            }

            alone?.Run();
        }
    }

    private async Task CommitAsync(List<Work> batch)
    {
        if (await TryCommitAsync(batch) || batch.Count == 1)
        {
            return;
        }

        // One of them failed and took the transaction with it: each gets one of its own, and the others are none the worse.
        foreach (var work in batch)
        {
            await TryCommitAsync([work]);
        }
    }

    /// <returns>False when nothing was committed and somebody else's work may be to blame.</returns>
    private async Task<bool> TryCommitAsync(List<Work> batch)
    {
        SqliteTransaction? transaction = null;
        try
        {
            // Another program may hold the file: then this batch is refused, and the next one is tried.
            transaction = ((SqliteConnection)_writer.Connection).BeginTransaction(deferred: false);
            _writer.Transaction = transaction;
            foreach (var work in batch)
            {
                if (!await work.RunAsync(_writer))
                {
                    transaction.Rollback();
                    if (batch.Count == 1)
                    {
                        work.Complete();
                    }

                    return false;
                }
            }

            transaction.Commit();
        }
        catch (SqliteException e)
        {
            // Nothing of this batch is on disk: nobody may be told that it is.
            foreach (var work in batch)
            {
                work.Fail(new StoreBusyException("The store could not commit.", e));
            }

            return true;
        }
        finally
        {
            _writer.Transaction = null;
            transaction?.Dispose();
        }

        foreach (var work in batch)
        {
            work.Complete();
        }

        return true;
    }

    private abstract class Work
    {
        /// <summary>False when the work failed and must be rolled back.</summary>
        public abstract Task<bool> RunAsync(Session session);

        public abstract void Complete();

        public abstract void Fail(Exception exception);
    }

    /// <summary>Work outside of any transaction, while nobody else writes.</summary>
    private sealed class Alone(Action work) : Work
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public void Run()
        {
            try
            {
                work();
                _done.TrySetResult();
            }
            catch (Exception e)
            {
                // Whatever it is, whoever asked hears of it, and the commits go on.
                _done.TrySetException(e);
            }
        }

        public override Task<bool> RunAsync(Session session) => throw new NotSupportedException("It is no part of a transaction.");

        public override void Complete() => _done.TrySetResult();

        public override void Fail(Exception exception) => _done.TrySetException(exception);
    }

    private sealed class Work<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken) : Work
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;
        private Exception? _error;

        public Task<T> Task => _done.Task;

        public override async Task<bool> RunAsync(Session session)
        {
            _error = null;
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                _result = await work(session, cancellationToken);
                return true;
            }
            catch (Exception e)
            {
                _error = session.Dialect.IsUnavailable(e) ? new StoreBusyException("The store cannot be written.", e) : e;
                return false;
            }
        }

        public override void Complete()
        {
            if (_error is OperationCanceledException)
            {
                _done.TrySetCanceled(cancellationToken);
            }
            else if (_error is not null)
            {
                _done.TrySetException(_error);
            }
            else
            {
                _done.TrySetResult(_result);
            }
        }

        public override void Fail(Exception exception) => _done.TrySetException(_error ?? exception);
    }
}
