namespace Sluice.Mixpanel.Tests.Cohorts;

/// <summary>A body that arrives in pieces of a fixed size, and counts what was taken of it.</summary>
internal sealed class ChunkedStream(ReadOnlyMemory<byte> body, int chunkBytes) : Stream
{
    private int _position;

    public int LargestRequest { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        LargestRequest = Math.Max(LargestRequest, buffer.Length);
        var taken = Math.Min(Math.Min(chunkBytes, buffer.Length), body.Length - _position);
        body.Span.Slice(_position, taken).CopyTo(buffer.Span);
        _position += taken;
        return ValueTask.FromResult(taken);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
