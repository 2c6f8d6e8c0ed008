using System.Buffers;
using System.Text;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Lookups;
using Sluice.Core.People;

namespace Sluice.Core.Pull;

/// <summary>
/// Makes the rows of a script a lookup table. Readers see the table before it until all rows are there; a script that has gone wrong, or gives nothing, takes nothing away.
/// </summary>
internal sealed class JqlTable(string project, JqlTableRule rule, ILookupTables tables, PullRun run, LookupLoad load)
{
    private const int MaxRows = 1_000_000;
    private const long MaxBytes = 100L * 1024 * 1024;
    private const int MaxRowBytes = 64 * 1024;

    // By hash: keys themselves may be long.
    private readonly HashSet<PersonKey> _seen = [];
    private long _bytes;
    private bool _finished;

    /// <summary>Begins to replace the table: whoever begins later, while the script runs, has newer rows.</summary>
    public static async Task<JqlTable> BeginAsync(string project, JqlTableRule rule, ILookupTables tables, PullRun run, CancellationToken cancellationToken) =>
        new(project, rule, tables, run, await run.PatientlyAsync(() => tables.BeginAsync(project, rule.Table, cancellationToken), cancellationToken));

    public async Task AddAsync(IReadOnlyList<JqlRow> rows, CancellationToken cancellationToken)
    {
        var kept = new List<LookupRow>(rows.Count);
        foreach (var row in rows)
        {
            if (!_seen.Add(PersonKey.Of(project, row.Key!)))
            {
                run.Count("repeated");
                run.Note("Several rows have the same key: the first of them counts.");
            }
            else if (ValuesOf(row) is not { } values || row.Key!.Contains('\0', StringComparison.Ordinal))
            {
                run.Count("refused");
                run.Note($"Rows of more than {MaxRowBytes / 1024} KB, or with a NUL in their key, were passed over.");
            }
            else
            {
                _bytes += values.Length;
                kept.Add(new LookupRow(row.Key, values));
            }
        }

        if (_seen.Count > MaxRows || _bytes > MaxBytes)
        {
            throw Refused($"The script gives more than {MaxRows:N0} rows or {MaxBytes / 1024 / 1024} MB: a table has no room for them.");
        }

        if (kept.Count > 0)
        {
            await run.PatientlyAsync(() => tables.AddAsync(load, kept, cancellationToken), cancellationToken);
            run.Count("table_rows", kept.Count);
            Rows += kept.Count;
        }
    }

    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (Rows == 0)
        {
            throw Refused("The script gives no row that the table could take.");
        }

        _finished = true;
        if (!await run.PatientlyAsync(() => tables.FinishAsync(load, [rule.Key, .. rule.Columns], Rows, cancellationToken), cancellationToken))
        {
            run.Note($"Table {rule.Table} was replaced by somebody else meanwhile: this time the script's rows do not count.");
        }
    }

    /// <summary>Takes back what was added, unless it counts already.</summary>
    public async Task CloseAsync()
    {
        try
        {
            if (!_finished)
            {
                await tables.AbandonAsync(load, CancellationToken.None);
            }
        }
        catch (IntakeBusyException)
        {
            // Rows that nobody sees are cleared away after the next load.
        }
    }

    private long Rows { get; set; }

    private MixpanelSourceException Refused(string why) => new($"{why} Table {rule.Table} stays as it was.") { Problem = SourceProblem.BadQuestion };

    /// <returns>A JSON object of the columns that have a value; null when it is too large.</returns>
    private string? ValuesOf(JqlRow row)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            for (var i = 0; i < rule.Columns.Count; i++)
            {
                if (ValueOf(row, i) is { } value)
                {
                    json.WritePropertyName(rule.Columns[i]);
                    json.WriteRawValue(value.Span, skipInputValidation: true);
                }
            }

            json.WriteEndObject();
        }

        return buffer.WrittenCount > MaxRowBytes ? null : Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private ReadOnlyMemory<byte>? ValueOf(JqlRow row, int column)
    {
        var index = row.Names is { } names ? names.TakeWhile(n => n != rule.Columns[column]).Count() : column;
        if (index >= row.Values.Count || row.Values[index].Span.SequenceEqual("null"u8))
        {
            return null;
        }

        if (IsFlat(row.Values[index].Span))
        {
            return row.Values[index];
        }

        run.Count("values_left_out");
        run.Note("Values that are objects, or lists of more than plain values, were left out: a column holds none.");
        return null;
    }

    /// <summary>A text, a number, a truth, or a list of those.</summary>
    private static bool IsFlat(ReadOnlySpan<byte> value)
    {
        if (value[0] is not ((byte)'{' or (byte)'['))
        {
            return true;
        }

        var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = 1_000 });
        for (var first = true; reader.Read(); first = false)
        {
            if (reader.TokenType == JsonTokenType.StartObject || (reader.TokenType == JsonTokenType.StartArray && !first))
            {
                return false;
            }
        }

        return true;
    }
}
