using Sluice.Core.Delivery.Limiter;

namespace Sluice.Core.Tests.Delivery.Limiter;

/// <summary>
/// Drives a book with a random but repeatable mix of callers: slices, slow and lost answers, crashes, restores, other nodes, and asks at the very first
/// instant that the book names. The receiver counts each call anywhere between grant and answer, most often at one of the two ends.
/// </summary>
internal sealed class LimiterScenario(int seed, bool withReadings)
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

#pragma warning disable CA5394 // A repeatable sequence is what a test needs.
    private readonly Random _random = new(seed);
    private readonly Random _readings = new(seed);
    private readonly PriorityQueue<Answer, DateTimeOffset> _answers = new();
    private readonly SortedDictionary<DateTimeOffset, int> _counts = [];

    public ReceiverModel Receiver { get; } = new();

    public List<DateTimeOffset> Grants { get; } = [];

    public int LargestBytes { get; private set; }

    public BudgetWindow[] Windows { get; private set; } = [];

    public void Run(int steps)
    {
        Windows = ChooseWindows();
        var book = new PermitBook((ulong)seed, Windows);
        var now = Start;
        var slowest = Windows[0].Length * (0.01 + (_random.NextDouble() * 3));
        for (var step = 0; step < steps; step++)
        {
            var deadline = now + slowest;
            var result = book.Take(now, deadline, 1 + _random.Next(3), _random.Next(4) == 0 ? _random.Next(20) : 0);
            if (result.Permit is { } permit)
            {
                Spend(book, permit, now);
            }
            else
            {
                Assert.True(result.NotBefore > now);
                now = Later(now, result.NotBefore);
            }

            AnswerUntil(book, now);
            if (_random.Next(5) == 0)
            {
                var stored = book.Write();
                LargestBytes = Math.Max(LargestBytes, stored.Length);
                book = PermitBook.Read(stored);
            }
        }

        foreach (var (at, count) in _counts)
        {
            for (var i = 0; i < count; i++)
            {
                Receiver.Count(at);
            }
        }
    }

    private void Spend(PermitBook book, Permit permit, DateTimeOffset now)
    {
        var unused = _random.Next(10) == 0 ? book.Return(permit, 1) : 0;
        for (var i = unused; i < permit.Count; i++)
        {
            Grants.Add(now);
            var crashed = _random.Next(20) == 0;
            var over = crashed ? permit.Deadline : Between(now, permit.Deadline);
            var counted = _random.Next(4) switch { 0 => now, 1 => Between(now, over), _ => over };
            _counts[counted] = _counts.GetValueOrDefault(counted) + 1;
            if (!crashed)
            {
                _answers.Enqueue(new Answer(permit, counted), over);
            }
        }
    }

    // Most callers come at once or exactly when they were told; the others whenever they like.
    private DateTimeOffset Later(DateTimeOffset now, DateTimeOffset notBefore) => _random.Next(6) switch
    {
        0 => Between(now, notBefore),
        1 => notBefore + (Windows[0].Length * _random.NextDouble() * 2),
        _ => notBefore,
    };

    private void AnswerUntil(PermitBook book, DateTimeOffset now)
    {
        while (_answers.TryPeek(out var answer, out var at) && at <= now)
        {
            _answers.Dequeue();
            BudgetReading? reading = withReadings ? ReadingOf(answer.Counted) : null;
            book.Complete(answer.Permit, at, reading);
        }
    }

    private BudgetReading ReadingOf(DateTimeOffset at)
    {
        var window = Windows[_readings.Next(Windows.Length)];
        var start = new DateTimeOffset(at.UtcTicks / window.Length.Ticks * window.Length.Ticks, TimeSpan.Zero);
        var used = _counts.Where(pair => pair.Key >= start && pair.Key <= at).Sum(pair => pair.Value);
        var reset = TimeSpan.FromSeconds(Math.Ceiling((start + window.Length - at).TotalSeconds));
        return new BudgetReading(window.Limit, window.Limit - used, reset);
    }

    private DateTimeOffset Between(DateTimeOffset from, DateTimeOffset to) =>
        from + TimeSpan.FromMicroseconds(Math.Floor((to - from).TotalMicroseconds * _random.NextDouble()));

    private BudgetWindow[] ChooseWindows() => _random.Next(4) switch
    {
        0 => [new(10, TimeSpan.FromSeconds(1)), new(60, TimeSpan.FromSeconds(30))],
        1 => [new(100, TimeSpan.FromHours(1))],
        2 => [new(1, TimeSpan.FromMilliseconds(1 + _random.Next(3000)))],
        _ => [new(1 + _random.Next(50), TimeSpan.FromMilliseconds(1 + _random.Next(5000))), new(200, TimeSpan.FromMinutes(1))],
    };
#pragma warning restore CA5394

    private readonly record struct Answer(Permit Permit, DateTimeOffset Counted);
}
