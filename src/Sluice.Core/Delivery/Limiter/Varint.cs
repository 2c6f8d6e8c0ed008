using System.Buffers;

namespace Sluice.Core.Delivery.Limiter;

/// <summary>Integers of variable length: seven bits a byte, the lowest first, the top bit set on all but the last byte.</summary>
internal static class Varint
{
    private const int MaxBytes = 9;

    /// <summary>Writes a number from 0.</summary>
    public static void Write(ArrayBufferWriter<byte> output, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        var span = output.GetSpan(MaxBytes);
        var length = 0;
        while (value > 0x7F)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        output.Advance(length);
    }

    /// <summary>Writes a number of either sign; small distances from zero are short.</summary>
    public static void WriteSigned(ArrayBufferWriter<byte> output, long value) => Write(output, value >= 0 ? value << 1 : (~value << 1) | 1);

    /// <summary>Reads a number and moves <paramref name="input"/> behind it.</summary>
    /// <exception cref="InvalidDataException">The input ends within the number, or the number is outside the range.</exception>
    public static long Read(ref ReadOnlySpan<byte> input, long least, long most)
    {
        var value = 0L;
        for (var i = 0; i < Math.Min(MaxBytes, input.Length); i++)
        {
            value |= (long)(input[i] & 0x7F) << (7 * i);
            if (input[i] < 0x80)
            {
                input = input[(i + 1)..];
                return value >= least && value <= most ? value : throw new InvalidDataException("A number in the permit book is out of range.");
            }
        }

        throw new InvalidDataException("The permit book ends within a number.");
    }

    /// <summary>Reads a number that <see cref="WriteSigned"/> wrote.</summary>
    /// <exception cref="InvalidDataException">As <see cref="Read"/>.</exception>
    public static long ReadSigned(ref ReadOnlySpan<byte> input, long least, long most)
    {
        var folded = Read(ref input, 0, long.MaxValue);
        var value = (folded & 1) == 0 ? folded >> 1 : ~(folded >> 1);
        return value >= least && value <= most ? value : throw new InvalidDataException("A number in the permit book is out of range.");
    }

    /// <summary>Reads how many entries follow. Each takes at least a byte, so damaged input cannot ask for more than it holds.</summary>
    /// <exception cref="InvalidDataException">As <see cref="Read"/>.</exception>
    public static int ReadCount(ref ReadOnlySpan<byte> input) => (int)Read(ref input, 0, input.Length);
}
