using System.Buffers;

namespace Sluice.Brevo;

/// <summary>
/// Bytes in an array of the shared pool, growing as they are written.
/// </summary>
/// <remarks>
/// An array that goes back to the pool while a cancelled request is still being written would put somebody else's data on that wire,
/// so readers hold the buffer, and the array goes back when the owner and the last reader are done.
/// </remarks>
internal sealed class PooledBuffer(int initialCapacity) : IBufferWriter<byte>, IDisposable
{
    private readonly Lock _lock = new();
    private byte[]? _array = ArrayPool<byte>.Shared.Rent(initialCapacity);
    private int _readers;
    private bool _disposed;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => Array.AsMemory(0, Length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <summary>Forgets what was written after <paramref name="length"/>.</summary>
    public void Truncate(int length)
    {
        ThrowIfRead();
        Length = length;
    }

    /// <summary>Takes away bytes at the beginning, if they are there.</summary>
    public void RemovePrefix(ReadOnlySpan<byte> prefix)
    {
        ThrowIfRead();
        var written = Array.AsSpan(0, Length);
        if (written.StartsWith(prefix))
        {
            written[prefix.Length..].CopyTo(written);
            Length -= prefix.Length;
        }
    }

    public void Overwrite(int position, byte value) => Array[position] = value;

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return Array.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return Array.AsSpan(Length);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void Write(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    /// <summary>Keeps the array from going back to the pool until the same number of <see cref="Release"/>.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _readers++;
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            _readers--;
            ReturnIfUnused();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            ReturnIfUnused();
        }
    }

    private void ReturnIfUnused()
    {
        if (_disposed && _readers == 0 && _array is { } array)
        {
            _array = null;
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private void Reserve(int sizeHint)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfRead();
        var needed = checked(Length + Math.Max(sizeHint, 1));
        var array = Array;
        if (needed <= array.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(System.Array.MaxLength, Math.Max(needed, 2L * array.Length)));
        array.AsSpan(0, Length).CopyTo(larger);
        _array = larger;
        ArrayPool<byte>.Shared.Return(array);
    }

    private void ThrowIfRead()
    {
        if (_readers > 0)
        {
            throw new InvalidOperationException("The bytes are being sent and cannot change.");
        }
    }
}
