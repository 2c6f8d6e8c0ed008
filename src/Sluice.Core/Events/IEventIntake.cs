namespace Sluice.Core.Events;

/// <summary>Takes events into the project's log.</summary>
public interface IEventIntake
{
    /// <summary>
    /// Stores the events that are not there yet and returns once they are durable. Two events are one when name, time, distinct id as
    /// sent and insert id are equal.
    /// </summary>
    /// <exception cref="Cohorts.IntakeBusyException">The store cannot take more at the moment; nothing was changed.</exception>
    Task<EventAppendOutcome> AppendAsync(EventBatch batch, CancellationToken cancellationToken);
}
