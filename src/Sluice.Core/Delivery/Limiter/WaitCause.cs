namespace Sluice.Core.Delivery.Limiter;

/// <summary>What a caller without a permit waits for.</summary>
public enum WaitCause
{
    /// <summary>Nothing: the permit was granted.</summary>
    None = 0,

    /// <summary>A window is full of calls of our own.</summary>
    Budget = 1,

    /// <summary>There are free permits, but they are kept for callers without a reserve.</summary>
    Reserve = 2,

    /// <summary>The remote said that it has less left than our own calls explain.</summary>
    Remote = 3,

    /// <summary>The remote refused a call and named a time.</summary>
    Blocked = 4,
}
