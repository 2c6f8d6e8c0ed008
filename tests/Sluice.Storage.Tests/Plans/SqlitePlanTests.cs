using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Sluice.Storage.Sqlite;
using Sluice.Testing;
using SQLitePCL;

namespace Sluice.Storage.Tests.Plans;

/// <summary>No statement of the store reads a large table from end to end on SQLite: each goes into its key.</summary>
public sealed partial class SqlitePlanTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>How a plan names a way into a table that grows with the number of people, under the table's name or an alias.</summary>
    private static readonly string[] Large =
        ["membership", "membership_span", "unsettled", "profile", "pending", "ledger_contact", "ledger_member", "ledger_foreign", "suppression"];

    [Fact]
    public async Task Every_statement_goes_into_the_key_of_a_large_table()
    {
        using var folder = new TempFolder();
        await using var database = SqliteDatabase.Open(folder.Combine("sluice.db"), TimeProvider.System, durable: false);
        await Migrator.RunAsync(database, Token);
        var statements = new Dictionary<string, string>(StringComparer.Ordinal);
        await database.WriteAsync((session, _) => WatchAsync(session, statements), Token);
        await database.ReadAsync((session, _) => WatchAsync(session, statements), Token);
        await new EveryStatement(database, "p", 2_000).RunAsync(Token);

        string[] seen = [.. statements.Values];
        Assert.InRange(seen.Length, 60, 300);
        var wrong = await database.ReadAsync(
            (session, _) => Task.FromResult(seen.SelectMany(s => Problems((SqliteConnection)session.Connection, s)).ToList()), Token);
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
    }

    /// <summary>Notes every statement that runs on the session's connection from now on, once, with some values of it.</summary>
    private static Task<bool> WatchAsync(Session session, Dictionary<string, string> statements)
    {
        raw.sqlite3_trace(((SqliteConnection)session.Connection).Handle, (_, sql) => statements.TryAdd(Values().Replace(sql, "?"), sql), null);
        return Task.FromResult(true);
    }

    [GeneratedRegex(@"x'[0-9a-fA-F]*'|'(?:[^']|'')*'|\b\d+\b|\bNULL\b")]
    private static partial Regex Values();

    private static IEnumerable<string> Problems(SqliteConnection connection, string sql)
    {
        if (!Large.Any(table => sql.Contains(table, StringComparison.Ordinal)) || sql.StartsWith("CREATE", StringComparison.Ordinal))
        {
            yield break;
        }

        foreach (var line in Plan(connection, sql))
        {
            if (IsWhole(line))
            {
                yield return $"{line}\n{sql}";
            }
        }
    }

    private static List<string> Plan(SqliteConnection connection, string sql)
    {
        raw.sqlite3_prepare_v2(connection.Handle, "EXPLAIN QUERY PLAN " + sql, out var statement);
        using (statement)
        {
            var lines = new List<string>();
            while (raw.sqlite3_step(statement) == raw.SQLITE_ROW)
            {
                lines.Add(raw.sqlite3_column_text(statement, 3).utf8_to_string());
            }

            Assert.NotEmpty(lines);
            return lines;
        }
    }

    private static bool IsWhole(string line) => line.StartsWith("SCAN", StringComparison.Ordinal) || line.Contains("SEARCH", StringComparison.Ordinal);
}
