using Sluice.Core.Delivery.Limiter;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel.Budgets;

/// <summary>
/// A random but repeatable day of calls: people and jobs of two nodes, reservations, slow answers, nodes that die, books that are read back. Mixpanel
/// counts a call when it arrives, and lets it run until its answer is read.
/// </summary>
internal sealed class BookScenario(int seed, MixpanelBudget budget)
{
    public static readonly TimeSpan Reach = TimeSpan.FromMinutes(2);
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

#pragma warning disable CA5394 // A repeatable sequence is what a test needs.
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<IReadOnlyList<Permit>, DateTimeOffset> _ends = new();
    private byte[]? _stored;
    private DateTimeOffset _now = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
    private ulong _ids;

    public List<DateTimeOffset> Arrived { get; } = [];

    public List<(DateTimeOffset From, DateTimeOffset To)> Ran { get; } = [];

    /// <summary>Whether a person ever took what was kept for a job.</summary>
    public bool ReservationWasEaten { get; private set; }

    /// <summary>Whether a job without a reservation ever left people less than their share.</summary>
    public bool ShareWasEaten { get; private set; }

    /// <summary>Whether a reservation ever left people less than their share.</summary>
    public bool PeopleWereShutOut { get; private set; }

    public void Run(int steps)
    {
        var limits = MixpanelLimit.Of(budget);
        var share = limits[0].Share;
        for (var step = 0; step < steps; step++)
        {
            EndUntil(_now);
            var book = MixpanelBook.Open(_stored, limits, _now, () => ++_ids);
            if (_random.Next(40) == 0)
            {
                var kept = book.Reserve("job" + _random.Next(3), _random.Next(30), _now, _now + TimeSpan.FromMinutes(_random.Next(90)));
                PeopleWereShutOut |= kept > 0 && book.Usage(budget, _now).Left < share;
            }

            var caller = _random.Next(4) switch
            {
                0 => MixpanelCaller.Job(TimeSpan.Zero, "job" + _random.Next(3)),
                1 => MixpanelCaller.Job(TimeSpan.Zero),
                _ => MixpanelCaller.Person(TimeSpan.Zero),
            };
            var answer = book.Take(_now, Reach, Length, caller);
            var usage = book.Usage(budget, _now);
            if (answer.Permits is { } permits)
            {
                var free = book.FreeOfHour(_now);
                ReservationWasEaten |= !caller.IsJob && free < usage.Reserved;
                ShareWasEaten |= caller is { IsJob: true, Reservation: null } && free < Math.Min(share + usage.Reserved, 59);
                Begin(permits);
            }

            _stored = book.Write();
            _now += answer.Permits is null && _random.Next(3) > 0 ? answer.Wait : TimeSpan.FromMilliseconds(_random.Next(120_000) * _random.NextDouble());
        }
    }

    private void Begin(IReadOnlyList<Permit> permits)
    {
        var end = _now + (Length * Math.Pow(_random.NextDouble(), 3));
        var reached = _now + (Reach * Math.Pow(_random.NextDouble(), 3));
        Arrived.Add(reached < end ? reached : end);
        Ran.Add((_now, end));
        if (_random.Next(12) > 0)
        {
            _ends.Enqueue(permits, end);
        }
    }

    private void EndUntil(DateTimeOffset now)
    {
        while (_ends.TryPeek(out var permits, out var at) && at <= now)
        {
            _ends.Dequeue();
            var book = MixpanelBook.Open(_stored, MixpanelLimit.Of(budget), at, () => ++_ids);
            book.Complete(permits, at, hold: null);
            _stored = book.Write();
        }
    }
#pragma warning restore CA5394
}
