namespace Sluice.Core.Delivery.Limiter;

/// <summary>
/// The limiter's state for one account and one of its budgets: which calls occupy which windows. It has no clock and does no I/O. Every
/// call reads it from where all nodes share it, changes it, and writes it back before anything is sent, all under one lock.
/// </summary>
/// <remarks>
/// <para>
/// <b>The promise.</b> The remote may count a call at any instant between its grant and its answer. A call therefore occupies every window
/// from its grant until one window after its answer; without an answer, until one window after its deadline. While no more calls than the
/// limit occupy a window, no span of that length at the remote, both ends included, ever holds more than the limit, whatever the latencies
/// and whoever crashed.
/// </para>
/// <para>
/// <b>The clock.</b> All times come from one clock, the database's, read while the lock is held. A clock that goes back by up to
/// <see cref="ClockTolerance"/> is waited for. One that goes back further moves everything in the book back with it, so that nothing is
/// free early and nothing waits for the clock to catch up.
/// </para>
/// <para>
/// <b>The remote's own numbers.</b> A reading is matched with the window it can belong to and sets that window's limit, up or down. When
/// the remote has less left than all our calls together can explain, another program uses the account: then we follow the remote until its
/// window is whole again. A reading that belongs to none of the windows never raises anything and is followed until its reset.
/// </para>
/// <para>
/// <b>Who yields.</b> A caller that could use up a whole window, whatever its size, names two reserves: a small one, and a large one for as
/// long as others wait. Somebody else who is refused is remembered for <see cref="WaitIsRemembered"/>, so that the budget is used almost whole
/// while nobody else needs it, and is left to the others when they do.
/// </para>
/// </remarks>
public sealed partial class PermitBook
{
    private readonly List<InFlightPermit> _inFlight = [];
    private readonly List<WindowTally> _windows = [];
    private readonly ulong _id;
    private long _granted;
    private long _now;
    private long _blockedUntil;
    private long _othersWaitUntil;
    private int _inFlightCalls;
    private RemoteHold _unlistedHold;

    private PermitBook(ulong id) => _id = id;

    /// <summary>Makes an empty book: no call of ours was made within the longest window.</summary>
    /// <param name="id">A random number. It keeps permits of an earlier, lost book from freeing those of this one.</param>
    /// <param name="windows">The published windows, at least one, each length once. All of them hold at once.</param>
    /// <exception cref="ArgumentException">There is no window, or one length appears twice.</exception>
    public PermitBook(ulong id, IReadOnlyList<BudgetWindow> windows)
        : this(id)
    {
        Check(windows);
        foreach (var window in windows)
        {
            _windows.Add(new WindowTally(window.Limit, window.Limit, Micros.Ceiling(window.Length)));
        }
    }

    /// <summary>How far the clock may go back, or readings of it overtake each other, without being taken for a clock that was set
    /// back.</summary>
    public static TimeSpan ClockTolerance { get; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time from a grant to its deadline.</summary>
    public static TimeSpan LongestCall { get; } = TimeSpan.FromDays(1);

    /// <summary>How long somebody who was refused counts as waiting; asking again renews it.</summary>
    public static TimeSpan WaitIsRemembered { get; } = TimeSpan.FromMinutes(15);

    /// <summary>The time up to which the remote refuses calls, or null.</summary>
    public DateTimeOffset? BlockedUntil => _blockedUntil > _now ? Micros.ToTime(_blockedUntil) : null;

    /// <summary>Calls without an answer.</summary>
    public int InFlight => _inFlightCalls;

    /// <summary>Asks for permits.</summary>
    /// <param name="now">The time of the shared clock.</param>
    /// <param name="deadline">
    /// When the calls are over at the latest: no request under this permit may reach the remote after it. Later than
    /// <paramref name="now"/>, by a day at most.
    /// </param>
    /// <param name="wanted">
    /// How many calls the caller would make, at least 1; it gets as many of them as there are. More than one is for a node that takes a
    /// small slice so as not to write for every call.
    /// </param>
    /// <param name="reserve">
    /// How many permits must stay free after the grant. 0 for people's jobs. Background work passes more, and so never takes the last ones;
    /// in a window that is not larger than the reserve it gets one when nothing else occupies it.
    /// </param>
    /// <param name="reserveWhenOthersWait">
    /// For a caller that yields: the reserve while somebody else waits. Null for all others, whose waiting is remembered.
    /// </param>
    /// <returns>The permit, or when to ask again.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public TakeResult Take(DateTimeOffset now, DateTimeOffset deadline, int wanted, int reserve, int? reserveWhenOthersWait = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(wanted, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(reserve);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(deadline, now);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(deadline - now, LongestCall);
        Advance(Micros.Floor(now));
        if (reserveWhenOthersWait is { } larger && _othersWaitUntil > _now)
        {
            reserve = Math.Max(reserve, larger);
        }

        if (FindWait(reserve) is { } wait)
        {
            if (reserveWhenOthersWait is null && wait.Cause is WaitCause.Budget or WaitCause.Reserve)
            {
                _othersWaitUntil = _now + Micros.Ceiling(WaitIsRemembered);
            }

            return wait;
        }

        var count = Math.Min(wanted, Free(reserve));
        // The caller measures its deadline from now, so it moves along when the book is ahead of the clock.
        var until = Micros.Ceiling(deadline) + (_now - Micros.Floor(now));
        var permit = new Permit(_id, _granted, count, Micros.ToTime(until));
        var usedBefore = new int[_windows.Count];
        for (var i = 0; i < usedBefore.Length; i++)
        {
            usedBefore[i] = Used(_windows[i]);
            _windows[i].Hold = _windows[i].Hold.Spend(count);
        }

        _unlistedHold = _unlistedHold.Spend(count);
        _inFlight.Add(new InFlightPermit(_granted, count, _now, until, usedBefore));
        _granted += count;
        _inFlightCalls += count;
        return new TakeResult(permit, Micros.ToTime(_now), WaitCause.None);
    }

    /// <summary>Says that one call under a permit is over: it was answered, or it failed so that it will not reach the remote
    /// later.</summary>
    /// <param name="permit">The permit. Its calls are completed one by one.</param>
    /// <param name="answeredAt">When it was over, by the shared clock. May be earlier than other times that the book has seen.</param>
    /// <param name="reading">What the answer said of the budget, or null when it said nothing or only a part.</param>
    /// <returns>
    /// False when the book holds no such call: it was completed before, or its deadline is over. An answer after the deadline still
    /// occupies every window from then on, because the remote may have counted it that late.
    /// </returns>
    public bool Complete(in Permit permit, DateTimeOffset answeredAt, BudgetReading? reading)
    {
        var at = Micros.Ceiling(answeredAt);
        var index = Find(permit);
        if (index < 0)
        {
            if (permit.Book == _id && permit.Number < _granted && answeredAt > permit.Deadline)
            {
                AddAnswered(at, 1);
            }

            return false;
        }

        var entry = _inFlight[index];
        RemoveOne(index);
        AddAnswered(at >= entry.GrantedAt ? at : _now, 1);
        if (reading is { IsPlausible: true } plausible)
        {
            Observe(plausible, entry, Math.Max(at, _now));
        }

        return true;
    }

    /// <summary>Gives calls back that were never made; they are free at once.</summary>
    /// <param name="permit">The permit.</param>
    /// <param name="unused">How many of its calls were not made and will not be. At least 1.</param>
    /// <returns>How many the book took back; fewer than <paramref name="unused"/> when they were given up before.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="unused"/> is less than 1.</exception>
    public int Return(in Permit permit, int unused)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(unused, 1);
        var index = Find(permit);
        if (index < 0)
        {
            return 0;
        }

        var returned = Math.Min(unused, _inFlight[index].Count);
        for (var i = 0; i < returned; i++)
        {
            RemoveOne(index);
        }

        foreach (var window in _windows)
        {
            window.Hold = window.Hold.GiveBack(returned);
        }

        _unlistedHold = _unlistedHold.GiveBack(returned);
        return returned;
    }

    /// <summary>Grants nothing before a time: the remote refused a call and said when to come back. An earlier time than one given before
    /// changes nothing.</summary>
    /// <param name="until">The time, by the shared clock.</param>
    public void BlockUntil(DateTimeOffset until) => _blockedUntil = Math.Max(_blockedUntil, Math.Min(Micros.Ceiling(until), Micros.Last));

    /// <summary>How full each window is.</summary>
    /// <param name="now">The time of the shared clock.</param>
    /// <returns>One entry a window, in the order in which they were given.</returns>
    public IReadOnlyList<WindowUsage> Usage(DateTimeOffset now)
    {
        Advance(Micros.Floor(now));
        return _windows.ConvertAll(window => new WindowUsage(
            new BudgetWindow(window.Limit, Micros.ToSpan(window.Length)),
            window.PublishedLimit,
            _inFlightCalls,
            window.Answered,
            _blockedUntil > _now ? 0 : Math.Max(0, Math.Min(window.Limit - Used(window), window.Hold.IsSet ? window.Hold.Left : int.MaxValue))));
    }

    private int Used(WindowTally window) => window.Answered + _inFlightCalls;

    // A reserve as large as the window would shut its callers out for ever.
    private static int Room(WindowTally window, int reserve) => window.Limit - Math.Min(reserve, window.Limit - 1);

    private int Free(int reserve)
    {
        var free = _unlistedHold.IsSet ? _unlistedHold.Left - reserve : int.MaxValue;
        foreach (var window in _windows)
        {
            free = Math.Min(free, Room(window, reserve) - Used(window));
            if (window.Hold.IsSet)
            {
                free = Math.Min(free, window.Hold.Left - reserve);
            }
        }

        return free;
    }

    private TakeResult? FindWait(int reserve)
    {
        var until = _now;
        var cause = WaitCause.None;
        if (_blockedUntil > _now)
        {
            (until, cause) = (_blockedUntil, WaitCause.Blocked);
        }

        if (Free(reserve) < 1)
        {
            WaitForHold(_unlistedHold);
            foreach (var window in _windows)
            {
                WaitForHold(window.Hold);
                var missing = Used(window) + 1 - Room(window, reserve);
                if (missing > 0 && window.WhenFree(missing, _now) is var free && free > until)
                {
                    (until, cause) = (free, WaitCause.Budget);
                }
            }

            if (cause != WaitCause.Blocked && Free(reserve: 0) >= 1)
            {
                cause = WaitCause.Reserve;
            }
        }

        return cause == WaitCause.None ? null : new TakeResult(null, Micros.ToTime(until), cause);

        void WaitForHold(RemoteHold hold)
        {
            if (hold.IsSet && hold.Left - reserve < 1 && hold.Until > until)
            {
                (until, cause) = (hold.Until, WaitCause.Remote);
            }
        }
    }

    private void Advance(long now)
    {
        var back = _now - now;
        if (back > Micros.Ceiling(ClockTolerance))
        {
            MoveBack(back);
        }

        _now = Math.Max(_now, now);
        for (var i = _inFlight.Count - 1; i >= 0; i--)
        {
            if (_inFlight[i].Deadline < _now)
            {
                AddAnswered(_inFlight[i].Deadline, _inFlight[i].Count);
                _inFlightCalls -= _inFlight[i].Count;
                _inFlight.RemoveAt(i);
            }
        }

        foreach (var window in _windows)
        {
            window.Forget(_now);
        }

        if (_unlistedHold.Until <= _now)
        {
            _unlistedHold = default;
        }
    }

    private void MoveBack(long distance)
    {
        _now -= distance;
        _blockedUntil = Math.Max(0, _blockedUntil - distance);
        _othersWaitUntil = Math.Max(0, _othersWaitUntil - distance);
        _unlistedHold = _unlistedHold.MovedBack(distance);
        foreach (var window in _windows)
        {
            window.MoveBack(distance);
        }

        for (var i = 0; i < _inFlight.Count; i++)
        {
            var entry = _inFlight[i];
            _inFlight[i] = entry with { GrantedAt = entry.GrantedAt - distance, Deadline = entry.Deadline - distance };
        }
    }

    private void AddAnswered(long answeredAt, int count)
    {
        foreach (var window in _windows)
        {
            window.Add(answeredAt, count);
        }
    }

    private int Find(in Permit permit)
    {
        if (permit.Book != _id)
        {
            return -1;
        }

        var number = permit.Number;
        return _inFlight.FindIndex(entry => entry.Number == number);
    }

    private void RemoveOne(int index)
    {
        var entry = _inFlight[index];
        _inFlightCalls--;
        if (entry.Count == 1)
        {
            _inFlight.RemoveAt(index);
        }
        else
        {
            _inFlight[index] = entry with { Count = entry.Count - 1 };
        }
    }
}
