using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Sluice.Mixpanel.Ingestion.Lookups;

/// <summary>Reads a lookup table, row by row. Its memory is one row and <see cref="BytesPerKey"/> for every key.</summary>
/// <seealso href="https://developer.mixpanel.com/reference/replace-lookup-table"/>
public sealed class LookupTableReader
{
    /// <summary>The most memory that the key of a row takes: 36 bytes, and as much again when the set of them has just doubled.</summary>
    public const int BytesPerKey = 72;

    private const string RowsFailed = "some rows of the lookup table failed validation";

    private readonly LookupTableOptions _options;

    /// <summary>Creates a reader. One instance may read many files at a time.</summary>
    /// <param name="options">How large a table may be; null means Mixpanel's limits.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit cannot be one.</exception>
    public LookupTableReader(LookupTableOptions? options = null)
    {
        _options = options ?? new LookupTableOptions();
        _options.Validate();
    }

    /// <summary>Reads a file to its end, or to the last bad row that is reported.</summary>
    /// <param name="csv">The file, after any content encoding was undone.</param>
    /// <param name="takeRow">Is called with each row, until a bad one is found: the table is replaced as a whole or not at all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<LookupTableResult> ReadAsync(
        Stream csv, Func<LookupRow, CancellationToken, ValueTask> takeRow, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(csv);
        ArgumentNullException.ThrowIfNull(takeRow);
        var reader = new CsvReader(csv, _options);
        var step = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (step != CsvStep.Row)
        {
            return new LookupTableResult([], 0, Failure(step) ?? new LookupTableFailure(400, "the file must have a header", []));
        }

        var columns = new string[reader.FieldCount];
        if (ReadHeader(reader, columns) is { } problem)
        {
            return new LookupTableResult([], 0, new LookupTableFailure(400, problem, []));
        }

        var rows = new Rows(reader, columns);
        var failed = new List<FailedLookupRow>();
        for (var index = 1; ; index++)
        {
            step = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (step == CsvStep.Row && index > _options.MaxRows)
            {
                var message = $"lookup tables may have at most {_options.MaxRows} rows";
                return new LookupTableResult(columns, rows.Count, new LookupTableFailure(400, message, []));
            }

            if (step != CsvStep.Row)
            {
                break;
            }

            if (rows.Read(index, out var row) is { } rowProblem)
            {
                failed.Add(new FailedLookupRow(index, rowProblem));
                if (failed.Count == _options.MaxFailedRows)
                {
                    break;
                }
            }
            else if (failed.Count == 0)
            {
                await takeRow(row, cancellationToken).ConfigureAwait(false);
                rows.Count++;
            }
        }

        var failure = Failure(step) ?? (failed.Count > 0 ? new LookupTableFailure(400, RowsFailed, failed) : null);
        return new LookupTableResult(columns, rows.Count, failure);
    }

    private LookupTableFailure? Failure(CsvStep step) => step switch
    {
        CsvStep.FileTooLarge => new LookupTableFailure(413, $"request exceeds max limit of {_options.MaxBytes} bytes", []),
        CsvStep.RowTooLong => new LookupTableFailure(400, $"a row may have at most {_options.MaxRowBytes} bytes", []),
        _ => null,
    };

    private static string? ReadHeader(CsvReader reader, string[] columns)
    {
        if (reader.IsMalformed)
        {
            return Rows.BareQuote;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < columns.Length; i++)
        {
            var name = reader.Field(i);
            if (!Utf8.IsValid(name) || name.Contains((byte)0))
            {
                return "the name of a column must be valid utf8";
            }

            columns[i] = Encoding.UTF8.GetString(name);
            if (string.IsNullOrWhiteSpace(columns[i]))
            {
                return "the name of a column must not be blank";
            }

            if (!names.Add(columns[i]))
            {
                return "the names of the columns must be unique";
            }
        }

        return null;
    }

    /// <summary>Turns rows of text into rows of values.</summary>
    private sealed class Rows(CsvReader reader, string[] columns)
    {
        public const string BareQuote = "invalid row: a quote stands where none may";

        private static readonly JsonWriterOptions WriterOptions =
            new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

        // By hash: the keys of a large table do not fit into memory. As two halves, because one number of that size stands at multiples
        // of 16 bytes, with gaps between.
        private readonly Dictionary<(ulong, ulong), int> _seen = [];
        private readonly JsonEncodedText[] _columns =
            [.. columns.Select(column => JsonEncodedText.Encode(column, JavaScriptEncoder.UnsafeRelaxedJsonEscaping))];

        private readonly ArrayBufferWriter<byte> _values = new(1024);

        public int Count { get; set; }

        /// <summary>Returns what is wrong with the row, or null.</summary>
        public string? Read(int index, out LookupRow row)
        {
            row = default;
            if (reader.IsMalformed)
            {
                return BareQuote;
            }

            if (reader.FieldCount != columns.Length)
            {
                return "invalid row: wrong number of fields";
            }

            _values.ResetWrittenCount();
            using var writer = new Utf8JsonWriter(_values, WriterOptions);
            writer.WriteStartObject();
            var key = "";
            for (var i = 0; i < columns.Length; i++)
            {
                var text = reader.Field(i);
                if (!Utf8.IsValid(text))
                {
                    return $"{columns[i]} is invalid: {RecordProblems.NotUtf8}";
                }

                if (text.Contains((byte)0))
                {
                    return $"{columns[i]} is invalid: {RecordProblems.Nul}";
                }

                if (i == 0)
                {
                    if (CheckKey(index, text, out key) is { } problem)
                    {
                        return problem;
                    }
                }
                else if (!text.IsEmpty)
                {
                    writer.WritePropertyName(_columns[i]);
                    LookupValue.Write(writer, text);
                }
            }

            writer.WriteEndObject();
            writer.Flush();
            row = new LookupRow(index, key, _values.WrittenMemory);
            return null;
        }

        private string? CheckKey(int index, ReadOnlySpan<byte> text, out string key)
        {
            key = Encoding.UTF8.GetString(text);
            if (string.IsNullOrWhiteSpace(key))
            {
                return "primary key is required and cannot be blank";
            }

            // A hash of which nobody can make two keys with the same value.
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(text, hash);
            var half = (BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[sizeof(ulong)..]));
            return _seen.TryAdd(half, index)
                ? null
                : $"invalid row: row indexes {_seen[half]} and {index} have the same primary key";
        }
    }
}
