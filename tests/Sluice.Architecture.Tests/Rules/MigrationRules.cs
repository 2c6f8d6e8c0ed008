using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

/// <summary>
/// Tables that carry <c>shard</c> are distributed by it when the store grows beyond one machine. A distributed table can only keep a key
/// that holds the distribution column, and only reference rows of the same shard or small tables that every machine has whole.
/// </summary>
public static class MigrationRules
{
    private const string Shard = "shard";

    /// <summary>A table with one of these in a key has a row, or more, for each person: it is one of the large ones.</summary>
    private static readonly string[] ColumnsOfPeople = ["person", "distinct_id"];

    public static IEnumerable<string> Violations(IReadOnlyCollection<SourceFile> migrations)
    {
        var schema = new SqlSchema();
        foreach (var migration in migrations)
        {
            schema.Read(migration);
        }

        if (migrations.Count > 0 && schema.Tables.Count == 0)
        {
            yield return "There are migrations, and no CREATE TABLE was understood in them";
        }

        foreach (var problem in schema.NotUnderstood)
        {
            yield return problem;
        }

        foreach (var table in schema.Tables.Where(table => !IsSharded(table.Name) && HasRowsForEachPerson(table)))
        {
            yield return $"{table.Where}: {table.Name} has rows for each person and does not carry {Shard}";
        }

        foreach (var table in schema.Tables.Where(table => IsSharded(table.Name)))
        {
            if (!table.Keys.Any(key => key.IsPrimary))
            {
                yield return $"{table.Where}: {table.Name} carries {Shard} and has no primary key";
            }

            foreach (var key in table.Keys.Where(key => !key.Columns.Contains(Shard)))
            {
                yield return $"{key.Where}: a key of {table.Name} ({string.Join(", ", key.Columns)}) leaves out {Shard}";
            }
        }

        foreach (var table in schema.Tables)
        {
            foreach (var reference in table.ForeignKeys.Where(reference => IsSharded(reference.Target)))
            {
                if (!IsSharded(table.Name) || !reference.Columns.Contains(Shard))
                {
                    yield return $"{reference.Where}: {table.Name} references {reference.Target} across shards";
                }
            }
        }

        static bool HasRowsForEachPerson(SqlTable table)
        {
            return table.Keys.Any(key => key.Columns.Intersect(ColumnsOfPeople).Any());
        }

        bool IsSharded(string name)
        {
            return schema.Tables.Any(table => table.Name == name && table.Columns.Contains(Shard));
        }
    }
}
