namespace Sluice.Core.Delivery.Events;

/// <summary>The numbers of the event worker.</summary>
public sealed record EventWorkerOptions
{
    /// <value>False stops delivery: what is received meanwhile is passed over. Default true.</value>
    public bool Enabled { get; init; } = true;

    /// <value>What is done with events of unknown outcome that the destination cannot be asked about. Default skip.</value>
    public UnknownRule OnUnknown { get; init; } = UnknownRule.Skip;

    /// <value>How long a lease lasts without being renewed. Default 30 s.</value>
    public TimeSpan LeaseLength { get; init; } = TimeSpan.FromSeconds(30);

    /// <value>Events held in memory, ready to be sent. Default 4,000.</value>
    public int Window { get; init; } = 4_000;

    /// <value>What they may weigh; beyond it no more are read. Default 32 MB.</value>
    public long WindowBytes { get; init; } = 32_000_000;

    /// <value>Events looked at in one step. Default 2,000.</value>
    public int PageSize { get; init; } = 2_000;

    /// <value>With so many events of resting people waiting, no more are taken over from the log. Default 500,000.</value>
    public long MaxWaiting { get; init; } = 500_000;

    /// <value>How long an event of someone who cannot be contacted waits for a profile that can. Default 5 s.</value>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <value>How long an event waits for its person's contact to be made. Default 24 h.</value>
    public TimeSpan ContactLimit { get; init; } = TimeSpan.FromHours(24);

    /// <value>How long the worker waits when there is nothing to do. Default 500 ms.</value>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <value>A run ends when nothing has happened for so long. Default 5 s.</value>
    public TimeSpan RunEndsAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <value>A run ends after this at the latest, and another begins. Default 1 h.</value>
    public TimeSpan RunLength { get; init; } = TimeSpan.FromHours(1);

    /// <value>How long calls under way may go on when the program stops. Default 5 s.</value>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(5);
}
