using System.Numerics;

namespace Sluice.Simulators.Mixpanel;

/// <summary>
/// A set of people's numbers, one bit each: ten million members are 1.25 MB, and two such sets are compared in a millisecond.
/// </summary>
internal sealed class MemberSet
{
    private ulong[] _words = [];

    public int Count { get; private set; }

    public bool Contains(int number) => number >> 6 < _words.Length && (_words[number >> 6] & Bit(number)) != 0;

    public bool Add(int number)
    {
        if (Contains(number))
        {
            return false;
        }

        if (number >> 6 >= _words.Length)
        {
            Array.Resize(ref _words, Math.Max((number >> 6) + 1, _words.Length * 2));
        }

        _words[number >> 6] |= Bit(number);
        Count++;
        return true;
    }

    public bool Remove(int number)
    {
        if (!Contains(number))
        {
            return false;
        }

        _words[number >> 6] &= ~Bit(number);
        Count--;
        return true;
    }

    public MemberSet Clone() => new() { _words = (ulong[])_words.Clone(), Count = Count };

    /// <summary>Who is here and not in <paramref name="other"/>.</summary>
    public MemberSet Except(MemberSet other)
    {
        var result = Clone();
        for (var i = 0; i < Math.Min(_words.Length, other._words.Length); i++)
        {
            result._words[i] &= ~other._words[i];
        }

        result.Count = result._words.Sum(static word => BitOperations.PopCount(word));
        return result;
    }

    /// <summary>The first member from <paramref name="number"/> on, or −1.</summary>
    public int Next(int number)
    {
        var index = number >> 6;
        if (index >= _words.Length)
        {
            return -1;
        }

        var word = _words[index] & (ulong.MaxValue << (number & 63));
        while (word == 0)
        {
            if (++index == _words.Length)
            {
                return -1;
            }

            word = _words[index];
        }

        return (index << 6) + BitOperations.TrailingZeroCount(word);
    }

    /// <summary>The first number from <paramref name="number"/> on that is no member; it may be past everybody.</summary>
    public int NextAbsent(int number)
    {
        while (Contains(number))
        {
            number++;
        }

        return number;
    }

    /// <summary>
    /// The first member of every page of <paramref name="size"/> members; a single −1 for the one empty page of an empty set.
    /// </summary>
    public List<int> PageStarts(int size)
    {
        var starts = new List<int>((Count / size) + 1);
        var seen = 0;
        for (var number = Next(0); number >= 0; number = Next(number + 1))
        {
            if (seen++ % size == 0)
            {
                starts.Add(number);
            }
        }

        if (starts.Count == 0)
        {
            starts.Add(-1);
        }

        return starts;
    }

    private static ulong Bit(int number) => 1UL << (number & 63);
}
