using System.Data.Common;
using Sluice.Core.People;

namespace Sluice.Storage;

/// <summary>The few places where the two engines do not agree. Everything else is one SQL text.</summary>
internal abstract class Dialect
{
    public abstract string Name { get; }

    /// <summary>What stands behind a table's columns in a migration.</summary>
    public abstract string Rows { get; }

    /// <summary>Locks the rows a SELECT has found until the commit. SQLite has one writer, and so nothing to lock.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>The same for one table of a join.</summary>
    public string ForUpdateOf(string alias) => ForUpdate.Length == 0 ? "" : $"{ForUpdate} OF {alias}";

    /// <summary>
    /// Puts a batch into a statement. {batch} is where its rows stand in a FROM clause, under the alias b. PostgreSQL reads all rows in
    /// one statement; on SQLite the statement is prepared once and runs row by row, which is the fastest way into it. {name} is the
    /// parameter of that name, where a table is joined to the batch by it.
    /// </summary>
    public abstract string Render(string sql, Batch batch);

    /// <summary>True when a statement over a batch runs once a row.</summary>
    public abstract bool RowByRow { get; }

    public abstract void BindColumns(DbCommand command, Batch batch);

    /// <summary>The clock that all nodes share.</summary>
    public abstract Task<DateTimeOffset> ClockAsync(Session session, CancellationToken cancellationToken);

    /// <summary>The same in milliseconds since 1970, as times are stored.</summary>
    public async Task<long> NowAsync(Session session, CancellationToken cancellationToken) =>
        (await ClockAsync(session, cancellationToken)).ToUnixTimeMilliseconds();

    /// <summary>
    /// The same with the stamp of a project's tombstones (0: nobody was erased), in one go: whatever comes in needs both, and a second
    /// question would be a second way to the server and back.
    /// </summary>
    public abstract Task<(long Now, long Stamp)> NowAsync(Session session, string project, CancellationToken cancellationToken);

    public abstract short ShardOf(PersonKey key);

    /// <summary>The same in SQL, of a column that holds a key.</summary>
    public abstract string ShardOf(string column);

    /// <summary>
    /// Writes rows that are most likely new by the engine's bulk path: the batch's columns, and constants for the others. False when the
    /// engine has none, or when one of the rows was there after all: then nothing was written.
    /// </summary>
    public abstract Task<bool> TryCopyAsync(
        Session session, string table, Batch batch, IReadOnlyList<(string Column, ColumnType Type, object Value)> constants, CancellationToken cancellationToken);

    /// <summary>True when the error means: nothing is wrong with the work itself, try again.</summary>
    public abstract bool IsTransient(Exception exception);

    /// <summary>True when the error means that the store cannot be reached or written at the moment.</summary>
    public abstract bool IsUnavailable(Exception exception);

    /// <summary>
    /// The people of a cohort as its sessions stand now: of the claims that count (those of the base, and differences newer than
    /// it), the one with the highest number says whether the person is in. Parameters: project, cohort, base, and a key range.
    /// </summary>
    public abstract string EffectiveMembers(string project, string cohort, string baseNumber, string where);
}
