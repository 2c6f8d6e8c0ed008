namespace Sluice.Simulators.Brevo;

/// <summary>Rows of a CSV text whose first line names identifiers and attributes; other columns are ignored.</summary>
internal sealed class CsvImportRows : ImportRows
{
    private readonly string _text;
    private readonly char _separator;

    public CsvImportRows(string text)
    {
        _text = text.TrimStart('\uFEFF');
        _separator = CsvText.DetectSeparator(_text);
        var reader = new CsvText(_text, _separator);
        List<string> cells = [];
        Header = reader.Read(cells) ? reader.Raw : "";
        Count = Math.Max(0, CsvText.CountRecords(_text) - 1);
    }

    public override int Count { get; }

    public override string Header { get; }

    public override void ForEach(BrevoAccount account, bool emptyClears, Action<ImportRow> act)
    {
        var reader = new CsvText(_text, _separator);
        List<string> cells = [];
        if (!reader.Read(cells))
        {
            return;
        }

        var columns = cells.Select(name => (
            Kind: name == "CONTACT_ID" ? IdentifierKind.ContactId : Identifiers.FromAttribute(name),
            Definition: account.Attributes.Find(name))).ToArray();
        var row = new ImportRow { Raw = () => reader.Raw };
        while (reader.Read(cells))
        {
            row.Change.Reset();
            row.IsInvalid = false;
            for (var i = 0; i < Math.Min(columns.Length, cells.Count); i++)
            {
                var (kind, definition) = columns[i];
                if (kind is { } identifier)
                {
                    SetIdentifier(row, identifier, cells[i], emptyClears);
                }
                else if (definition is { IsWritable: true })
                {
                    SetValue(row, definition, cells[i], emptyClears);
                }
            }

            act(row);
        }
    }

    private static void SetValue(ImportRow row, AttributeDefinition definition, string cell, bool emptyClears)
    {
        if (cell.Length == 0)
        {
            if (emptyClears)
            {
                row.Change.Set(definition, value: null);
            }
        }
        else if (definition.ReadCell(cell) is { } value)
        {
            row.Change.Set(definition, value);
        }
    }
}
