using System.Text.RegularExpressions;

namespace Sluice.Architecture.Tests.Tree;

/// <summary>A primary key, a unique constraint or a unique index.</summary>
public sealed record SqlKey(bool IsPrimary, IReadOnlyList<string> Columns, string Where);

/// <summary>A foreign key and the table it points at.</summary>
public sealed record SqlForeignKey(IReadOnlyList<string> Columns, string Target, string Where);

/// <summary>A table as the migrations leave it.</summary>
public sealed class SqlTable(string name, string where)
{
    public string Name { get; } = name;

    public string Where { get; } = where;

    public List<string> Columns { get; } = [];

    public List<SqlKey> Keys { get; } = [];

    public List<SqlForeignKey> ForeignKeys { get; } = [];
}

/// <summary>
/// Reads tables and their keys from plain SQL migrations, as far as both engines' dialects agree on them: CREATE TABLE, CREATE UNIQUE
/// INDEX and ALTER TABLE … ADD. What names a key and was not understood is kept as a problem instead of being passed over.
/// </summary>
public sealed partial class SqlSchema
{
    private readonly Dictionary<(string Folder, string Name), SqlTable> _tables = [];

    public List<string> NotUnderstood { get; } = [];

    public IReadOnlyCollection<SqlTable> Tables => _tables.Values;

    public void Read(SourceFile migration)
    {
        var sql = WithoutCommentsAndLiterals(migration.Text);
        // Each engine may have a folder of its own with the same table names.
        var folder = Path.GetDirectoryName(migration.Path) ?? "";
        var position = 0;
        foreach (var statement in SplitTopLevel(sql, ';'))
        {
            var lead = statement.Length - statement.TrimStart().Length;
            var where = $"{migration.Path}:{1 + sql.AsSpan(0, Math.Min(sql.Length, position + lead)).Count('\n')}";
            position += statement.Length + 1;
            ReadStatement(statement.Trim(), folder, where);
        }
    }

    private void ReadStatement(string statement, string folder, string where)
    {
        if (CreateTable().Match(statement) is { Success: true } create)
        {
            var table = new SqlTable(Name(create.Groups["name"].Value), where);
            _tables[(folder, table.Name)] = table;
            foreach (var part in SplitTopLevel(Parenthesised(statement, create.Groups["open"].Index), ','))
            {
                ReadPart(table, part.Trim(), where);
            }
        }
        else if (CreateUniqueIndex().Match(statement) is { Success: true } index)
        {
            if (_tables.TryGetValue((folder, Name(index.Groups["table"].Value)), out var table))
            {
                table.Keys.Add(new SqlKey(IsPrimary: false, ColumnList(statement, index.Groups["open"].Index), where));
            }
            else
            {
                NotUnderstood.Add($"{where}: a unique index on the unknown table {index.Groups["table"].Value}");
            }
        }
        else if (AlterTable().Match(statement) is { Success: true } alter)
        {
            ReadAlteration(alter, folder, where);
        }
        else if (KeyWords().IsMatch(statement))
        {
            NotUnderstood.Add($"{where}: names a key in a form that this reader does not know");
        }
    }

    private void ReadAlteration(Match alter, string folder, string where)
    {
        var name = Name(alter.Groups["table"].Value);
        if (!_tables.TryGetValue((folder, name), out var table))
        {
            NotUnderstood.Add($"{where}: alters the unknown table {name}");
            return;
        }

        if (Rename().Match(alter.Groups["rest"].Value) is { Success: true } rename)
        {
            var renamed = new SqlTable(Name(rename.Groups["name"].Value), where);
            renamed.Columns.AddRange(table.Columns);
            renamed.Keys.AddRange(table.Keys);
            renamed.ForeignKeys.AddRange(table.ForeignKeys);
            _tables.Remove((folder, name));
            _tables[(folder, renamed.Name)] = renamed;
            return;
        }

        foreach (var action in SplitTopLevel(alter.Groups["rest"].Value, ','))
        {
            if (AddToTable().Match(action.Trim()) is { Success: true } add)
            {
                ReadPart(table, add.Groups["part"].Value, where);
            }
        }
    }

    // A column or a table constraint.
    private static void ReadPart(SqlTable table, string part, string where)
    {
        var constraint = ConstraintName().Replace(part, "");
        if (TableKey().Match(constraint) is { Success: true } key)
        {
            var isPrimary = key.Groups["kind"].Value.StartsWith('p') || key.Groups["kind"].Value.StartsWith('P');
            table.Keys.Add(new SqlKey(isPrimary, ColumnList(constraint, key.Groups["open"].Index), where));
        }
        else if (TableForeignKey().Match(constraint) is { Success: true } foreign)
        {
            table.ForeignKeys.Add(new SqlForeignKey(ColumnList(constraint, foreign.Groups["open"].Index), Name(foreign.Groups["target"].Value), where));
        }
        else if (!OtherConstraint().IsMatch(constraint) && ColumnName().Match(constraint) is { Success: true } column)
        {
            var name = Name(column.Value);
            table.Columns.Add(name);
            if (ColumnKey().Match(part) is { Success: true } own)
            {
                var isPrimary = own.Value.StartsWith('p') || own.Value.StartsWith('P');
                table.Keys.Add(new SqlKey(isPrimary, [name], where));
            }

            if (References().Match(part) is { Success: true } reference)
            {
                table.ForeignKeys.Add(new SqlForeignKey([name], Name(reference.Groups["target"].Value), where));
            }
        }
    }

    private static string WithoutCommentsAndLiterals(string sql)
    {
        return CommentOrLiteral().Replace(sql, match => string.Concat(match.Value.Select(c => c == '\n' ? '\n' : ' ')));
    }

    private static IEnumerable<string> SplitTopLevel(string text, char separator)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (depth == 0 && text[i] == separator)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private static string Parenthesised(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (depth == 0)
            {
                return text[(open + 1)..i];
            }
        }

        return text[(open + 1)..];
    }

    private static IReadOnlyList<string> ColumnList(string text, int open)
    {
        return [.. SplitTopLevel(Parenthesised(text, open), ',').Select(column => Name(ColumnName().Match(column.Trim()).Value))];
    }

    private static string Name(string text)
    {
        return text.Split('.')[^1].Trim('"', '`', '[', ']').ToLowerInvariant();
    }

    private const RegexOptions Sql = RegexOptions.IgnoreCase | RegexOptions.Singleline;

    [GeneratedRegex(@"--[^\n]*|/\*.*?\*/|'([^']|'')*'|(?<quote>\$\w*\$).*?\k<quote>", Sql)]
    private static partial Regex CommentOrLiteral();

    [GeneratedRegex(@"^CREATE\s+(UNLOGGED\s+|TEMP(ORARY)?\s+)?TABLE\s+(IF\s+NOT\s+EXISTS\s+)?(?<name>[\w.""]+)\s*(?<open>\()", Sql)]
    private static partial Regex CreateTable();

    [GeneratedRegex(@"^CREATE\s+UNIQUE\s+INDEX\s+(CONCURRENTLY\s+)?(IF\s+NOT\s+EXISTS\s+)?[\w.""]*\s*\bON\s+(ONLY\s+)?(?<table>[\w.""]+)\s*(USING\s+\w+\s*)?(?<open>\()", Sql)]
    private static partial Regex CreateUniqueIndex();

    [GeneratedRegex(@"^ALTER\s+TABLE\s+(IF\s+EXISTS\s+)?(ONLY\s+)?(?<table>[\w.""]+)\s+(?<rest>.*)$", Sql)]
    private static partial Regex AlterTable();

    [GeneratedRegex(@"^RENAME\s+TO\s+(?<name>[\w.""]+)", Sql)]
    private static partial Regex Rename();

    [GeneratedRegex(@"^ADD\s+(COLUMN\s+)?(IF\s+NOT\s+EXISTS\s+)?(?<part>.*)$", Sql)]
    private static partial Regex AddToTable();

    [GeneratedRegex(@"^CREATE\s+(UNIQUE|(UNLOGGED\s+|TEMP(ORARY)?\s+)?TABLE\b)|\b(PRIMARY\s+KEY|UNIQUE)\b", Sql)]
    private static partial Regex KeyWords();

    [GeneratedRegex(@"^CONSTRAINT\s+[\w""]+\s+", Sql)]
    private static partial Regex ConstraintName();

    [GeneratedRegex(@"^(?<kind>PRIMARY\s+KEY|UNIQUE)\s*(NULLS\s+(NOT\s+)?DISTINCT\s*)?(?<open>\()", Sql)]
    private static partial Regex TableKey();

    [GeneratedRegex(@"^FOREIGN\s+KEY\s*(?<open>\()[^)]*\)\s*REFERENCES\s+(?<target>[\w.""]+)", Sql)]
    private static partial Regex TableForeignKey();

    [GeneratedRegex(@"^(CHECK|EXCLUDE|LIKE)\b", Sql)]
    private static partial Regex OtherConstraint();

    [GeneratedRegex(@"^[\w""`\[\]]+", Sql)]
    private static partial Regex ColumnName();

    [GeneratedRegex(@"\b(PRIMARY\s+KEY|UNIQUE)\b", Sql)]
    private static partial Regex ColumnKey();

    [GeneratedRegex(@"\bREFERENCES\s+(?<target>[\w.""]+)", Sql)]
    private static partial Regex References();
}
