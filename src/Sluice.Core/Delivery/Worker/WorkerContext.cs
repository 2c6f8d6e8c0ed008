using Sluice.Core.People;

namespace Sluice.Core.Delivery.Worker;

/// <summary>What the steps of one worker share: the lease they work under, what they know, and how they write.</summary>
public sealed class WorkerContext(
    DeliveryScope scope, Lease lease, ILedger ledger, IListDestination destination, WorkerOptions options, TimeProvider time)
{
    private readonly Dictionary<PersonKey, (int Times, DateTimeOffset Until)> _resting = [];

    public DeliveryScope Scope { get; set; } = scope;

    public Lease Lease { get; } = lease;

    public ILedger Ledger { get; } = ledger;

    public IListDestination Destination { get; } = destination;

    public WorkerOptions Options { get; } = options;

    public DestinationState State { get; set; } = new(null, null, null, null, null, new Dictionary<long, ListState>());

    /// <summary>Jobs that the destination may still be working at, or that are being filled.</summary>
    public Dictionary<string, Job> Jobs { get; } = new(StringComparer.Ordinal);

    /// <summary>Nothing is sent before this time.</summary>
    public DateTimeOffset HoldUntil { get; set; }

    /// <summary>Makes the worker look around at once.</summary>
    public Action Wake { get; init; } = () => { };

    public DateTimeOffset Now => time.GetUtcNow();

    public IReadOnlySet<string> ActiveJobs => Jobs.Keys.ToHashSet(StringComparer.Ordinal);

    /// <summary>Ids in the order of time, so that a list of them is a history.</summary>
    public string NewId() => Guid.CreateVersion7(Now).ToString("n");

    public ListState List(long list) => State.Lists[list];

    public Task<IReadOnlySet<PersonKey>> CommitAsync(LedgerChanges changes, CancellationToken cancellationToken) => Ledger.CommitAsync(Scope, Lease, changes, cancellationToken);

    /// <summary>Writes a list's state and remembers it.</summary>
    public async Task SaveAsync(ListState list, CancellationToken cancellationToken, Run? run = null)
    {
        var changes = new LedgerChanges { Run = run };
        changes.Lists.Add(list);
        await CommitAsync(changes, cancellationToken);
        Remember(list);
    }

    public void Remember(ListState list) => State = State with
    {
        Lists = State.Lists.Select(l => l.Key == list.List ? list : l.Value).ToDictionary(l => l.List),
    };

    /// <summary>A list that no config names is gone at the destination: nothing is done for it any more, and everything else goes on.</summary>
    public async Task EndAsync(long list, LedgerChanges changes, CancellationToken cancellationToken)
    {
        changes.Ended.Add((Destination.Account, list));
        changes.Run = new Run(
            NewId(), list, "sync", "done", Now, Now, new Dictionary<string, long>(),
            $"The destination has no list {list} any more: of those whom somebody had put there, nobody has to leave it now. Nothing else is done for it.");
        await CommitAsync(changes, cancellationToken);
        Remember(List(list) with { IsKept = false });
        Scope = Scope with { Rules = [.. Scope.Rules.Where(r => r.List != list)] };
    }

    /// <summary>Lets a call that only asks go on beside the other steps: however slow its answer, it holds up nobody's change. Its end wakes the worker.</summary>
    public Task<T> Beside<T>(Task<T> call)
    {
        _ = call.ContinueWith(
            ended =>
            {
                // Whoever waits for the answer sees the exception; when the worker has stopped meanwhile, nobody does.
                _ = ended.Exception;
                Wake();
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return call;
    }

    public async Task<IReadOnlyList<PersonPlan>> PlanAsync(IReadOnlyList<PersonState> people, CancellationToken cancellationToken)
    {
        // Before anything is sent: whoever is not in step with a group after that is found by it.
        await Ledger.NoteGroupsAsync(Scope, Lease, people, cancellationToken);
        var jobs = ActiveJobs;
        return [.. people.Select(p => Planner.Plan(p, Destination.Map(p), Scope.Rules, jobs))];
    }

    /// <summary>A person for whom the destination does not answer is left alone for a while, longer each time, so that nobody else waits.</summary>
    public void Rest(PersonKey person, TimeSpan atLeast)
    {
        var times = _resting.TryGetValue(person, out var rest) ? rest.Times + 1 : 1;
        var length = TimeSpan.FromSeconds(Math.Min(600, 1 << Math.Min(times, 10)));
        _resting[person] = (times, Now + (length > atLeast ? length : atLeast));
    }

    public bool IsResting(PersonKey person) => _resting.TryGetValue(person, out var rest) && rest.Until > Now;

    public int RestingCount => _resting.Count;

    public void Rested(PersonKey person) => _resting.Remove(person);

    /// <summary>Takes note of a decision that stops more than the record it was made for.</summary>
    /// <returns>False when the destination is paused by it.</returns>
    public async Task<bool> ObeyAsync(Decision decision, CancellationToken cancellationToken)
    {
        if (decision.Kind == DecisionKind.Pause)
        {
            // Looked at again by itself: the person who acts need not also press a button.
            var until = Now + (decision.After > TimeSpan.Zero ? decision.After : TimeSpan.FromMinutes(5));
            await CommitAsync(
                new LedgerChanges { Destination = new DestinationChange { PausedReason = $"{decision.Reason}: {decision.Detail}", PausedUntil = until } },
                cancellationToken);
            State = State with { PausedReason = decision.Reason, PausedUntil = until };
            HoldUntil = until;
            return false;
        }

        if (decision.Kind is DecisionKind.Retry or DecisionKind.Unknown)
        {
            var until = Now + (decision.After > TimeSpan.Zero ? decision.After : TimeSpan.FromSeconds(1));
            HoldUntil = until > HoldUntil ? until : HoldUntil;
        }

        return true;
    }
}
