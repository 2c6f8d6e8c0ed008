using Sluice.Core.People;

namespace Sluice.Core.Delivery.Worker;

/// <summary>
/// Fills imports, starts them and finds out what became of them. One at a time per account: Brevo's imports get stuck when they run
/// side by side. The calls that look whether it has ended are few, and come from a bucket that can bear them.
/// </summary>
internal sealed class ImportRunner(WorkerContext context) : IAsyncDisposable
{
    private static readonly TimeSpan[] Looks =
        [TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30)];

    private static readonly IReadOnlySet<PersonKey> Nobody = new HashSet<PersonKey>();

    // A process may be asked for a hundred times an hour at most, and not by us alone.
    private static readonly TimeSpan LateLook = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan LastLook = TimeSpan.FromSeconds(300);

    private readonly CancellationTokenSource _stopping = new();

    // Everybody in the file.
    private readonly HashSet<PersonKey> _people = [];

    private IContactImport? _filling;
    private Task<long>? _call;
    private Task<ImportLook>? _look;
    private Settlement? _settlement;
    private DateTimeOffset _nextLook;
    private volatile bool _hurried;
    private DateTimeOffset _lostFrom;
    private int _looks;
    private RunTally? _run;

    /// <summary>The job that is being filled or worked at; null when there is none.</summary>
    public Job? Current { get; private set; }

    public bool IsFilling => _filling is not null && _call is null;

    /// <summary>Takes people into an import of the list that most of them go through, and starts it at once; when one is under way, gives that one to wait for.</summary>
    /// <returns>The job to wait for; null when none of them fits into an import.</returns>
    public async Task<string?> TakeAsync(IReadOnlyList<PersonPlan> plans, RunTally run, CancellationToken cancellationToken)
    {
        if (Current is not null)
        {
            return Current.Id;
        }

        var list = plans.GroupBy(p => p.Carrier!.Value).MaxBy(g => g.Count())!.Key;
        for (PersonPlan[] left = [.. plans.Where(p => p.Carrier == list)]; left.Length > 0;)
        {
            await OpenAsync(list, run, cancellationToken);
            var (_, stopped) = await FillAsync(left, cancellationToken);
            if (stopped.Count == 0)
            {
                stopped = await StartAsync(cancellationToken);
            }

            if (stopped.Count == 0)
            {
                return Current?.Id;
            }

            left = [.. left.Where(p => !stopped.Contains(p.State.Key))];
        }

        return null;
    }

    public Task OpenAsync(long list, RunTally run, CancellationToken cancellationToken)
    {
        _filling = context.Destination.NewImport(list);
        _people.Clear();
        _run = run;
        Current = new Job(context.NewId(), list, run.Id, Job.Preparing, null, Guid.NewGuid().ToString("n"), 0, null, context.Now, null, null);
        context.Jobs[Current.Id] = Current;
        return context.CommitAsync(new LedgerChanges { Job = Current }, cancellationToken);
    }

    /// <returns>How many of the plans, from the first on, fitted in: less than all when the import is full, or was thrown away.</returns>
    public async Task<int> AppendAsync(IReadOnlyList<PersonPlan> plans, CancellationToken cancellationToken) =>
        (await FillAsync(plans, cancellationToken)).Taken;

    /// <returns>How many were taken; and who must not be written to any more: then the import, in which they stand by now, was thrown away.</returns>
    private async Task<(int Taken, IReadOnlySet<PersonKey> Stopped)> FillAsync(IReadOnlyList<PersonPlan> plans, CancellationToken cancellationToken)
    {
        var changes = new LedgerChanges();
        var taken = 0;
        while (taken < plans.Count && _filling!.TryAppend(plans[taken].Contact))
        {
            var plan = plans[taken++];
            changes.Contacts.Add(new ContactChange(
                plan.State.Key,
                new LedgerContact(plan.State.Contact?.RemoteId, plan.Contact.Email, plan.Contact.Payload, plan.State.Rev, LedgerState.Intended, Current!.Id, null)));

            // Also who is in the list already: the import would bring them back if they left while it runs.
            if (plan.AddTo.Contains(Current.List) || plan.State.Members.ContainsKey(Current.List))
            {
                changes.Members.Add(new MemberChange(
                    Current.List, plan.State.Key, new LedgerMember(LedgerState.Intended, Current.Id, context.Now, Current.Run)));
            }

            Sender.Report(plan, changes, context);
            changes.Going.Add((plan.State.Key, plan.State.Screened));
            _people.Add(plan.State.Key);
            Current = Current with { Rows = Current.Rows + 1, Witness = Witness(plan) ?? Current.Witness };
        }

        changes.Job = Current;
        var stopped = await context.CommitAsync(changes, cancellationToken);
        if (stopped.Count == 0)
        {
            return (taken, stopped);
        }

        await StopAsync(stopped, cancellationToken);
        return (0, stopped);
    }

    /// <summary>Starts the import that has been filled. The upload runs beside the other steps.</summary>
    /// <returns>Who must not be written to any more: then the import, in which they stand, was thrown away.</returns>
    public async Task<IReadOnlySet<PersonKey>> StartAsync(CancellationToken cancellationToken)
    {
        if (Current is null)
        {
            // Thrown away while it was filled.
            return Nobody;
        }

        if (Current.Rows == 0)
        {
            await CloseAsync(Current with { State = Job.Done, EndedAt = context.Now }, cancellationToken);
            return Nobody;
        }

        // Filled over many steps, and perhaps left lying by a pause: whom it holds is asked about once more.
        var calling = Current with { State = Job.Calling, CalledAt = context.Now };
        var stopped = await context.CommitAsync(new LedgerChanges { Job = calling, Uploading = _people }, cancellationToken);
        if (stopped.Count > 0)
        {
            await StopAsync(stopped, cancellationToken);
            return stopped;
        }

        Current = calling;
        _run!.Calls++;
        _looks = 0;
        _call = context.Beside(_filling!.StartAsync(Current.Token, _stopping.Token));
        return Nobody;
    }

    /// <summary>What is in the file cannot be taken out of it. It happens to whoever was read before an erasure or a suppression and would be written after it.</summary>
    private Task StopAsync(IReadOnlySet<PersonKey> stopped, CancellationToken cancellationToken)
    {
        _run!.Count("skipped_suppressed", stopped.Count);
        return ThrowAwayAsync(Current!, again: true, cancellationToken);
    }

    /// <summary>Takes up what an earlier owner of the lease has left.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        foreach (var job in await context.Ledger.ActiveJobsAsync(context.Scope, cancellationToken))
        {
            context.Jobs[job.Id] = job;
            if (job.State == Job.Preparing)
            {
                await ThrowAwayAsync(job, again: false, cancellationToken);
            }
            else
            {
                Current = job;
                _run = new RunTally(job.Run, job.List, "walk", job.StartedAt);
                _looks = 0;
                _nextLook = context.Now;

                // The upload of an owner that stands still may yet arrive: until its deadline has passed, nothing is known to be lost.
                _lostFrom = (job.CalledAt ?? job.StartedAt) + context.Options.UploadLimit;
            }
        }
    }

    /// <summary>Lets go of an upload that is under way: whoever has the lease next finds out what became of it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_call ?? Task.CompletedTask, _look ?? Task.CompletedTask);
        }
        catch (Exception e) when (e is DeliveryException or OperationCanceledException)
        {
            // The job stays written down as called.
        }

        _filling?.Dispose();
        _stopping.Dispose();
    }

    /// <returns>True when something was done.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (Current is null || IsFilling)
        {
            return false;
        }

        if (_call is not null)
        {
            if (!_call.IsCompleted)
            {
                return false;
            }

            await CalledAsync(cancellationToken);
            return true;
        }

        if (_settlement is not null)
        {
            await SettleSliceAsync(cancellationToken);
            return true;
        }

        if (_look is null)
        {
            if ((!_hurried && context.Now < _nextLook) || context.Now < context.HoldUntil)
            {
                return false;
            }

            _hurried = false;
            _looks++;

            // The first looks ask the contacts' bucket only; the process itself is asked later, and when the contacts say it has ended.
            _look = context.Beside(context.Destination.LookAsync(Current, thorough: _looks > 4 || Current.Process is null, _stopping.Token));
        }

        if (!_look.IsCompleted)
        {
            return false;
        }

        await LookedAsync(cancellationToken);
        return true;
    }

    /// <summary>The destination has called: look at once.</summary>
    public void Hurry() => _hurried = true;

    private async Task CalledAsync(CancellationToken cancellationToken)
    {
        var call = _call!;
        _call = null;
        _filling?.Dispose();
        _filling = null;
        try
        {
            var process = await call;
            Current = Current! with { State = Job.Running, Process = process };
            _nextLook = context.Now + Looks[0];
            await context.CommitAsync(new LedgerChanges { Job = Current }, cancellationToken);
        }
        catch (DeliveryException e) when (e.Decision.Kind == DecisionKind.Unknown)
        {
            // Perhaps under way, or yet to arrive: the destination is looked at before anything is sent again.
            _nextLook = context.Now + Looks[2];
            _lostFrom = (Current!.CalledAt ?? context.Now) + context.Options.UploadLimit;
            await context.ObeyAsync(e.Decision, cancellationToken);
        }
        catch (DeliveryException e)
        {
            await FailAsync(e.Decision, cancellationToken);
        }
    }

    private async Task LookedAsync(CancellationToken cancellationToken)
    {
        var job = Current!;
        var ended = _look!;
        _look = null;
        ImportLook look;
        try
        {
            look = await ended;
            _run!.Calls++;
        }
        catch (DeliveryException e)
        {
            // A look that failed, or for which there was no budget, holds up nobody's call.
            if (e.Decision.Kind == DecisionKind.Pause)
            {
                await context.ObeyAsync(e.Decision, cancellationToken);
            }

            var after = NextLook();
            _nextLook = context.Now + (after > e.Decision.After ? after : e.Decision.After);
            return;
        }

        switch (look.Progress)
        {
            case ImportProgress.Done:
                await DoneAsync(job, look, cancellationToken);
                break;
            case ImportProgress.Failed:
                await FailAsync(new Decision(DecisionKind.Retry, "import_failed", look.Note ?? "The import ended without success.", TimeSpan.FromMinutes(1)), cancellationToken);
                break;
            case ImportProgress.Unknown when (job.Process is null && context.Now >= _lostFrom) || IsOverdue(job):
            case ImportProgress.Running when IsOverdue(job):
                await FailAsync(new Decision(DecisionKind.Retry, "import_lost", "Nothing is known of the import; it is sent again.", TimeSpan.FromSeconds(5)), cancellationToken);
                break;
            default:
                _nextLook = context.Now + NextLook();
                break;
        }
    }

    /// <summary>Counted from the upload: the file may have waited for it for longer than an import takes.</summary>
    private bool IsOverdue(Job job) => context.Now - (job.CalledAt ?? job.StartedAt) > context.Options.ImportLimit;

    private TimeSpan NextLook() => _looks < Looks.Length ? Looks[_looks] : _looks < Looks.Length + 4 ? LateLook : LastLook;

    private async Task DoneAsync(Job job, ImportLook look, CancellationToken cancellationToken)
    {
        await Rejections.WriteAsync(context, job, look.Rejected, cancellationToken);
        _run!.Added += (int)job.Rows - look.Rejected.Count;
        _run.Refused += look.Rejected.Count;
        Settle(job, LedgerState.Present, Job.Done, again: false);
    }

    private async Task FailAsync(Decision decision, CancellationToken cancellationToken)
    {
        // A refusal is about the import as a whole, most likely about its list: sent again, it would be refused again.
        await context.ObeyAsync(decision.Kind == DecisionKind.DeadLetter ? decision with { Kind = DecisionKind.Pause } : decision, cancellationToken);
        _run?.Count("imports_failed");
        Settle(Current!, LedgerState.Unknown, Job.Failed, again: true);
    }

    /// <summary>From now on, a slice a step: what the rows of the import have become.</summary>
    private void Settle(Job job, LedgerState state, string ending, bool again)
    {
        Current = job;
        _settlement = new Settlement(state, ending, again, KeyRange.CountFor(Math.Max(1, job.Rows), context.Options.WalkSlice));
    }

    /// <summary>Ends an import that was never sent. Whom it meant to send is still to be sent.</summary>
    private async Task ThrowAwayAsync(Job job, bool again, CancellationToken cancellationToken)
    {
        Settle(job, LedgerState.Unknown, Job.Failed, again);
        while (_settlement is not null)
        {
            await SettleSliceAsync(cancellationToken);
        }
    }

    private async Task SettleSliceAsync(CancellationToken cancellationToken)
    {
        var (job, settlement) = (Current!, _settlement!);
        var range = KeyRange.Slice(settlement.Next, settlement.Slices);
        var last = settlement.Next == settlement.Slices - 1;
        await context.Ledger.SettleJobAsync(context.Scope, context.Lease, job, range, settlement.State, last, cancellationToken);
        _settlement = settlement with { Next = settlement.Next + 1 };
        if (last)
        {
            _settlement = null;
            await CloseAsync(job with { State = settlement.Ending, EndedAt = context.Now }, cancellationToken, settlement.Again);
        }
    }

    private async Task CloseAsync(Job job, CancellationToken cancellationToken, bool again = false)
    {
        _filling?.Dispose();
        _filling = null;
        _call = null;
        Current = null;
        context.Jobs.Remove(job.Id);
        var changes = new LedgerChanges { Job = job };
        if (again && context.State.Lists.TryGetValue(job.List, out var list))
        {
            // Whoever was in it has no mark: the walk starts over, a finished one and one under way, and finds them by the ledger.
            list = list with { Sources = null, WalkSources = null };
            changes.Lists.Add(list);
            context.Remember(list);
        }

        await context.CommitAsync(changes, cancellationToken);
    }

    /// <summary>A person new to the list: seen there, the import has ended. Someone whom Brevo may have had before would prove nothing.</summary>
    private string? Witness(PersonPlan plan) =>
        plan.AddTo.Contains(Current!.List) && !plan.State.Members.ContainsKey(Current.List) && plan.State.Foreign.Count == 0 && plan.Contact.Email is not null
            ? plan.Contact.ExternalId
            : null;

    /// <summary>How far the rows of an import that has ended have been written down.</summary>
    private sealed record Settlement(LedgerState State, string Ending, bool Again, int Slices, int Next = 0);
}
