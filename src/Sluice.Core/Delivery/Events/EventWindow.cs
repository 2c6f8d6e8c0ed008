using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Core.Delivery.Events;

/// <summary>An event in memory, ready to be sent.</summary>
internal sealed record EventItem(OutboxRow Row, MappedEvent Mapped)
{
    public LogPosition Position => Row.Position;

    public PersonKey Lane => Row.Lane;

    /// <summary>How often a call that it shared with others was answered with "not now".</summary>
    public int Unavailable { get; set; }

    /// <summary>The contact that its call names; null where there are none.</summary>
    public ContactName? Contact { get; init; }

    public OutboxItem Key => new(Row.Position, Row.Sender, Row.Lane, Contact);
}

/// <summary>
/// The events that could go out now, a lane a person. While events of a lane are under way nothing else of it is: so the order per
/// person is kept, and lanes do not wait for each other. An id may come to another lane meanwhile: what it has left behind is remembered by the id.
/// </summary>
internal sealed class EventWindow
{
    private readonly Dictionary<PersonKey, Lane> _lanes = [];
    private readonly HashSet<LogPosition> _positions = [];
    private readonly Dictionary<PersonKey, (PersonKey Lane, int Count)> _senders = [];
    private readonly Dictionary<PersonKey, (PersonKey Lane, DateTimeOffset Until)> _held = [];
    private readonly Dictionary<PersonKey, (PersonKey Lane, DateTimeOffset Until)> _settling = [];
    private readonly Dictionary<string, int> _free = new(StringComparer.Ordinal);
    private readonly SortedSet<Lane> _freeLanes = new(Comparer<Lane>.Create((a, b) => a.Items[0].Position.CompareTo(b.Items[0].Position)));

    /// <summary>Events held, those under way included.</summary>
    public int Count => _positions.Count;

    /// <summary>What the events held weigh.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// The events held that go a way of their own, and those that wait behind or before one: how many, what they weigh, and whose they are.
    /// </summary>
    public (int Count, long Bytes, HashSet<PersonKey> Lanes) Crowd()
    {
        var lanes = _lanes.Where(l => l.Value.Items.Exists(i => i.Mapped.Kind.Length > 0)).ToList();
        return (lanes.Sum(l => l.Value.Items.Count), lanes.Sum(l => l.Value.Items.Sum(i => (long)i.Mapped.Bytes)), [.. lanes.Select(l => l.Key)]);
    }

    /// <summary>How many of a kind could go now: those of lanes that nothing is under way for, up to the first one of another kind.</summary>
    public int FreeOf(string kind) => _free.GetValueOrDefault(kind);

    public bool Contains(LogPosition position) => _positions.Contains(position);

    /// <summary>Whether an event of an id as sent would pass an earlier one of the same id if it entered the lane now.</summary>
    public bool Passes(PersonKey sender, PersonKey lane) =>
        _held.ContainsKey(sender)
        || (_senders.TryGetValue(sender, out var waiting) && waiting.Lane != lane)
        || (_settling.TryGetValue(sender, out var settling) && settling.Lane != lane);

    /// <summary>
    /// An event of the id has yet to be known of, or lies behind what has been read: later ones stay out, whoever speaks for the id by then, also
    /// where that lane does not rest. It ends only where the outbox is read from its beginning again, for there the earlier one is met first.
    /// </summary>
    public void Hold(PersonKey sender, PersonKey lane, DateTimeOffset until) => _held[sender] = (lane, until);

    /// <summary>It is known what became of the event that the id was held for.</summary>
    /// <returns>The lane that it was in.</returns>
    public PersonKey? Release(PersonKey sender, DateTimeOffset now)
    {
        if (!_held.TryGetValue(sender, out var held))
        {
            return null;
        }

        _held[sender] = (held.Lane, now);
        return held.Lane;
    }

    /// <summary>The outbox is read from its beginning: what was held until now at the longest is met in its order.</summary>
    public void Lift(DateTimeOffset now)
    {
        foreach (var (sender, _) in _held.Where(h => h.Value.Until <= now).ToList())
        {
            _held.Remove(sender);
        }

        Clear(now);
    }

    /// <summary>Appends an event to its person's lane; later ones come later.</summary>
    public void Add(EventItem item)
    {
        if (!_positions.Add(item.Position))
        {
            return;
        }

        Bytes += item.Mapped.Bytes;
        _senders[item.Row.Sender] = (item.Lane, _senders.GetValueOrDefault(item.Row.Sender).Count + 1);
        if (!_lanes.TryGetValue(item.Lane, out var lane))
        {
            _lanes.Add(item.Lane, lane = new Lane());
        }

        lane.Items.Add(item);
        if (!lane.Busy)
        {
            if (lane.Items.Count == 1)
            {
                _freeLanes.Add(lane);
            }

            // Only what stands directly behind its like can go with it.
            if (lane.Reach == lane.Items.Count - 1 && item.Mapped.Kind == lane.Kind)
            {
                lane.Reach++;
                ChangeFree(lane.Kind, 1);
            }
        }
    }

    /// <summary>Takes what one call of the way can carry, the oldest first. Their lanes are busy from then on.</summary>
    /// <param name="onlyAlone">Only what no other way may carry.</param>
    /// <param name="least">With fewer events nothing is taken; the way's own bound when null.</param>
    public IReadOnlyList<EventItem> Take(EventWay way, DateTimeOffset now, bool onlyAlone = false, int? least = null)
    {
        if (FreeOf(way.Kind) < (least ?? way.WorthFrom))
        {
            return [];
        }

        var taken = new List<EventItem>();
        if (way.MaxEvents == 1)
        {
            if (_freeLanes.FirstOrDefault(l => l.IsOpenFor(way, now) && (!onlyAlone || l.Items[0].Row.Alone)) is { } lane)
            {
                taken.Add(Begin(lane));
            }

            return taken;
        }

        var next = new PriorityQueue<Lane, LogPosition>(_freeLanes.Where(l => l.IsOpenFor(way, now)).Select(l => (l, l.Items[0].Position)));
        var bytes = 0;
        while (taken.Count < way.MaxEvents && next.TryDequeue(out var lane, out _))
        {
            var item = lane.Items[lane.Taken];
            if (item.Row.Alone || item.Mapped.Kind != way.Kind)
            {
                continue;
            }

            bytes += item.Mapped.Bytes;
            if (bytes > way.MaxBytes && taken.Count > 0)
            {
                break;
            }

            taken.Add(Begin(lane));
            if (lane.Taken < lane.Items.Count)
            {
                next.Enqueue(lane, lane.Items[lane.Taken].Position);
            }
        }

        return taken;
    }

    /// <summary>Ends a call: its lanes are free again, without the events that are finished.</summary>
    /// <param name="finished">Events that need not be sent any more, or not from here.</param>
    /// <param name="settled">Until then the lanes go on only the same way; null when they are free for all.</param>
    public void End(IReadOnlyList<EventItem> call, IReadOnlySet<LogPosition> finished, EventWay way, DateTimeOffset? settled)
    {
        if (settled is { } stored)
        {
            foreach (var item in call)
            {
                _settling[item.Row.Sender] = (item.Lane, stored);
            }
        }

        foreach (var key in call.Select(i => i.Lane).Distinct())
        {
            if (!_lanes.TryGetValue(key, out var lane))
            {
                continue;
            }

            lane.Items.FindAll(i => finished.Contains(i.Position)).ForEach(Forget);
            lane.Items.RemoveAll(i => finished.Contains(i.Position));
            lane.Taken = 0;
            if (settled is not null)
            {
                (lane.Way, lane.SettledAt) = (way.Name, settled.Value);
            }

            if (lane.Items.Count > 0)
            {
                lane.Reach = lane.Items.TakeWhile(i => i.Mapped.Kind == lane.Kind).Count();
                ChangeFree(lane.Kind, lane.Reach);
                _freeLanes.Add(lane);
            }
        }
    }

    /// <summary>Lets an event go out alone from now on.</summary>
    public void SetAlone(EventItem item)
    {
        var lane = _lanes[item.Lane];
        var at = lane.Items.IndexOf(item);
        lane.Items[at] = item with { Row = item.Row with { Alone = true } };
    }

    /// <summary>
    /// Forgets a person's events: they are read again when they may go out, and later ones of the same ids not before. That what went before has
    /// yet to settle is not forgotten.
    /// </summary>
    public void Drop(PersonKey person, DateTimeOffset now)
    {
        if (_lanes.TryGetValue(person, out var lane))
        {
            if (lane.Busy)
            {
                _lanes.Remove(person);
            }
            else if (lane.Items.Count > 0)
            {
                TakeOut(lane);
            }

            lane.Items.ForEach(Forget);
            foreach (var item in lane.Items)
            {
                _held.TryAdd(item.Row.Sender, (person, now));
            }

            lane.Items.Clear();
        }
    }

    /// <summary>Forgets lanes that hold nothing and hold nobody up, and what has settled.</summary>
    public void Clear(DateTimeOffset now)
    {
        foreach (var (key, _) in _lanes.Where(l => l.Value.Items.Count == 0 && l.Value.SettledAt <= now).ToList())
        {
            _lanes.Remove(key);
        }

        foreach (var (sender, _) in _settling.Where(s => s.Value.Until <= now).ToList())
        {
            _settling.Remove(sender);
        }
    }

    private void Forget(EventItem item)
    {
        if (_positions.Remove(item.Position))
        {
            Bytes -= item.Mapped.Bytes;
            var (lane, count) = _senders[item.Row.Sender];
            if (count == 1)
            {
                _senders.Remove(item.Row.Sender);
            }
            else
            {
                _senders[item.Row.Sender] = (lane, count - 1);
            }
        }
    }

    private EventItem Begin(Lane lane)
    {
        if (!lane.Busy)
        {
            TakeOut(lane);
        }

        return lane.Items[lane.Taken++];
    }

    private void TakeOut(Lane lane)
    {
        _freeLanes.Remove(lane);
        ChangeFree(lane.Kind, -lane.Reach);
        lane.Reach = 0;
    }

    private void ChangeFree(string kind, int by) => _free[kind] = FreeOf(kind) + by;

    private sealed class Lane
    {
        public List<EventItem> Items { get; } = [];

        /// <summary>How many of them are under way.</summary>
        public int Taken { get; set; }

        public bool Busy => Taken > 0;

        /// <summary>What the next event is.</summary>
        public string Kind => Items[0].Mapped.Kind;

        /// <summary>How many events of that kind stand together at the front, as long as nothing is under way.</summary>
        public int Reach { get; set; }

        public string? Way { get; set; }

        public DateTimeOffset SettledAt { get; set; }

        public bool IsOpenFor(EventWay way, DateTimeOffset now) => Kind == way.Kind && (Way == way.Name || SettledAt <= now);
    }
}
