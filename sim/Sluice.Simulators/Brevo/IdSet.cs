using System.Numerics;

namespace Sluice.Simulators.Brevo;

/// <summary>A set of contact ids as bits, so that a list of a million members takes 125 kB and pages in creation order.</summary>
internal sealed class IdSet
{
    private ulong[] _words = [];

    public int Count { get; private set; }

    public bool Contains(int id) => id >> 6 < _words.Length && (_words[id >> 6] & (1UL << id)) != 0;

    public bool Add(int id)
    {
        if (Contains(id))
        {
            return false;
        }

        if (id >> 6 >= _words.Length)
        {
            Array.Resize(ref _words, Math.Max((id >> 6) + 1, _words.Length * 2));
        }

        _words[id >> 6] |= 1UL << id;
        Count++;
        return true;
    }

    public bool Remove(int id)
    {
        if (!Contains(id))
        {
            return false;
        }

        _words[id >> 6] &= ~(1UL << id);
        Count--;
        return true;
    }

    public void Clear()
    {
        _words = [];
        Count = 0;
    }

    public void UnionWith(IdSet other)
    {
        if (other._words.Length > _words.Length)
        {
            Array.Resize(ref _words, other._words.Length);
        }

        var count = 0;
        for (var i = 0; i < _words.Length; i++)
        {
            _words[i] |= i < other._words.Length ? other._words[i] : 0;
            count += BitOperations.PopCount(_words[i]);
        }

        Count = count;
    }

    /// <summary>The ids in order, after skipping some: whole words are skipped by their population.</summary>
    public IEnumerable<int> Enumerate(bool descending = false, int skip = 0)
    {
        for (var step = 0; step < _words.Length; step++)
        {
            var index = descending ? _words.Length - 1 - step : step;
            var word = _words[index];
            var population = BitOperations.PopCount(word);
            if (population <= skip)
            {
                skip -= population;
                continue;
            }

            for (; word != 0; skip = Math.Max(0, skip - 1))
            {
                var bit = descending ? 63 - BitOperations.LeadingZeroCount(word) : BitOperations.TrailingZeroCount(word);
                word &= ~(1UL << bit);
                if (skip == 0)
                {
                    yield return (index << 6) | bit;
                }
            }
        }
    }
}
