namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>The units of one call, out of a slice.</summary>
internal sealed class IngestionShare(Lock gate, IngestionSlices.Slice slice, int units)
{
    private int _units = units;

    /// <summary>The call turned out smaller: what it does not need is there for others.</summary>
    public void Shrink(int needed)
    {
        lock (gate)
        {
            var free = Math.Max(0, _units - needed);
            slice.Unspent += free;
            _units -= free;
        }
    }

    /// <summary>The call is over.</summary>
    public void Complete()
    {
        lock (gate)
        {
            slice.Over += _units;
            _units = 0;
        }
    }

    /// <summary>The call was not made and will not be.</summary>
    public void Return() => Shrink(0);
}
