using System.Buffers;

namespace Sluice.Brevo;

/// <summary>
/// Builds the CSV of an import row by row, up to a size. When <see cref="TryAppend"/> says no, send what is there and go on with the next
/// chunk, in a new instance or after <see cref="Clear"/>.
/// </summary>
/// <remarks>
/// <para>The separator is <c>;</c>, the first line holds the columns, lines are separated by a line feed, the last has none behind it. A
/// cell with a semicolon or a quote stands in quotes,
/// with its quotes doubled. Line breaks and other control characters inside a cell become a space (CR LF together one): no value can ever
/// begin a row of its own, however
/// Brevo splits lines. Half a surrogate pair becomes U+FFFD.</para>
/// <para>The text is kept as the bytes that go over the wire, which is inside a JSON text, so <see cref="ByteCount"/> is exact. They lie
/// in one pooled array; <see cref="Dispose"/> gives it back,
/// after the request is over if one is running. Not for use by several threads at once.</para>
/// </remarks>
/// <seealso href="https://developers.brevo.com/reference/import-contacts"/>
public sealed class BrevoImportCsv : BrevoImportSource, IDisposable
{
    // What cannot stand in a cell as it is: structure of the CSV, structure of the JSON around it, and whatever some reader takes for the
    // end of a line.
    private static readonly SearchValues<char> Special =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(i => (char)i), ';', '"', '\\', '\u007f', '\u0085', '\u2028', '\u2029']);

    private readonly PooledBuffer _buffer;
    private readonly int _maxBytes;
    private readonly int _headerLength;
    private readonly int[] _identifierColumns;
    private readonly int _emailColumn;

    /// <summary>Begins a CSV with its header.</summary>
    /// <param name="columns">
    /// The attributes' names, sent in capitals; each once. At least one must identify contacts: EMAIL, SMS, WHATSAPP, LANDLINE_NUMBER or
    /// EXT_ID.
    /// </param>
    /// <param name="maxBytes">How large it may become, in bytes as they stand in the request. Default 8,000,000, as Brevo advises; at
    /// most 10,000,000 less what the request needs around it.</param>
    /// <exception cref="ArgumentException">The columns are not as described, or do not fit.</exception>
    public BrevoImportCsv(IReadOnlyList<string> columns, int? maxBytes = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _maxBytes = maxBytes ?? AdvisedBytes;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_maxBytes, nameof(maxBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_maxBytes, MaxBytes, nameof(maxBytes));

        var names = columns.Select(column => BrevoAttributeNames.Normalize(column, nameof(columns))).ToArray();
        if (names.Distinct(StringComparer.Ordinal).Count() != names.Length)
        {
            throw new ArgumentException("A column is there twice.", nameof(columns));
        }

        _identifierColumns = [.. Enumerable.Range(0, names.Length).Where(i => BrevoAttributeNames.Identifiers.Contains(names[i]))];
        if (_identifierColumns.Length == 0)
        {
            throw new ArgumentException($"One column must identify contacts: {string.Join(", ", BrevoAttributeNames.Identifiers)}.", nameof(columns));
        }

        _emailColumn = Array.IndexOf(names, BrevoAttributeNames.Email);
        ColumnCount = names.Length;
        _buffer = new PooledBuffer(Math.Min(_maxBytes, 64 * 1024));
        for (var i = 0; i < names.Length; i++)
        {
            if (!TryWriteCell(names[i], isFirst: i == 0))
            {
                _buffer.Dispose();
                throw new ArgumentException("The header alone is larger than the CSV may become.", nameof(columns));
            }
        }

        _headerLength = _buffer.Length;
    }

    /// <summary>How many columns there are.</summary>
    public int ColumnCount { get; }

    /// <summary>How many rows there are, the header not counted.</summary>
    public int RowCount { get; private set; }

    /// <summary>The size so far, in bytes as they stand in the request.</summary>
    public int ByteCount => _buffer.Length;

    /// <summary>Appends a row, unless it does not fit.</summary>
    /// <param name="cells">
    /// One value per column; null and empty are an empty cell. A value of <c>EMAIL</c> loses white space around it and becomes lower-case.
    /// Send numbers with a point, days as <c>YYYY-MM-DD</c>.
    /// </param>
    /// <returns>False when the row would make the CSV larger than allowed. It is not appended then, and nothing has changed.</returns>
    /// <exception cref="ArgumentException">There is not one value per column; or none that identifies a contact; or the row would not fit
    /// into an empty CSV either.</exception>
    /// <exception cref="InvalidOperationException">The CSV is being sent.</exception>
    public bool TryAppend(params ReadOnlySpan<string?> cells)
    {
        if (cells.Length != ColumnCount)
        {
            throw new ArgumentException($"The row has {cells.Length} values for {ColumnCount} columns.", nameof(cells));
        }

        if (!HasIdentifier(cells))
        {
            throw new ArgumentException("The row has no value in any column that identifies a contact.", nameof(cells));
        }

        var before = _buffer.Length;
        _buffer.Write("\\n"u8);
        for (var i = 0; i < cells.Length; i++)
        {
            var cell = i == _emailColumn ? cells[i]?.Trim().ToLowerInvariant() : cells[i];
            if (!TryWriteCell(cell, isFirst: i == 0))
            {
                _buffer.Truncate(before);
                return RowCount > 0
                    ? false
                    : throw new ArgumentException($"The row alone is larger than the {_maxBytes} bytes that the CSV may have.", nameof(cells));
            }
        }

        RowCount++;
        return true;
    }

    /// <summary>Forgets all rows and keeps the header, to begin the next chunk in the same memory.</summary>
    /// <exception cref="InvalidOperationException">The CSV is being sent.</exception>
    public void Clear()
    {
        _buffer.Truncate(_headerLength);
        RowCount = 0;
    }

    /// <summary>Gives the memory back, at once or when the request that sends it is over.</summary>
    public void Dispose() => _buffer.Dispose();

    internal override BrevoContent ToContent(ImportBody settings) =>
        RowCount > 0 ? Embed(_buffer, "{\"fileBody\":\""u8, "\""u8, settings) : throw new ArgumentException("The CSV has no rows.");

    private bool HasIdentifier(ReadOnlySpan<string?> cells)
    {
        foreach (var column in _identifierColumns)
        {
            if (!string.IsNullOrWhiteSpace(cells[column]))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryWriteCell(ReadOnlySpan<char> text, bool isFirst)
    {
        // Every character takes at least a byte, so that a value of any size is refused before it is written.
        if (text.Length > _maxBytes)
        {
            return false;
        }

        if (!isFirst)
        {
            _buffer.Write((byte)';');
        }

        var special = text.IndexOfAny(Special);
        if (special < 0)
        {
            JsonText.AppendPlain(_buffer, text);
        }
        else
        {
            WriteSpecial(text, special);
        }

        return _buffer.Length <= _maxBytes;
    }

    private void WriteSpecial(ReadOnlySpan<char> text, int special)
    {
        var isQuoted = text.ContainsAny(';', '"');
        if (isQuoted)
        {
            _buffer.Write("\\\""u8);
        }

        while (special >= 0)
        {
            JsonText.AppendPlain(_buffer, text[..special]);
            var character = text[special];
            text = text[(special + 1)..];
            switch (character)
            {
                case '"':
                    _buffer.Write("\\\"\\\""u8);
                    break;
                case ';':
                    _buffer.Write((byte)';');
                    break;
                case '\\':
                    _buffer.Write("\\\\"u8);
                    break;
                case '\t':
                    _buffer.Write("\\t"u8);
                    break;
                case '\r' when text.StartsWith('\n'):
                    // The line feed that follows becomes the space of both.
                    break;
                default:
                    _buffer.Write((byte)' ');
                    break;
            }

            special = text.IndexOfAny(Special);
        }

        JsonText.AppendPlain(_buffer, text);
        if (isQuoted)
        {
            _buffer.Write("\\\""u8);
        }
    }
}
