using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel.Budgets;

/// <summary>
/// Random but repeatable minutes of two nodes that send as much as they may: small and large calls, lookup tables, slow answers, nodes that die with their slices.
/// Mixpanel counts a call at some instant between its grant and its end.
/// </summary>
internal sealed class IngestionScenario
{
#pragma warning disable CA5394 // A repeatable sequence is what a test needs.
    private readonly Random _random;
    private readonly SetTime _time = new();
    private readonly HeldBooks _books;
    private readonly MixpanelBudgets[] _nodes;
    private readonly PriorityQueue<IMixpanelPermit, DateTimeOffset> _ends = new();

    public IngestionScenario(int seed)
    {
        _random = new Random(seed);
        _books = new HeldBooks(_time);
        _nodes = [New(), New()];
    }

    public List<(DateTimeOffset At, long Bytes, int Records)> Arrived { get; } = [];

    public int Refused { get; private set; }

    public int Writes => _books.Updates;

    public async Task RunAsync(int steps, CancellationToken cancellationToken)
    {
        for (var step = 0; step < steps; step++)
        {
            while (_ends.TryPeek(out var over, out var at) && at <= _time.Now)
            {
                _ends.Dequeue();
                await over.CompleteAsync(new MixpanelCallOutcome(200, null), CancellationToken.None);
            }

            var call = Call();
            try
            {
                var permit = await _nodes[_random.Next(2)].For(MixpanelCaller.Job(TimeSpan.Zero)).EnterAsync(call, cancellationToken);
                var end = _time.Now + (call.Length * Math.Pow(_random.NextDouble(), 4));
                Arrived.Add((_time.Now + ((end - _time.Now) * _random.NextDouble()), call.Bytes ?? IngestionUnits.LargestFile, call.Records));
                _ends.Enqueue(permit, end);
            }
            catch (MixpanelBudgetException e)
            {
                Refused++;
                _time.Now += _random.Next(2) == 0 ? e.RetryAfter : TimeSpan.Zero;
            }

            if (_random.Next(150) == 0)
            {
                _nodes[_random.Next(2)] = New();
            }

            _time.Now += TimeSpan.FromMilliseconds(_random.Next(200));
        }
    }

    private MixpanelCall Call() => _random.Next(40) switch
    {
        0 => new MixpanelCall("/lookup-tables", MixpanelBudget.Ingestion) { Length = TimeSpan.FromMinutes(11) },
        < 10 => Records(_random.Next(4_000), _random.Next(1, 20)),
        < 20 => Records(_random.Next(20_000_000), _random.Next(1, 20)),
        _ => Records(_random.Next(1, 2_097_152), _random.Next(1, 20_000)),
    };

    private static MixpanelCall Records(int bytes, int records) =>
        new("/import", MixpanelBudget.Ingestion) { Bytes = bytes, Records = records, Length = TimeSpan.FromSeconds(76) };

    private MixpanelBudgets New() => new(_books, "mixpanel-api/test", _time);
#pragma warning restore CA5394
}
