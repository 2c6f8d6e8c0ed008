using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Events;

/// <summary>
/// Delivers events as long as the lease is held. One loop decides and writes; calls run beside it, as many as their ways allow, and what
/// became of them is written down in the loop.
/// </summary>
internal sealed class EventSession(EventContext context, OutboxState opened)
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestPersonRest = TimeSpan.FromMinutes(10);

    // A rest that ends by being lifted; in case it never is, the person's events go on after this.
    private static readonly TimeSpan UnknownRest = TimeSpan.FromMinutes(10);

    // So often "not now" to the same batch is about something in it.
    private const int UnavailableLimit = 2;

    private readonly EventWindow _window = new();
    private readonly Dictionary<string, WayState> _ways = new(StringComparer.Ordinal);
    private readonly List<Task<Call>> _calls = [];
    private readonly EventRun _run = new(context.Options, context.Time);
    private DateTimeOffset _pausedUntil;

    // An earlier owner may have been paused.
    private bool _paused = true;

    // Of which kind the events were that were refused; null when that is not known.
    private string? _pausedKind;

    public async Task RunAsync(Func<CancellationToken, Task> woken, CancellationToken stopping, CancellationToken cancellationToken)
    {
        using var calling = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None);
        var loader = new EventLoader(context, _window, _run, opened);
        var unknown = new UnknownStep(context, loader, _window, _run);
        var lost = false;
        try
        {
            await RestUnknownAsync(cancellationToken);
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var busy = await FinishAsync(loader, cancellationToken);
                if (context.Now >= _pausedUntil)
                {
                    busy |= await unknown.RunAsync(cancellationToken);
                    busy |= await loader.FillAsync(cancellationToken);
                    busy |= Start(cancellationToken, calling.Token);
                }

                if (_run.Due(stopping: false) is { } run)
                {
                    await context.CommitAsync(new OutboxChanges { Run = run }, cancellationToken);
                }

                if (!busy)
                {
                    await WaitAsync(loader, woken, cancellationToken);
                }
            }
        }
        catch (LeaseLostException)
        {
            lost = true;
            throw;
        }
        finally
        {
            await EndAsync(loader, calling, lost || (cancellationToken.IsCancellationRequested && !stopping.IsCancellationRequested));
        }
    }

    /// <summary>What an earlier owner was calling: nobody's later event goes out before that is known.</summary>
    private async Task RestUnknownAsync(CancellationToken cancellationToken)
    {
        var until = context.Now + context.Certainty + UnknownRest;
        var rows = await context.PatientlyAsync(
            token => context.Outbox.UnknownAsync(context.Scope, null, int.MaxValue, token), cancellationToken);
        var changes = new OutboxChanges();
        changes.Resting.AddRange(rows.Select(r => r.Lane).Distinct().Select(l => (l, until, Rest.Unknown)));
        rows.ToList().ForEach(r => _window.Hold(r.Sender, r.Lane, until));
        if (!changes.IsEmpty)
        {
            _run.Count("interrupted", rows.Count);
            await context.CommitAsync(changes, cancellationToken);
        }
    }

    private bool Start(CancellationToken waiting, CancellationToken calling)
    {
        var started = false;
        var claimed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var way in context.Destination.Ways)
        {
            // What a batch could carry does not go singly at the cost of a batch.
            var onlyAlone = claimed.Contains(way.Budget);
            var state = StateOf(way);
            while (state.InFlight < way.Parallel && context.Now >= state.RestsUntil && _window.Take(way, context.Now, onlyAlone, Least(way, state)) is { Count: > 0 } items)
            {
                state.InFlight++;
                _calls.Add(CallAsync(way, items, waiting, calling));
                started = true;
            }

            if (way.MaxEvents > 1 && _window.FreeOf(way.Kind) >= way.WorthFrom)
            {
                claimed.Add(way.Budget);
            }
        }

        return started;
    }

    /// <summary>While calls of a way are under way there is time for the next one to fill.</summary>
    private static int Least(EventWay way, WayState state) => state.InFlight == 0 ? way.WorthFrom : Math.Max(way.WorthFrom, way.MaxEvents);

    private async Task<Call> CallAsync(EventWay way, IReadOnlyList<EventItem> items, CancellationToken waiting, CancellationToken calling)
    {
        CallStart? start = null;
        var begun = false;
        var id = new EventCallId(Guid.CreateVersion7(context.Now).ToString("n"), Queued: way.SettlesAfter > TimeSpan.Zero);
        try
        {
            var outcome = await context.Destination.SendAsync(
                way,
                async token =>
                {
                    begun = true;
                    start = await context.PatientlyAsync(
                        patient => context.Outbox.BeginCallAsync(context.Scope, context.Lease, id, [.. items.Select(i => i.Key)], patient), token);
                    return [.. items.Where(i => start.MayGo(i.Key)).Select(i => i.Mapped)];
                },
                waiting,
                calling);
            return new Call(way, items, start, outcome);
        }
        catch (StoreUnavailableException e) when (!begun)
        {
            // There is no permit without the store, and no call without a permit.
            return new Call(way, items, null, new EventOutcome(false, new Decision(DecisionKind.Retry, "store_busy", e.Message, TimeSpan.FromSeconds(1))));
        }
    }

    /// <summary>Writes down what became of the calls that are over.</summary>
    private async Task<bool> FinishAsync(EventLoader loader, CancellationToken cancellationToken)
    {
        var over = _calls.Where(c => c.IsCompleted).ToList();
        if (over.Count == 0)
        {
            return false;
        }

        var changes = new OutboxChanges { RestedBy = loader.RestedBy };
        var ended = new List<(Call Call, HashSet<LogPosition> Finished, List<EventItem> Alone)>();
        Task? broken = null;
        foreach (var task in over)
        {
            _calls.Remove(task);
            if (!task.IsCompletedSuccessfully)
            {
                // What the others know is written down all the same.
                broken ??= task;
                continue;
            }

            var call = await task;
            StateOf(call.Way).InFlight--;
            ended.Add(await ConcludeAsync(call, changes, cancellationToken));
        }

        if (!changes.IsEmpty)
        {
            await context.CommitAsync(changes, cancellationToken);
        }

        loader.Gone(changes.Gone.Count);
        changes.Resting.ForEach(r => loader.Resting(r.Until));
        var changed = ended.SelectMany(e => e.Call.Changed).Select(i => i.Lane).ToHashSet();
        foreach (var (call, finished, alone) in ended)
        {
            alone.ForEach(_window.SetAlone);
            DateTimeOffset? settled = call.Outcome.Called && call.Way.SettlesAfter > TimeSpan.Zero ? context.Now + call.Way.SettlesAfter : null;
            _window.End(call.Items, finished, call.Way, settled);
        }

        // Who rests is read again when the rest is over, this event first.
        changes.Resting.ForEach(r => _window.Drop(r.Person, context.Now));
        if (changed.Count > 0)
        {
            // Whose they are now is asked for all of the lane, before anything later is met.
            foreach (var lane in changed)
            {
                _window.Drop(lane, context.Now);
            }

            loader.ReadAgain();
        }

        _window.Clear(context.Now);
        await (broken ?? Task.CompletedTask);
        return true;
    }

    private async Task<(Call Call, HashSet<LogPosition> Finished, List<EventItem> Alone)> ConcludeAsync(
        Call call, OutboxChanges changes, CancellationToken cancellationToken)
    {
        var finished = new HashSet<LogPosition>();
        var alone = new List<EventItem>();
        var state = StateOf(call.Way);
        foreach (var item in call.Changed)
        {
            changes.Again.Add((item.Position, item.Row.Sender, item.Row.Alone));
        }

        foreach (var item in call.Items.Except(call.Going).Except(call.Changed))
        {
            _run.Skip(call.Start!.Erased.Contains(item.Position) ? EventSkip.Erased : EventSkip.Suppressed);
            Finish(item, changes, finished);
        }

        var whole = call.Outcome.Decision;
        if (call.Outcome.Called)
        {
            _run.Count("calls");
        }

        if (whole.Kind == DecisionKind.Pause)
        {
            Pause(call.Way, whole, changes);
        }
        else if (whole.Kind is DecisionKind.Retry or DecisionKind.Unknown)
        {
            state.Rest(whole, context.Now, LongestRest);
        }

        for (var i = 0; i < call.Going.Count; i++)
        {
            var item = call.Going[i];
            var decision = call.Outcome.Each?[i] ?? whole;
            switch (decision.Kind)
            {
                case DecisionKind.Done:
                    state.Failures = 0;
                    _run.Count("sent");
                    Finish(item, changes, finished);
                    break;
                case DecisionKind.DeadLetter when call.Outcome.Each is null && call.Going.Count > 1:
                    // One of them is refused, and with it all: alone each has its own answer.
                    changes.Again.Add((item.Position, item.Row.Sender, true));
                    alone.Add(item);
                    break;
                case DecisionKind.DeadLetter:
                    _run.Count("refused");
                    await LetterAsync(item, decision, changes, cancellationToken);
                    Finish(item, changes, finished);
                    break;
                case DecisionKind.Unknown:
                    _run.Count("unknown");
                    changes.Unknown.Add((item.Position, item.Row.Sender));
                    finished.Add(item.Position);
                    var until = context.Now + context.Certainty + UnknownRest;
                    changes.Resting.Add((item.Lane, until, Rest.Unknown));
                    _window.Hold(item.Row.Sender, item.Lane, until);
                    break;
                default:
                    // Not written down as called when no call was made.
                    if (call.Outcome.Called)
                    {
                        // A batch that is always answered so would stop everybody: one by one, only its culprit rests.
                        var spoils = decision.Reason == Rest.Unavailable && call.Going.Count > 1 && ++item.Unavailable >= UnavailableLimit;
                        changes.Again.Add((item.Position, item.Row.Sender, item.Row.Alone || spoils));
                        if (spoils)
                        {
                            alone.Add(item);
                        }

                        RestPerson(item, decision, call, changes);
                    }

                    break;
            }
        }

        if (_paused && call.Outcome.Called && whole.Kind == DecisionKind.Done && (_pausedKind ?? call.Way.Kind) == call.Way.Kind)
        {
            _paused = false;
            changes.Destination = new DestinationChange { OfEvents = true };
        }

        return (call, finished, alone);
    }

    /// <summary>What concerns the line holds up everybody a little; what may concern one event among others holds up only its person.</summary>
    private void RestPerson(EventItem item, Decision decision, Call call, OutboxChanges changes)
    {
        if (decision.Kind == DecisionKind.Retry && decision.Reason == Rest.Unavailable && call.Going.Count == 1)
        {
            var times = item.Row.Rest is { Reason: Rest.Unavailable } rest ? rest.Times : 0;
            var length = TimeSpan.FromSeconds(Math.Min(LongestPersonRest.TotalSeconds, 1L << Math.Min(times + 1, 20)));
            changes.Resting.Add((item.Lane, context.Now + (length > decision.After ? length : decision.After), Rest.Unavailable));
        }
    }

    private async Task LetterAsync(EventItem item, Decision decision, OutboxChanges changes, CancellationToken cancellationToken)
    {
        foreach (var logged in await context.EventsAsync([item.Position], cancellationToken))
        {
            changes.DeadLetters.Add(context.Letter(logged, decision.Reason, decision.Detail));
        }
    }

    private static void Finish(EventItem item, OutboxChanges changes, HashSet<LogPosition> finished)
    {
        finished.Add(item.Position);
        changes.Gone.Add((item.Position, item.Row.Sender));
        if (item.Row.Rest is not null)
        {
            changes.Rested.Add(item.Lane);
        }
    }

    private void Pause(EventWay way, Decision decision, OutboxChanges changes)
    {
        // Looked at again by itself: the person who acts need not also press a button.
        var length = decision.After > TimeSpan.Zero ? decision.After : TimeSpan.FromMinutes(5);
        var until = context.Now + length;
        if (way.Kind.Length == 0)
        {
            _pausedUntil = until;
        }
        else
        {
            // What one kind of events may not do holds up no others.
            StateOf(way).Rest(decision with { After = length }, context.Now, LongestRest);
        }

        (_paused, _pausedKind) = (true, way.Kind);
        changes.Destination = new DestinationChange
        {
            PausedReason = $"{DestinationChange.EventsPaused}{decision.Reason}: {decision.Detail}", PausedUntil = until, OfEvents = true,
        };
    }

    private async Task WaitAsync(EventLoader loader, Func<CancellationToken, Task> woken, CancellationToken cancellationToken)
    {
        // What lies in the past is waited for no longer: while everything is paused nobody looks at a rest that is over.
        var now = context.Now;
        var until = _ways.Values.Select(w => w.RestsUntil).Append(loader.NextRest ?? now).Where(t => t > now).Append(now + context.Options.Idle).Min();
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var length = until - now;
        var timer = Task.Delay(length > TimeSpan.FromMilliseconds(1) ? length : TimeSpan.FromMilliseconds(1), context.Time, waiting.Token);
        await Task.WhenAny([timer, woken(waiting.Token), .. _calls]);
        await waiting.CancelAsync();
    }

    /// <summary>Lets the calls under way come to their end, and writes down what became of them.</summary>
    private async Task EndAsync(EventLoader loader, CancellationTokenSource calling, bool lost)
    {
        // When the lease is lost, nothing may be written any more, and what is under way may be somebody else's.
        if (lost)
        {
            await calling.CancelAsync();
        }

        using var limit = new CancellationTokenSource(context.Options.StopLimit, context.Time);
        await using var cut = limit.Token.Register(calling.Cancel);
        await Task.WhenAll(_calls).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _calls.RemoveAll(c => !c.IsCompletedSuccessfully);
        if (!lost)
        {
            using var writing = new CancellationTokenSource(context.Options.StopLimit, context.Time);
            await FinishAsync(loader, writing.Token);
            if (_run.Due(stopping: true) is { } run)
            {
                await context.CommitAsync(new OutboxChanges { Run = run }, writing.Token);
            }
        }
    }

    private WayState StateOf(EventWay way)
    {
        if (!_ways.TryGetValue(way.Name, out var state))
        {
            _ways.Add(way.Name, state = new WayState());
        }

        return state;
    }

    /// <param name="Start">Null when it was not begun.</param>
    private sealed record Call(EventWay Way, IReadOnlyList<EventItem> Items, CallStart? Start, EventOutcome Outcome)
    {
        /// <summary>Without those that may no longer be sent, or not as they are.</summary>
        public IReadOnlyList<EventItem> Going { get; } = Start is null ? Items : [.. Items.Where(i => Start.MayGo(i.Key))];

        public IReadOnlyList<EventItem> Changed { get; } = Start is null ? [] : [.. Items.Where(i => Start.Changed.Contains(i.Position))];
    }
}
