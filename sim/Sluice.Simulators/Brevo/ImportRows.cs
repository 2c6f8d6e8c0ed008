using System.Text;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>One row as it was understood. The instance is used again for the next row.</summary>
internal sealed class ImportRow
{
    public ContactChange Change { get; } = new();

    /// <summary>An identifier is malformed, or the row is not a contact at all.</summary>
    public bool IsInvalid { get; set; }

    /// <summary>Gives the row as it came, for the CSV files about the import.</summary>
    public Func<string> Raw { get; set; } = () => "";
}

/// <summary>The rows of an import, whichever way they were sent. They are understood when the import ends, not when it is accepted.</summary>
internal abstract class ImportRows
{
    public abstract int Count { get; }

    /// <summary>First line of the CSV files about the import.</summary>
    public abstract string Header { get; }

    public abstract void ForEach(BrevoAccount account, bool emptyClears, Action<ImportRow> act);

    /// <summary>Reads a downloaded file; null when it is not what its name promises.</summary>
    public static ImportRows? FromFile(Uri url, byte[] content)
    {
        if (!url.AbsolutePath.EndsWith(".json", StringComparison.Ordinal))
        {
            return new CsvImportRows(Encoding.UTF8.GetString(content));
        }

        try
        {
            using var document = JsonDocument.Parse(content);
            return document.RootElement.ValueKind == JsonValueKind.Array ? new JsonImportRows(document.RootElement.Clone()) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    protected static void SetIdentifier(ImportRow row, IdentifierKind kind, string text, bool emptyClears)
    {
        if (text.Length == 0)
        {
            if (emptyClears && Identifiers.IsPhone(kind))
            {
                row.Change.Clear(kind);
            }

            return;
        }

        if (Identifiers.Normalize(kind, text) is { } value)
        {
            row.Change[kind] = value;
        }
        else if (kind == IdentifierKind.Email)
        {
            row.IsInvalid = true;
        }
    }
}

/// <summary>Rows of <c>jsonBody</c>: an address and attributes, which also hold the other identifiers.</summary>
internal sealed class JsonImportRows(JsonElement items) : ImportRows
{
    private static readonly string[] Columns = ["EMAIL", "EXT_ID", "SMS", "WHATSAPP", "LANDLINE_NUMBER"];

    public override int Count => items.GetArrayLength();

    public override string Header => string.Join(';', Columns);

    public override void ForEach(BrevoAccount account, bool emptyClears, Action<ImportRow> act)
    {
        var row = new ImportRow();
        foreach (var item in items.EnumerateArray())
        {
            row.Change.Reset();
            row.IsInvalid = item.ValueKind != JsonValueKind.Object;
            row.Raw = () => RawOf(item);
            if (!row.IsInvalid)
            {
                Read(account, item, row, emptyClears);
            }

            act(row);
        }
    }

    private static void Read(BrevoAccount account, JsonElement item, ImportRow row, bool emptyClears)
    {
        if (item.Field("attributes") is { ValueKind: JsonValueKind.Object } attributes)
        {
            foreach (var attribute in attributes.EnumerateObject())
            {
                ReadAttribute(account, attribute, row, emptyClears);
            }
        }

        if (item.Field("email") is { } email)
        {
            SetIdentifier(row, IdentifierKind.Email, Text(email) ?? "?", emptyClears);
        }
    }

    private static void ReadAttribute(BrevoAccount account, JsonProperty attribute, ImportRow row, bool emptyClears)
    {
        if (Kind(attribute.Name) is { } kind)
        {
            if (Text(attribute.Value) is { } text)
            {
                SetIdentifier(row, kind, text, emptyClears);
            }
        }
        else if (account.Attributes.Find(attribute.Name) is { } definition && definition.TryRead(attribute.Value, out var value)
            && (value is not null || emptyClears))
        {
            row.Change.Set(definition, value);
        }
    }

    private static IdentifierKind? Kind(string name) =>
        name == "CONTACT_ID" ? IdentifierKind.ContactId : Identifiers.FromAttribute(name);

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    private static string RawOf(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            return CsvText.Quote(item.GetRawText(), ';');
        }

        var attributes = item.Field("attributes") is { ValueKind: JsonValueKind.Object } value ? value : default(JsonElement?);
        return string.Join(';', Columns.Select(column => CsvText.Quote(
            (column == "EMAIL" && item.Field("email") is { } email ? email : attributes?.Field(column))?.ToString() ?? "", ';')));
    }
}
