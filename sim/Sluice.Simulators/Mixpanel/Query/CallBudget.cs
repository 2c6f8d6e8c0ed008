namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>The use of an allowance of calls.</summary>
/// <param name="InWindow">Taken calls that are in the longest window now.</param>
/// <param name="AtOnce">Calls that are under way.</param>
/// <param name="MaxAtOnce">The most calls, refused ones included, that were ever under way at one time.</param>
public sealed record MixpanelBudgetView(int InWindow, int AtOnce, int MaxAtOnce);

/// <summary>So many calls within a span.</summary>
internal sealed record CallWindow(int Calls, TimeSpan Span);

/// <summary>
/// An allowance of calls: windows that roll, and a number that may be under way at one time. A refused call takes nothing.
/// Callers hold the simulator's lock, except where a place is given back.
/// </summary>
internal sealed class CallBudget(Lock gate, int atOnce, params CallWindow[] windows)
{
    private readonly Queue<DateTimeOffset>[] _taken = [.. windows.Select(_ => new Queue<DateTimeOffset>())];
    private int _underWay;
    private int _mostUnderWay;

    /// <summary>Takes a call, or says how long until one is free; zero when it depends on others that are under way.</summary>
    public IDisposable? TryEnter(DateTimeOffset now, out TimeSpan wait)
    {
        _mostUnderWay = Math.Max(_mostUnderWay, _underWay + 1);
        wait = TimeSpan.Zero;
        for (var i = 0; i < windows.Length; i++)
        {
            Forget(i, now);
            if (_taken[i].Count >= windows[i].Calls)
            {
                var free = _taken[i].TryPeek(out var oldest) ? oldest + windows[i].Span - now : windows[i].Span;
                wait = free > wait ? free : wait;
            }
        }

        if (wait > TimeSpan.Zero || _underWay >= atOnce)
        {
            return null;
        }

        foreach (var times in _taken)
        {
            times.Enqueue(now);
        }

        _underWay++;
        return new Place(this);
    }

    public MixpanelBudgetView View(DateTimeOffset now)
    {
        for (var i = 0; i < windows.Length; i++)
        {
            Forget(i, now);
        }

        return new MixpanelBudgetView(_taken.Max(times => times.Count), _underWay, _mostUnderWay);
    }

    private void Forget(int window, DateTimeOffset now)
    {
        while (_taken[window].TryPeek(out var oldest) && oldest + windows[window].Span <= now)
        {
            _taken[window].Dequeue();
        }
    }

    private sealed class Place(CallBudget budget) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            lock (budget.Gate)
            {
                budget._underWay -= _left ? 0 : 1;
                _left = true;
            }
        }
    }

    private Lock Gate => gate;
}
