using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Sluice.Server.Http;

/// <summary>A body that was read to its end into pooled memory; disposing it gives the memory back.</summary>
internal sealed class BufferedBody : IDisposable
{
    private const int FirstBufferBytes = 16 * 1024;

    private byte[] _buffer;
    private int _length;

    private BufferedBody(int capacity) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    public ReadOnlyMemory<byte> Content => _buffer.AsMemory(0, _length);

    /// <summary>Reads a body to its end.</summary>
    /// <param name="limit">The most bytes, after decompression.</param>
    /// <exception cref="BodyRefusedException">It has more, or cannot be read.</exception>
    public static async Task<BufferedBody> ReadAsync(HttpContext context, RequestBody body, long limit, CancellationToken cancellationToken)
    {
        // One byte more than announced, so that the end is seen without growing.
        var buffered = new BufferedBody((int)Math.Min(context.Request.ContentLength + 1 ?? FirstBufferBytes, limit + 1));
        try
        {
            int read;
            while ((read = await body.Content.ReadAsync(buffered._buffer.AsMemory(buffered._length), cancellationToken)) > 0)
            {
                buffered._length += read;
                if (buffered._length > limit)
                {
                    throw new BodyRefusedException(BodyRefusal.TooLarge);
                }

                if (buffered._length == buffered._buffer.Length)
                {
                    buffered.Grow();
                }
            }
        }
        catch
        {
            buffered.Dispose();
            throw;
        }

        body.ReadToEnd();
        return buffered;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _length = 0;
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * _buffer.Length, Array.MaxLength));
        _buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
