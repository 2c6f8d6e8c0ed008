using Sluice.Server.Telemetry;

namespace Sluice.Server.Http;

/// <summary>
/// Bounds the bytes of all bodies that are worked on at once. Who finds no room waits a little, in order of arrival; a project that
/// has used up its share waits without holding up the others.
/// </summary>
/// <remarks>
/// A body takes all it may need before its first byte is read. Taking as bytes arrive would let many half-read bodies hold all the
/// room and wait for one another.
/// </remarks>
internal sealed class BodyBudget
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _usedByProject = new(StringComparer.Ordinal);
    private readonly LinkedList<Waiter> _waiters = [];
    private readonly long _perProject;
    private readonly TimeSpan _wait;
    private readonly TimeProvider _timeProvider;
    private readonly GatewayMetrics _metrics;
    private long _used;

    public BodyBudget(long total, long perProject, TimeSpan wait, TimeProvider timeProvider, GatewayMetrics metrics)
    {
        Total = total;
        _perProject = Math.Min(perProject, total);
        _wait = wait;
        _timeProvider = timeProvider;
        _metrics = metrics;
    }

    public long Total { get; }

    public long Used
    {
        get
        {
            lock (_lock)
            {
                return _used;
            }
        }
    }

    /// <summary>Bodies that wait for room.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiters.Count;
            }
        }
    }

    /// <summary>Takes room for a body.</summary>
    /// <returns>The room, to be given back; null when none came free in time.</returns>
    public async ValueTask<Lease?> TakeAsync(string project, long bytes, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_lock)
        {
            if (Fits(project, bytes) && !_waiters.Any(other => FitsShare(other.Project, other.Bytes)))
            {
                return Grant(project, bytes);
            }

            waiter = new Waiter(project, bytes);
            _waiters.AddLast(waiter);
        }

        try
        {
            return await waiter.Granted.Task.WaitAsync(_wait, _timeProvider, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Granted in the last moment is granted.
            if (!TryLeave(waiter, out var lease))
            {
                return lease;
            }

            _metrics.BodyBudgetRefused();
            return null;
        }
        catch (OperationCanceledException)
        {
            if (!TryLeave(waiter, out var lease))
            {
                lease.Dispose();
            }

            throw;
        }
    }

    private bool TryLeave(Waiter waiter, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Lease? lease)
    {
        lock (_lock)
        {
            lease = waiter.Lease;
            return lease is null && _waiters.Remove(waiter);
        }
    }

    private bool FitsShare(string project, long bytes) => _usedByProject.GetValueOrDefault(project) + bytes <= _perProject;

    private bool Fits(string project, long bytes) => _used + bytes <= Total && FitsShare(project, bytes);

    private Lease Grant(string project, long bytes)
    {
        Add(project, bytes);
        return new Lease(this, project, bytes);
    }

    private void Add(string project, long bytes)
    {
        _used += bytes;
        _metrics.BodyBudgetChanged(bytes);
        var used = _usedByProject.GetValueOrDefault(project) + bytes;
        if (used == 0)
        {
            _usedByProject.Remove(project);
        }
        else
        {
            _usedByProject[project] = used;
        }
    }

    private void GiveBack(string project, long bytes)
    {
        lock (_lock)
        {
            Add(project, -bytes);
            var node = _waiters.First;
            while (node is not null)
            {
                var next = node.Next;
                var waiter = node.Value;
                if (Fits(waiter.Project, waiter.Bytes))
                {
                    _waiters.Remove(node);
                    waiter.Lease = Grant(waiter.Project, waiter.Bytes);
                    waiter.Granted.SetResult(waiter.Lease);
                }
                else if (FitsShare(waiter.Project, waiter.Bytes))
                {
                    // Only the whole is short: whoever came later does not overtake.
                    return;
                }

                node = next;
            }
        }
    }

    /// <summary>Room that one body has.</summary>
    public sealed class Lease(BodyBudget budget, string project, long bytes) : IDisposable
    {
        private long _bytes = bytes;

        /// <summary>Gives back what turned out not to be needed.</summary>
        public void Shrink(long needed)
        {
            var spare = _bytes - needed;
            if (spare > 0)
            {
                _bytes = needed;
                budget.GiveBack(project, spare);
            }
        }

        public void Dispose()
        {
            var all = Interlocked.Exchange(ref _bytes, 0);
            if (all > 0)
            {
                budget.GiveBack(project, all);
            }
        }
    }

    private sealed class Waiter(string project, long bytes)
    {
        public string Project => project;

        public long Bytes => bytes;

        // Continuations must not run inside the lock of whoever gives room back.
        public TaskCompletionSource<Lease> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Lease? Lease { get; set; }
    }
}
