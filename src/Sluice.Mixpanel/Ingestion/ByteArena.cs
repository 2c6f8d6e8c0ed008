using System.Buffers;

namespace Sluice.Mixpanel.Ingestion;

/// <summary>One growing, pooled buffer for all that a batch writes. What was written keeps its place when the buffer moves.</summary>
internal sealed class ByteArena(int capacity) : IDisposable
{
    private byte[]? _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 256));

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Slice(int start, int length) => Bytes.AsMemory(start, length);

    /// <summary>Room behind what was written; <see cref="Commit"/> keeps what is put there.</summary>
    public Span<byte> Reserve(int count)
    {
        var bytes = Bytes;
        if (bytes.Length - Length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + count, (int)Math.Min(2L * bytes.Length, Array.MaxLength)));
            bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(bytes);
            _bytes = bytes = larger;
        }

        return bytes.AsSpan(Length);
    }

    /// <summary>Returns where the kept bytes begin.</summary>
    public int Commit(int count)
    {
        var start = Length;
        Length += count;
        return start;
    }

    /// <summary>Forgets what was written from a place on.</summary>
    public void Rewind(int length) => Length = length;

    public void Dispose()
    {
        if (_bytes is not null)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = null;
        }
    }

    private byte[] Bytes => _bytes ?? throw new ObjectDisposedException(nameof(ByteArena), "The batch was disposed.");
}
