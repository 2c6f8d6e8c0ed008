namespace Sluice.Core.Delivery.Worker;

/// <summary>The numbers of the delivery worker.</summary>
public sealed record WorkerOptions
{
    /// <value>How long a lease lasts without being renewed. Default 30 s.</value>
    public TimeSpan LeaseLength { get; init; } = TimeSpan.FromSeconds(30);

    /// <value>Changed people looked at in one step: a multiple of what a list call takes, so that its calls are full. Default 6,000.</value>
    public int PeoplePerStep { get; init; } = 6_000;

    /// <value>Up to so many new or changed contacts are sent one by one: they arrive in seconds. More go into an import. Default 50.</value>
    public int SinglesLimit { get; init; } = 50;

    /// <value>Calls to the destination under way at one time. Default 8.</value>
    public int ParallelCalls { get; init; } = 8;

    /// <value>People per slice of a walk over a list. Default 5,000.</value>
    public int WalkSlice { get; init; } = 5_000;

    /// <value>How often the destination is asked which contacts have changed. Default 10 min.</value>
    public TimeSpan ChangesEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <value>How often mapped attributes are checked. Default 1 h.</value>
    public TimeSpan PrepareEvery { get; init; } = TimeSpan.FromHours(1);

    /// <value>A list is walked at least this often, so that whatever was missed heals. Default 24 h.</value>
    public TimeSpan WalkEvery { get; init; } = TimeSpan.FromHours(24);

    /// <value>How long the worker waits when there is nothing to do and nobody wakes it. Default 500 ms.</value>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <value>How long the upload of an import may take at most: so long after its start it can still arrive. Default 125 s.</value>
    public TimeSpan UploadLimit { get; init; } = TimeSpan.FromSeconds(125);

    /// <value>An import that nothing has been seen of for so long is taken for lost, and what it held is sent again. Default 6 h.</value>
    public TimeSpan ImportLimit { get; init; } = TimeSpan.FromHours(6);
}
