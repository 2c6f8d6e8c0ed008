using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>
/// Splits the bytes of an export into records. Lines end with \n alone: other line ends of Unicode may stand in a text. A record that was written over several
/// lines is put together again. Memory is that of one buffer, whatever comes.
/// </summary>
internal sealed class ExportReader
{
    public const int MaxRecordBytes = 16 * 1024 * 1024;

    private const int BufferBytes = 256 * 1024;
    private const int MaxPieces = 16;
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 256 };

    private readonly Stream _stream;
    private readonly ExportBatch _batch;

    // Pieces of a record that was written over several lines, and where each of them ends.
    private readonly List<int> _pieces = [];
    private readonly ArrayBufferWriter<byte> _open = new();
    private byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;
    private bool _isOver;
    private ExceptionDispatchInfo? _failure;

    public ExportReader(Stream stream, ExportBatch batch)
    {
        _stream = stream;
        _batch = batch;
    }

    /// <summary>Fills the batch with what the next bytes hold. Whole records before a failure are given first.</summary>
    /// <returns>False when there was nothing more.</returns>
    /// <exception cref="IncompleteException">What is there is not the whole.</exception>
    /// <exception cref="MixpanelException">The stream broke, or holds what cannot be.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        _batch.Clear();
        _failure?.Throw();
        try
        {
            while (!_isOver && IsEmpty)
            {
                await ReadAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (!IsEmpty && e is (IncompleteException or MixpanelException))
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }

        return !IsEmpty;
    }

    private bool IsEmpty => _batch is { Records.Count: 0, Damaged.Count: 0 };

    private async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        var searched = _end;
        _end += read;
        if (read > 0)
        {
            Split(searched);
        }
        else
        {
            _isOver = true;
            Finish();
        }
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxRecordBytes)
            {
                throw MixpanelFailures.Unreadable(200, $"a record is larger than {MaxRecordBytes} bytes.");
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }

    /// <param name="searched">Up to where there is no line end.</param>
    private void Split(int searched)
    {
        while (true)
        {
            var at = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (at < 0)
            {
                return;
            }

            var line = _buffer.AsMemory(_start, searched + at - _start);
            _start = searched = searched + at + 1;
            Take(line);
        }
    }

    private void Finish()
    {
        var line = _buffer.AsMemory(_start, _end - _start);
        _start = _end;
        Take(line);
        if (_pieces.Count > 0)
        {
            throw new IncompleteException("the last record is not whole.");
        }
    }

    private void Take(Memory<byte> raw)
    {
        var line = raw.Trim(" \t\r"u8);
        if (line.IsEmpty)
        {
            return;
        }

        if (IsRecord(line.Span))
        {
            // What was open stays so for ever: a record begins anew.
            GiveUpPieces();
            _batch.Add(line);
        }
        else if (line.Span.SequenceEqual("terminated early"u8))
        {
            throw new IncompleteException("Mixpanel terminated it early.");
        }
        else
        {
            // A space at its end may be one of a text that goes on.
            Join(raw.TrimEnd((byte)'\r'));
        }
    }

    private void Join(Memory<byte> line)
    {
        if (_pieces.Count == MaxPieces || _open.WrittenCount + line.Length > MaxRecordBytes)
        {
            GiveUpPieces();
        }

        _open.Write(line.Span);
        _pieces.Add(_open.WrittenCount);
        if (_pieces.Count > 1 && IsRecord(_open.WrittenSpan))
        {
            _batch.Add(_open.WrittenSpan.ToArray());
            Forget();
        }
    }

    private void GiveUpPieces()
    {
        var from = 0;
        foreach (var to in _pieces)
        {
            _batch.AddDamaged(_open.WrittenSpan[from..to].ToArray());
            from = to;
        }

        Forget();
    }

    private void Forget()
    {
        _pieces.Clear();
        _open.ResetWrittenCount();
    }

    /// <summary>One whole JSON object. An object that begins with an error is Mixpanel's word about the query.</summary>
    private static bool IsRecord(ReadOnlySpan<byte> line)
    {
        if (line[0] != '{' || line[^1] != '}')
        {
            return false;
        }

        var reader = new Utf8JsonReader(line, Options);
        try
        {
            reader.Read();
            if (reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("error"u8))
            {
                throw MixpanelFailures.InSuccess(200, JsonElement.Parse(line)) ?? MixpanelFailures.Unreadable(200, "a line is an error without a text.");
            }

            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The export is not whole.</summary>
    internal sealed class IncompleteException(string why) : Exception(why);
}
