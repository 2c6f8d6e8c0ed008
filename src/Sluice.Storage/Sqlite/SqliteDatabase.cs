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

    // Only another program could hold the file; whoever waits for us should hear soon that it does.
    private const int BusySeconds = 5;

    private readonly string _connectionString;
    private readonly Channel<Work> _queue = Channel.CreateBounded<Work>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private readonly ConcurrentBag<Session> _readers = [];
    private readonly SemaphoreSlim _readerSlots = new(8);
    private readonly Session _writer;
    private readonly Task _commits;
    private readonly bool _durable;

    private SqliteDatabase(string file, Dialect dialect, bool durable)
        : base(dialect)
    {
        _durable = durable;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = BusySeconds }.ToString();
        _writer = Open(cacheKibibytes: 65536);
        _commits = Task.Factory.StartNew(CommitAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <param name="durable">False switches the sync before the answer off. Only a test that shows what that loses sets it.</param>
    public static SqliteDatabase Open(string file, TimeProvider time, bool durable = true)
    {
        SQLitePCL.Batteries_V2.Init();
        return new SqliteDatabase(file, new SqliteDialect(time), durable);
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
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = {(_durable ? "FULL" : "OFF")};
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -{cacheKibibytes};
                PRAGMA wal_autocheckpoint = 8192;
                PRAGMA journal_size_limit = 67108864;
                """;
            command.ExecuteNonQuery();
            return new Session(connection, Dialect);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async Task CommitAsync()
    {
        var batch = new List<Work>(WorkPerCommit);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < WorkPerCommit && _queue.Reader.TryRead(out var work))
            {
                batch.Add(work);
            }

            await CommitAsync(batch);
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
