using System.Collections.Concurrent;
using System.Text;
using Sluice.Core.Events;

namespace Sluice.Server.Tests.Fakes;

/// <summary>An event as it was stored.</summary>
internal sealed record StoredEvent(string Project, string Name, long Time, string DistinctId, string? InsertId, string Properties);

/// <summary>Keeps events in memory, each once, and fails as a test says.</summary>
internal sealed class FakeEvents : IEventIntake
{
    private readonly Lock _lock = new();
    private readonly HashSet<(string, string, long, string, string)> _keys = [];

    public ConcurrentQueue<StoredEvent> Stored { get; } = new();

    public ConcurrentQueue<EventBatch> Batches { get; } = new();

    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public async Task<EventAppendOutcome> AppendAsync(EventBatch batch, CancellationToken cancellationToken)
    {
        await Before();
        var fresh = new List<int>();
        lock (_lock)
        {
            for (var i = 0; i < batch.Events.Count; i++)
            {
                var one = batch.Events[i];
                if (one.InsertId is null || _keys.Add((batch.Project, one.Name, one.Time, one.DistinctId, one.InsertId)))
                {
                    fresh.Add(i);
                    Stored.Enqueue(new StoredEvent(
                        batch.Project, one.Name, one.Time, one.DistinctId, one.InsertId, Encoding.UTF8.GetString(one.Properties.Span)));
                }
            }
        }

        Batches.Enqueue(batch);
        return new EventAppendOutcome(Batches.Count, fresh.Count, batch.Events.Count - fresh.Count, fresh);
    }
}
