namespace Sluice.Mixpanel.Ingestion.Lookups;

/// <summary>What reading on found.</summary>
internal enum CsvStep
{
    Row,
    End,
    RowTooLong,
    FileTooLarge,
}

/// <summary>
/// Reads rows as RFC 4180 has them: fields between commas, with quotes around what holds a comma, a quote or a line break. It holds
/// one row at a time.
/// </summary>
internal sealed class CsvReader(Stream stream, LookupTableOptions options)
{
    private const int InitialBytes = 16 * 1024;

    private readonly List<CsvField> _fields = [];
    private byte[] _buffer = new byte[InitialBytes];
    private int _rowStart;
    private int _start;
    private int _end;
    private long _total;
    private bool _isFinal;

    public int FieldCount => _fields.Count;

    /// <summary>Whether a quote of the row stands where none may.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>The content of a field of the row that was read last, without its quotes.</summary>
    public ReadOnlySpan<byte> Field(int index)
    {
        var field = _fields[index];
        var content = _buffer.AsSpan(_rowStart + field.Start, field.Length);
        if (!field.HasQuotes)
        {
            return content;
        }

        content = content[..HalveQuotes(content)];
        _fields[index] = field with { Length = content.Length, HasQuotes = false };
        return content;
    }

    public async ValueTask<CsvStep> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTakeRow(out var isBlank))
            {
                if (isBlank)
                {
                    continue;
                }

                return CsvStep.Row;
            }

            if (_isFinal)
            {
                return CsvStep.End;
            }

            if (_end - _start >= options.MaxRowBytes)
            {
                return CsvStep.RowTooLong;
            }

            var isBeginning = _total == 0;
            await FillAsync(cancellationToken).ConfigureAwait(false);
            if (_total > options.MaxBytes)
            {
                return CsvStep.FileTooLarge;
            }

            if (isBeginning && _buffer.AsSpan(0, _end).StartsWith("\uFEFF"u8))
            {
                _start = 3;
            }
        }
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var left = _end - _start;
        if (left > _buffer.Length / 2)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        _buffer.AsSpan(_start, left).CopyTo(_buffer);
        _start = 0;
        _end = left;

        // A whole buffer at a time, so that a row is not looked through again for every few bytes that arrive.
        var room = _buffer.AsMemory(_end);
        var read = await stream.ReadAtLeastAsync(room, room.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        _end += read;
        _total += read;
        _isFinal = read < room.Length;
    }

    private bool TryTakeRow(out bool isBlank)
    {
        isBlank = false;
        _fields.Clear();
        IsMalformed = false;
        var rest = _buffer.AsSpan(_start, _end - _start);
        if (rest.IsEmpty)
        {
            return false;
        }

        var at = 0;
        var next = Next.Field;
        while (next == Next.Field)
        {
            next = at < rest.Length && rest[at] == '"' ? TakeQuoted(rest, ref at) : TakeBare(rest, ref at);
        }

        if (next == Next.Unknown)
        {
            return false;
        }

        isBlank = _fields is [{ Length: 0, IsQuoted: false }];
        _rowStart = _start;
        _start += at;
        return true;
    }

    private Next TakeBare(ReadOnlySpan<byte> rest, ref int at)
    {
        var start = at;
        var length = rest[start..].IndexOfAny((byte)',', (byte)'\n');
        if (length < 0 && !_isFinal)
        {
            return Next.Unknown;
        }

        var end = length < 0 ? rest.Length : start + length;
        var next = length >= 0 && rest[end] == ',' ? Next.Field : Next.Row;
        at = Math.Min(end + 1, rest.Length);
        if (next == Next.Row && end > start && rest[end - 1] == '\r')
        {
            end--;
        }

        IsMalformed |= rest[start..end].Contains((byte)'"');
        _fields.Add(new CsvField(start, end - start, IsQuoted: false, HasQuotes: false));
        return next;
    }

    private Next TakeQuoted(ReadOnlySpan<byte> rest, ref int at)
    {
        var start = at + 1;
        var end = start;
        var hasQuotes = false;
        while (true)
        {
            var quote = rest[end..].IndexOf((byte)'"');
            end = quote < 0 ? rest.Length : end + quote;
            if (end >= rest.Length - 1 && !_isFinal)
            {
                return Next.Unknown;
            }

            if (end + 1 >= rest.Length || rest[end + 1] != '"')
            {
                break;
            }

            hasQuotes = true;
            end += 2;
        }

        // The last quote may be missing where the file ends.
        IsMalformed |= end == rest.Length;
        var behind = Math.Min(end + 1, rest.Length);
        var bare = behind;
        var next = TakeBare(rest, ref bare);
        if (next == Next.Unknown)
        {
            return next;
        }

        // Between the closing quote and what ends the field there is nothing.
        IsMalformed |= _fields[^1].Length > 0;
        _fields[^1] = new CsvField(start, end - start, IsQuoted: true, hasQuotes);
        at = bare;
        return next;
    }

    /// <summary>Makes one of two quotes each, in place.</summary>
    private static int HalveQuotes(Span<byte> content)
    {
        var written = 0;
        for (var i = 0; i < content.Length; i++)
        {
            content[written++] = content[i];
            i += content[i] == '"' ? 1 : 0;
        }

        return written;
    }

    private enum Next
    {
        /// <summary>The row goes on behind what is in the buffer.</summary>
        Unknown,
        Field,
        Row,
    }

    private readonly record struct CsvField(int Start, int Length, bool IsQuoted, bool HasQuotes);
}
