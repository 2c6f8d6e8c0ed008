namespace Sluice.Commands.Import;

/// <summary>A stream to read from that knows how far it has been read.</summary>
internal sealed class CountingStream(Stream inner, Action<long> read) : ReadingStream
{
    private long _count;

    public override int Read(Span<byte> buffer)
    {
        var length = inner.Read(buffer);
        _count += length;
        read(_count);
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>A stream whose first bytes can be looked at before they are read.</summary>
internal sealed class PeekingStream(Stream inner) : ReadingStream
{
    private readonly byte[] _head = new byte[2];
    private int _length;
    private int _given;

    public bool StartsWithGzip()
    {
        _length = inner.ReadAtLeast(_head, _head.Length, throwOnEndOfStream: false);
        return _length == 2 && _head[0] == 0x1f && _head[1] == 0x8b;
    }

    public override int Read(Span<byte> buffer)
    {
        if (_given < _length)
        {
            var part = _head.AsSpan(_given, Math.Min(buffer.Length, _length - _given));
            part.CopyTo(buffer);
            _given += part.Length;
            return part.Length;
        }

        return inner.Read(buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>What all streams have in common that are only read, from the beginning to the end.</summary>
internal abstract class ReadingStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public abstract override int Read(Span<byte> buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
