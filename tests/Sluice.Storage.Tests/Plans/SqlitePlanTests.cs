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

    /// <summary>The tables that grow with the number of people.</summary>
    private static readonly string[] Large =
        ["membership", "membership_span", "unsettled", "profile", "pending", "ledger_contact", "ledger_member", "ledger_foreign", "suppression", "group_member", "lookup_row"];

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

        string[] seen = [.. statements.Values.Where(s => Large.Any(table => s.Contains(table, StringComparison.Ordinal)))];
        Assert.InRange(seen.Length, 40, 300);
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
        var plan = Plan(connection, sql);
        return plan.Where(line => IsWhole(line, plan, sql)).Select(line => $"{line}\n{sql}");
    }

    /// <summary>A step that reads all of a large table, or all that it has of a cohort or a list.</summary>
    private static bool IsWhole(string line, List<string> plan, string sql)
    {
        if (Scan().Match(line) is { Success: true } scan)
        {
            var name = scan.Groups["name"].Value;
            var isInner = plan.Any(l => l == $"CO-ROUTINE {name}" || l == $"MATERIALIZE {name}");
            return !isInner && Large.Contains(TableOf(name, sql));
        }

        return Search().Match(line) is { Success: true } search
            && Large.Contains(TableOf(search.Groups["name"].Value, sql))
            && !ByPerson().IsMatch(search.Groups["key"].Value)
            && !sql.Contains("LIMIT", StringComparison.Ordinal)
            // How large a list is: counted as it is read, and nothing is kept.
            && !PlainCount().IsMatch(sql)
            // Once for a job of many thousands, over the marks that wait.
            && !sql.StartsWith("UPDATE pending SET job = NULL", StringComparison.Ordinal);
    }

    private static string TableOf(string name, string sql) =>
        Regex.Match(sql, $@"\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)\s+(?:AS\s+)?{name}\b") is { Success: true } match ? match.Groups[1].Value : name;

    [GeneratedRegex(@"^SCAN (?<name>\w+)$")]
    private static partial Regex Scan();

    [GeneratedRegex(@"^SEARCH (?<name>\w+) USING .*\((?<key>project=.*)\)")]
    private static partial Regex Search();

    [GeneratedRegex("person|subject|email|phone")]
    private static partial Regex ByPerson();

    [GeneratedRegex(@"^SELECT count\(\*\) FROM ledger_(member|foreign) WHERE project = '[^']*' AND destination = '[^']*' AND list = \d+$")]
    private static partial Regex PlainCount();

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
}
