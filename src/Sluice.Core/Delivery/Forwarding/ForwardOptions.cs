namespace Sluice.Core.Delivery.Forwarding;

/// <summary>The numbers of the forwarding worker.</summary>
public sealed record ForwardOptions
{
    /// <value>How long a lease lasts without being renewed. Default 30 s.</value>
    public TimeSpan LeaseLength { get; init; } = TimeSpan.FromSeconds(30);

    /// <value>Calls with events under way at one time. Default 8.</value>
    public int ParallelCalls { get; init; } = 8;

    /// <value>Events looked at in one step. Default 16,000.</value>
    public int PageSize { get; init; } = 16_000;

    /// <value>Operations read in one step. Default 4,000.</value>
    public int OperationsAtOnce { get; init; } = 4_000;

    /// <value>How long a line waits when there is nothing to do and nobody wakes it. Default 1 s.</value>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(1);

    /// <value>How long after waking a line gathers what comes, so that a call carries more than one record. Default 200 ms.</value>
    public TimeSpan Gather { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <value>The first wait after a failure; it doubles. Default 2 s.</value>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <value>The longest wait after a failure. Default 60 s.</value>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <value>Operations that could not be sent for so long are given up, and each becomes a letter. Default 14 days.</value>
    public TimeSpan KeptFor { get; init; } = TimeSpan.FromDays(14);

    /// <value>A run ends when nothing has happened for so long: clients send now and then, and a run a request would tell nobody anything. Default 10 min.</value>
    public TimeSpan RunEndsAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <value>A run ends after this at the latest, and another begins. Default 1 h.</value>
    public TimeSpan RunLength { get; init; } = TimeSpan.FromHours(1);

    /// <value>How long calls under way may go on when the program stops. Default 5 s.</value>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(5);
}
