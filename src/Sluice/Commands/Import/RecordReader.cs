using System.Buffers;

namespace Sluice.Commands.Import;

/// <summary>
/// Cuts a stream of JSON into its records without understanding them: the elements of one list, objects one a line, or objects one after
/// another. Where they stand one a line, a broken one ends with its line and takes no other with it. Memory is that of the largest record.
/// </summary>
internal sealed class RecordReader(Stream stream, int maxRecordBytes) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
    private int _start;
    private int _end;
    private bool _ended;
    private bool _begun;
    private bool _inList;
    private bool _inLines;

    /// <summary>The next record, valid until the next call; empty at the end.</summary>
    /// <param name="tooLarge">The record is larger than allowed: it was read over, and what is given is its beginning.</param>
    public ReadOnlySpan<byte> Next(out bool tooLarge)
    {
        tooLarge = false;
        if (!SkipBetween())
        {
            return default;
        }

        var scan = new Scan(_inLines);
        for (var at = _start; ; at++)
        {
            if (at == _end)
            {
                if (at - _start > maxRecordBytes)
                {
                    tooLarge = true;
                    return SkipLarge(scan);
                }

                if (!Fill(ref at))
                {
                    // The end of the file is the end of the last record, complete or not: who reads it will tell.
                    var rest = _buffer.AsSpan(_start, _end - _start);
                    _start = _end;
                    return rest;
                }
            }

            if (scan.IsEndAt(_buffer[at], out var includes))
            {
                var record = _buffer.AsSpan(_start, at - _start + (includes ? 1 : 0));
                _start = at + (includes ? 1 : 0);
                return record;
            }
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        stream.Dispose();
    }

    /// <summary>Goes to the first byte of the next record.</summary>
    private bool SkipBetween()
    {
        for (; ; _start++)
        {
            var at = _start;
            if (at == _end && !Fill(ref at))
            {
                return false;
            }

            _start = at;
            switch (_buffer[_start])
            {
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0xEF or 0xBB or 0xBF:
                    break;
                case (byte)',' or (byte)']' when _inList:
                    break;
                case (byte)'[' when !_begun:
                    _begun = _inList = true;
                    break;
                default:
                    _inLines |= !_begun && LooksLikeLines();
                    _begun = true;
                    return true;
            }
        }
    }

    /// <summary>One of the first two lines is an object by itself: an object written over several lines does not look like that.</summary>
    private bool LooksLikeLines()
    {
        var at = _end;
        while (_buffer.AsSpan(_start, _end - _start).Count((byte)'\n') < 2 && _end - _start < 2 * maxRecordBytes && Fill(ref at))
        {
            at = _end;
        }

        var text = _buffer.AsSpan(_start, _end - _start);
        var first = text.IndexOf((byte)'\n');
        if (first < 0)
        {
            return false;
        }

        var rest = text[(first + 1)..];
        var second = rest.IndexOf((byte)'\n');
        return IsObject(text[..first]) || IsObject(second < 0 ? rest : rest[..second]);
    }

    private static bool IsObject(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd(" \t\r"u8);
        var scan = new Scan(lines: true);
        for (var i = 0; i < line.Length; i++)
        {
            if (scan.IsEndAt(line[i], out var includes))
            {
                return includes && i == line.Length - 1 && line[0] == (byte)'{';
            }
        }

        return false;
    }

    private byte[] SkipLarge(Scan scan)
    {
        var head = _buffer.AsSpan(_start, 1024).ToArray();
        _start = _end;
        for (; ; _start++)
        {
            var at = _start;
            if (at == _end && !Fill(ref at))
            {
                return head;
            }

            _start = at;
            if (scan.IsEndAt(_buffer[_start], out var includes))
            {
                _start += includes ? 1 : 0;
                return head;
            }
        }
    }

    /// <summary>Reads more; what has not been given out yet moves to the beginning.</summary>
    private bool Fill(ref int at)
    {
        if (_ended)
        {
            return false;
        }

        var kept = _end - _start;
        if (kept == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(_start, kept).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, kept).CopyTo(_buffer);
        }

        at -= _start;
        _start = 0;
        _end = kept;
        var read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _ended = read == 0;
        _end += read;
        return read > 0;
    }

    /// <summary>Where in a record one is: how deep, and whether within a text.</summary>
    private struct Scan(bool lines)
    {
        private int _depth;
        private bool _text;
        private bool _escaped;

        /// <param name="includes">The byte belongs to the record.</param>
        public bool IsEndAt(byte one, out bool includes)
        {
            includes = true;
            if (_text)
            {
                _text = _escaped || one != (byte)'"';
                _escaped = !_escaped && one == (byte)'\\';

                // No text of JSON goes over the end of a line: what does so is broken, and must not take the next record with it.
                if (one == (byte)'\n')
                {
                    includes = false;
                    return true;
                }

                return false;
            }

            switch (one)
            {
                case (byte)'\n' when lines:
                    includes = false;
                    return true;
                case (byte)'"':
                    _text = true;
                    return false;
                case (byte)'{' or (byte)'[':
                    _depth++;
                    return false;
                case (byte)'}' or (byte)']' when _depth > 0:
                    return --_depth == 0;
                case (byte)',' or (byte)'\n' or (byte)']' when _depth == 0:
                    includes = false;
                    return true;
                default:
                    return false;
            }
        }
    }
}
