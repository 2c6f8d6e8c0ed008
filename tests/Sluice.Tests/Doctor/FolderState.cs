using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Sluice.Tests.Doctor;

/// <summary>What a folder holds, file by file, so that any change is seen.</summary>
internal static class FolderState
{
    /// <param name="without">A table that may change; then a store is compared by what its other tables hold and not by its bytes.</param>
    public static IReadOnlyList<string> Of(string folder, string? without = null) => !Directory.Exists(folder)
        ? ["there is no folder"]
        : [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => $"{Path.GetRelativePath(folder, f)} {Hash(f, without)}")];

    private static string Hash(string file, string? without)
    {
        var bytes = File.ReadAllBytes(file);
        return Convert.ToHexStringLower(SHA256.HashData(without is null || !bytes.AsSpan().StartsWith("SQLite format 3\0"u8) ? bytes : Encoding.UTF8.GetBytes(Dump(file, without))));
    }

    /// <summary>Everything in the tables, read without touching the file.</summary>
    private static string Dump(string file, string without)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = $"file:{file}?immutable=1", Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        var tables = Rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").Select(r => r.Trim()).Where(t => t != without).ToList();
        Assert.NotEmpty(tables);
        return string.Join('\n', tables.Select(t => $"{t}: {string.Join(' ', Rows(connection, $"SELECT * FROM \"{t}\"").Order(StringComparer.Ordinal))}"));
    }

    private static List<string> Rows(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Names of the store's own tables.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) is byte[] blob ? Convert.ToHexString(blob) : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))) + " ");
        }

        return rows;
    }
}
