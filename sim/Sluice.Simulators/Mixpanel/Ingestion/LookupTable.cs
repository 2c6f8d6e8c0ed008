using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>A lookup table and what stands in it.</summary>
internal sealed class LookupTable(MixpanelLookupTable settings)
{
    public MixpanelLookupTable Settings => settings;

    public IReadOnlyList<string> Columns { get; private set; } = [];

    public IReadOnlyList<string[]> Rows { get; private set; } = [];

    public MixpanelLookupView View() => new(
        settings.Id, settings.Name, Columns, [.. Rows.Select(row => Typed(row).ToJsonString(MixpanelAnswer.Plain))]);

    /// <summary>Replaces all of it.</summary>
    public void Replace(LookupCsv csv) => (Columns, Rows) = (csv.Columns, csv.Rows);

    private JsonObject Typed(string[] row)
    {
        var typed = new JsonObject();
        for (var i = 0; i < row.Length; i++)
        {
            if (Value(row[i]) is { } value)
            {
                typed[Columns[i]] = value;
            }
        }

        return typed;
    }

    // A cell says its type by its form; a date-time stays the text that it is.
    private static JsonNode? Value(string cell)
    {
        if (cell.Length == 0)
        {
            return null;
        }

        if (long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return whole;
        }

        if (double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            return number;
        }

        if (bool.TryParse(cell, out var flag))
        {
            return flag;
        }

        return AsList(cell) ?? (JsonNode)cell;
    }

    private static JsonArray? AsList(string cell)
    {
        if (cell is not ['[', .., ']'])
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<string[]>(cell) is { } texts ? [.. texts.Select(text => (JsonNode?)text)] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
