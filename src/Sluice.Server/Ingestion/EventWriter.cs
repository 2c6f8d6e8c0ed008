using Sluice.Core.Events;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion.Events;

namespace Sluice.Server.Ingestion;

/// <summary>Stores the events of one request and counts what became of them.</summary>
internal sealed class EventWriter(IEventIntake events, IntakeTally tally)
{
    /// <summary>Stores events of one project and returns once they are durable.</summary>
    /// <param name="way">The kind of path that they came by.</param>
    /// <param name="lateBefore">Events of an earlier time are counted as late.</param>
    /// <param name="address">Where the request came from, when the client wants it to be looked up.</param>
    public async Task StoreAsync(
        string way, Project project, IReadOnlyList<MixpanelEvent> received, DateTimeOffset lateBefore, string? address, CancellationToken cancellationToken)
    {
        if (received.Count == 0)
        {
            return;
        }

        var outcome = await events.AppendAsync(EventMap.Map(project, received, address), cancellationToken);
        var fresh = new bool[received.Count];
        foreach (var place in outcome.Fresh)
        {
            fresh[place] = true;
        }

        var erased = outcome.Erased.ToHashSet();
        var lateBeforeMs = lateBefore.ToUnixTimeMilliseconds();
        Count(IntakeOutcome.Accepted, i => fresh[i]);
        Count(IntakeOutcome.Duplicate, i => !fresh[i] && !erased.Contains(i));
        Count(IntakeOutcome.Erased, erased.Contains);
        Count(IntakeOutcome.Late, i => fresh[i] && received[i].TimeMs < lateBeforeMs);

        void Count(string result, Func<int, bool> which) =>
            tally.Events(way, project.Id, result, Enumerable.Range(0, received.Count).Where(which).Select(i => received[i]));
    }
}
