namespace Sluice.Simulators.People;

/// <summary>
/// Numbers that depend on nothing but (seed, number, field): any of them is computable alone, in any order, on any machine.
/// </summary>
internal readonly struct SeededHash(ulong seed, long number)
{
    private readonly ulong _root = Mix(seed ^ Mix((ulong)number + 0x9E3779B97F4A7C15));

    /// <summary>64 bits that belong to one field of one person.</summary>
    public ulong Bits(int field) => Mix(_root + ((ulong)field * 0xD1B54A32D192ED03));

    /// <summary>A number from 0 to <paramref name="exclusive"/> − 1.</summary>
    public int Below(int field, int exclusive) => (int)(((Bits(field) >> 32) * (ulong)exclusive) >> 32);

    /// <summary>True for about <paramref name="permille"/> of 1,000.</summary>
    public bool Chance(int field, int permille) => Below(field, 1000) < permille;

    public T Pick<T>(int field, T[] from) => from[Below(field, from.Length)];

    /// <summary>The finaliser of SplitMix64: a bijection in which every input bit reaches every output bit.</summary>
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
