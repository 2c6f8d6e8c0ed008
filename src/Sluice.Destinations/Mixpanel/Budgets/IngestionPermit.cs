using Sluice.Core.Delivery;

namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>The right to make one call of the ingestion API: its units under every name that the project is counted by.</summary>
internal sealed class IngestionPermit
{
    private readonly IReadOnlyList<(IngestionSlices Of, IngestionShare Share)> _parts;

    public IngestionPermit(IReadOnlyList<(IngestionSlices Of, IngestionShare Share)> parts) => _parts = parts;

    /// <summary>The call needs no more than this, known before it is made.</summary>
    public void Shrink(long bytes, int records) => Each(s => s.Shrink(IngestionUnits.Of(bytes, records)));

    /// <summary>The call was not made and will not be.</summary>
    public void Return() => Each(s => s.Return());

    /// <summary>The call is over.</summary>
    /// <param name="hold">For how long Mixpanel asks to make no more; null when it does not.</param>
    public async Task CompleteAsync(TimeSpan? hold)
    {
        Each(s => s.Complete());
        if (hold is not { } length)
        {
            return;
        }

        foreach (var (of, _) in _parts)
        {
            try
            {
                await of.HoldAsync(length, CancellationToken.None);
            }
            catch (StoreUnavailableException)
            {
                // The answer counts; whoever calls too early is refused once more.
            }
        }
    }

    private void Each(Action<IngestionShare> change)
    {
        foreach (var (_, share) in _parts)
        {
            change(share);
        }
    }
}
