using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Sluice.Storage.Sqlite;

/// <summary>
/// Runs one statement over many rows on SQLite's own interface: prepared once, bound by position, and what is the same for all rows
/// bound once, because SQLite keeps bindings from one row to the next. The commands of ADO look every parameter up by name for every
/// row, which costs more than the row.
/// </summary>
internal sealed class SqliteRows(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, sqlite3_stmt> _statements = new(StringComparer.Ordinal);

    /// <param name="effective">Is given the places of the rows that changed something.</param>
    /// <returns>How many rows were changed.</returns>
    public int Execute(string sql, Batch batch, (string Name, object? Value)[] parameters, List<int>? effective = null)
    {
        var handle = connection.Handle!;
        var statement = Prepare(sql, handle);
        foreach (var (name, value) in parameters)
        {
            Bind(statement, raw.sqlite3_bind_parameter_index(statement, "@" + name), Session.Stored(value), handle);
        }

        var columns = batch.Columns;
        var places = new int[columns.Count];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = raw.sqlite3_bind_parameter_index(statement, "@" + columns[i].Parameter);
        }

        var changed = 0;
        try
        {
            for (var row = 0; row < batch.Count; row++)
            {
                for (var i = 0; i < places.Length; i++)
                {
                    if (places[i] > 0)
                    {
                        Check(columns[i].Bind(statement, places[i], row), handle);
                    }
                }

                var code = raw.sqlite3_step(statement);
                if (code is not raw.SQLITE_DONE and not raw.SQLITE_ROW)
                {
                    Check(code, handle);
                }

                var changes = raw.sqlite3_changes(handle);
                changed += changes;
                if (changes > 0)
                {
                    effective?.Add(row);
                }

                raw.sqlite3_reset(statement);
            }
        }
        finally
        {
            // Also after an error: the statement is used again, and holds no one's data meanwhile.
            raw.sqlite3_reset(statement);
            raw.sqlite3_clear_bindings(statement);
        }

        return changed;
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }
    }

    private sqlite3_stmt Prepare(string sql, sqlite3 handle)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            Check(raw.sqlite3_prepare_v3(handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out statement), handle);
            _statements.Add(sql, statement);
        }

        return statement;
    }

    private static void Bind(sqlite3_stmt statement, int place, object value, sqlite3 handle)
    {
        if (place == 0)
        {
            return;
        }

        Check(
            value switch
            {
                DBNull => raw.sqlite3_bind_null(statement, place),
                byte[] bytes => raw.sqlite3_bind_blob(statement, place, bytes),
                string text => raw.sqlite3_bind_text(statement, place, text),
                _ => raw.sqlite3_bind_int64(statement, place, Convert.ToInt64(value, CultureInfo.InvariantCulture)),
            },
            handle);
    }

    private static void Check(int code, sqlite3 handle) => SqliteException.ThrowExceptionForRC(code, handle);
}
