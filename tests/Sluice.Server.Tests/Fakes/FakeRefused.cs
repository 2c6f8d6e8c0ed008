using System.Collections.Concurrent;
using Sluice.Core.Events;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Keeps what was set aside.</summary>
internal sealed class FakeRefused : IRefusedRecords
{
    public ConcurrentQueue<(string Project, string Origin, RefusedRecord Record)> Kept { get; } = new();

    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public async Task KeepAsync(string project, string origin, IReadOnlyList<RefusedRecord> records, CancellationToken cancellationToken)
    {
        await Before();
        foreach (var record in records)
        {
            Kept.Enqueue((project, origin, record));
        }
    }
}
