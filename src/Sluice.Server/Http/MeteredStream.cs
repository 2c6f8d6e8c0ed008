using Microsoft.AspNetCore.Http;

namespace Sluice.Server.Http;

/// <summary>Reads on behalf of somebody, counts, stops at a limit, and says in one vocabulary what goes wrong with a body.</summary>
internal sealed class MeteredStream(Stream inner, long limit) : Stream
{
    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => BytesRead;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await inner.ReadAsync(buffer, cancellationToken);
        }
        catch (BadHttpRequestException exception)
        {
            throw new BodyRefusedException(
                exception.StatusCode switch
                {
                    StatusCodes.Status413PayloadTooLarge => BodyRefusal.TooLarge,
                    StatusCodes.Status408RequestTimeout => BodyRefusal.TooSlow,
                    _ => BodyRefusal.Incomplete,
                },
                exception);
        }
        catch (InvalidDataException exception)
        {
            throw new BodyRefusedException(BodyRefusal.Damaged, exception);
        }
        catch (IOException exception)
        {
            throw new BodyRefusedException(BodyRefusal.Incomplete, exception);
        }

        BytesRead += read;
        return BytesRead <= limit ? read : throw new BodyRefusedException(BodyRefusal.TooLarge);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
