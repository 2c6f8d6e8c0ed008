namespace Sluice.Simulators.Mixpanel;

/// <summary>
/// Runs the syncs of one connection, one after the other: Mixpanel runs two at the same time only over two connections.
/// </summary>
internal sealed class ConnectionPump
{
    private sealed record Request(CohortSync Sync, TaskCompletionSource<SyncRun> Done, CancellationToken Cancelled);

    private readonly Lock _gate;
    private readonly CohortSyncOptions _options;
    private readonly TimeProvider _time;
    private readonly SyncRunner _runner;
    private readonly ClockActivity _activity;
    private readonly CancellationToken _stopping;
    private readonly List<CohortSync> _syncs = [];
    private readonly Queue<Request> _requests = new();
    private TaskCompletionSource? _idle;

    public ConnectionPump(
        Lock gate, CohortSyncOptions options, TimeProvider time, SyncRunner runner, ClockActivity activity, CancellationToken stopping)
    {
        _gate = gate;
        _options = options;
        _time = time;
        _runner = runner;
        _activity = activity;
        _stopping = stopping;
        _activity.Working(this);
        Completion = Task.Run(LoopAsync, CancellationToken.None);
    }

    /// <summary>Ends when the simulator stops.</summary>
    public Task Completion { get; }

    /// <summary>Takes a sync up. The caller holds the lock.</summary>
    public void Add(CohortSync sync)
    {
        _syncs.Add(sync);
        Wake();
    }

    /// <summary>Gives a sync up. The caller holds the lock.</summary>
    public void Remove(CohortSync sync) => _syncs.Remove(sync);

    /// <summary>Asks for a run as soon as the connection is free. The caller holds the lock.</summary>
    public Task<SyncRun> RequestRun(CohortSync sync, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<SyncRun>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests.Enqueue(new Request(sync, done, cancellationToken));
        Wake();
        return done.Task;
    }

    /// <summary>Lets an idle pump look again. The caller holds the lock.</summary>
    public void Wake()
    {
        if (_idle is not null)
        {
            _activity.Working(this);
            _idle.TrySetResult();
            _idle = null;
        }
    }

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                _stopping.ThrowIfCancellationRequested();
                if (TakeRequest() is { } request)
                {
                    await ServeAsync(request);
                }
                else if (TakeDue() is { } sync)
                {
                    await RunDueAsync(sync);
                }
                else
                {
                    await IdleAsync();
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            while (TakeRequest() is { } request)
            {
                request.Done.TrySetCanceled(_stopping);
            }
        }
        finally
        {
            _activity.Gone(this);
        }
    }

    private Request? TakeRequest()
    {
        lock (_gate)
        {
            return _requests.TryDequeue(out var request) ? request : null;
        }
    }

    /// <summary>The sync that has been due for longest, its next run already written down.</summary>
    private CohortSync? TakeDue()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var sync = _syncs.Where(sync => sync.NextRunAt <= now).MinBy(static sync => sync.NextRunAt);
            if (sync?.NextRunAt is { } due)
            {
                // Runs that were missed are not made up for; the beat stays.
                sync.NextRunAt = sync.Kind == SyncKind.OneTime
                    ? null
                    : due + (_options.Interval * (Math.Floor((now - due) / _options.Interval) + 1));
            }

            return sync;
        }
    }

    private async Task ServeAsync(Request request)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopping, request.Cancelled);
        try
        {
            either.Token.ThrowIfCancellationRequested();
            request.Done.TrySetResult(await _runner.RunAsync(this, request.Sync, either.Token));
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            request.Done.TrySetCanceled(either.Token);
        }
        catch (Exception exception)
        {
            request.Done.TrySetException(exception);
        }
    }

    private async Task RunDueAsync(CohortSync sync)
    {
        try
        {
            await _runner.RunAsync(this, sync, _stopping);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Such as a property value that JSON cannot hold: nobody awaits this run, so the sync's page says it.
            lock (_gate)
            {
                sync.LastError = $"the simulator cannot send this: {exception.Message}";
                sync.State = SyncState.Paused;
                sync.NextRunAt = null;
            }
        }
    }

    private async Task IdleAsync()
    {
        var woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        DateTimeOffset until;
        lock (_gate)
        {
            if (_requests.Count > 0)
            {
                return;
            }

            until = _syncs.Min(static sync => sync.NextRunAt) ?? DateTimeOffset.MaxValue;
            _idle = woken;
        }

        await using var stop = _stopping.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), woken);
        var pause = until - _time.GetUtcNow();
        await using var timer = until == DateTimeOffset.MaxValue
            ? null
            : _time.CreateTimer(
                static state => ((TaskCompletionSource)state!).TrySetResult(),
                woken,
                pause > TimeSpan.Zero ? pause : TimeSpan.Zero,
                Timeout.InfiniteTimeSpan);

        // Only now that the timer is armed may whoever drives the clock move it on.
        lock (_gate)
        {
            if (_idle is not null)
            {
                _activity.Waiting(this, until);
            }
        }

        await woken.Task;
        lock (_gate)
        {
            _idle = null;
            _activity.Working(this);
        }
    }
}
