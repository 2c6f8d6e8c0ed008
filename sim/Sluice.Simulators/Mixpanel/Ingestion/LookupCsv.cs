namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>A table as it was sent: whole and good, or with the rows that are wrong.</summary>
internal sealed record LookupCsv(IReadOnlyList<string> Columns, IReadOnlyList<string[]> Rows, IReadOnlyList<(int Index, string Message)> Failures)
{
    private const int MaxFailures = 10;

    /// <summary>Reads a table. Rows are counted from 1, the header is row 0.</summary>
    public static LookupCsv Read(string text)
    {
        var reader = new CsvText(text, ',');
        List<string> cells = [];
        List<(int, string)> failures = [];
        if (!reader.Read(cells))
        {
            return new LookupCsv([], [], [(0, "table has no header")]);
        }

        string[] columns = [.. cells];
        if (columns.Distinct(StringComparer.Ordinal).Count() < columns.Length)
        {
            return new LookupCsv([], [], [(0, "column names must be unique")]);
        }

        List<string[]> rows = [];
        var rowOfKey = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var index = 1; failures.Count < MaxFailures && reader.Read(cells); index++)
        {
            if (cells.Count != columns.Length)
            {
                failures.Add((index, "invalid row: wrong number of fields"));
            }
            else if (string.IsNullOrWhiteSpace(cells[0]))
            {
                failures.Add((index, "primary key is required and cannot be blank"));
            }
            else if (!rowOfKey.TryAdd(cells[0], index))
            {
                failures.Add((index, $"invalid row: row indexes {rowOfKey[cells[0]]} and {index} have the same primary key"));
            }
            else
            {
                rows.Add([.. cells]);
            }
        }

        return new LookupCsv(columns, rows, failures);
    }
}
