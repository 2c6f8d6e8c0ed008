namespace Sluice.Core.People;

/// <summary>A slice of the key space: every person whose key is at least <see cref="From"/> and at most <see cref="To"/>.</summary>
/// <remarks>
/// Keys are hashes and so evenly spread: cutting the space into 2^n equal ranges cuts every large table into equal slices, known
/// beforehand and the same for every table. That is what makes long work resumable: the number of the range is its whole progress.
/// </remarks>
public readonly record struct KeyRange(PersonKey From, PersonKey To)
{
    public static readonly KeyRange All = new(new PersonKey(UInt128.Zero), new PersonKey(UInt128.MaxValue));

    /// <summary>How many ranges (a power of two) cut <paramref name="rows"/> rows into slices of at most about <paramref name="perSlice"/>.</summary>
    public static int CountFor(long rows, int perSlice)
    {
        // Slices of evenly spread keys still vary a little: aiming at three quarters keeps them under the size asked for.
        var count = 1;
        while (rows > (long)count * perSlice * 3 / 4 && count < 1 << 20)
        {
            count *= 2;
        }

        return count;
    }

    /// <summary>The <paramref name="index"/>-th of <paramref name="count"/> equal ranges; count must be a power of two.</summary>
    public static KeyRange Slice(int index, int count)
    {
        if (count <= 1)
        {
            return All;
        }

        var bits = 128 - int.Log2(count);
        var from = (UInt128)(uint)index << bits;
        return new KeyRange(new PersonKey(from), new PersonKey(from + ((UInt128.One << bits) - 1)));
    }
}
