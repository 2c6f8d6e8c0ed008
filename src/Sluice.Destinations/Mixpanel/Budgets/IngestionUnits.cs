using Sluice.Core.Delivery.Limiter;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>
/// What calls of the ingestion API cost. A project may send 2 GB, or about 30,000 events a second, in any minute. A unit is a thirty-thousandth of both, and a call
/// costs what the scarcer of the two asks for: so one count keeps both.
/// </summary>
internal static class IngestionUnits
{
    /// <summary>How many bytes, before compression, a unit is good for.</summary>
    public const int Bytes = 66_666;

    /// <summary>How many records a unit is good for.</summary>
    public const int Records = 60;

    /// <summary>The largest file that Mixpanel takes for a lookup table: what a call costs whose size is not known beforehand.</summary>
    public const int LargestFile = 100_000_000;

    /// <summary>How many units any minute has.</summary>
    public static readonly BudgetWindow Window = new(30_000, TimeSpan.FromMinutes(1));

    /// <summary>The most that a call with records costs.</summary>
    public static readonly int FullCall = Of(MixpanelBatch.MaxBytes, MixpanelBatch.MaxCount);

    /// <summary>What a call costs; at least one, at most the whole minute.</summary>
    public static int Of(long bytes, int records) => (int)Math.Clamp(Math.Max(Parts(bytes, Bytes), Parts(records, Records)), 1, Window.Limit);

    private static long Parts(long amount, int part) => (Math.Max(0, amount) + part - 1) / part;
}
