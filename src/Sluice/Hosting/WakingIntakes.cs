using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Hosting;

/// <summary>Wakes who delivers, after the commit of updates that people at a destination may follow.</summary>
internal sealed class WakingProfiles(IProfileIntake inner, Action<string> changed) : IProfileIntake
{
    public async Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(ProfileUpdates updates, CancellationToken cancellationToken)
    {
        var refused = await inner.ApplyAsync(updates, cancellationToken);
        changed(updates.Project);
        return refused;
    }

    public async Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(GroupUpdates updates, CancellationToken cancellationToken)
    {
        var refused = await inner.ApplyAsync(updates, cancellationToken);
        changed(updates.Project);
        return refused;
    }

    public Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken) => inner.NowAsync(cancellationToken);
}

/// <summary>The same for events, and for events that said who is who.</summary>
internal sealed class WakingEvents(IEventIntake inner, Action<string> changed, Action<string> came) : IEventIntake
{
    public async Task<EventAppendOutcome> AppendAsync(EventBatch batch, CancellationToken cancellationToken)
    {
        var outcome = await inner.AppendAsync(batch, cancellationToken);
        if (outcome.Stored > 0)
        {
            came(batch.Project);
        }

        if (batch.Claims.Count > 0)
        {
            changed(batch.Project);
        }

        return outcome;
    }
}
