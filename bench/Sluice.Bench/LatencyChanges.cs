using System.Diagnostics;
using System.Globalization;
using Sluice.Simulators.Brevo;

namespace Sluice.Bench;

/// <param name="Calls">What Brevo was called for meanwhile.</param>
internal sealed record LatencyChange(string Kind, int People, TimeSpan Took, string Calls);

/// <summary>Sends small changes of one cohort, one after the other, and waits for each in the list.</summary>
internal sealed class LatencyChanges(BenchServer server, BrevoSimulator brevo, string cohort, long list, int known, int firstMembers)
{
    private const int MostPeople = 50;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Random _random = new(7);
    private readonly List<int> _inside = [.. Enumerable.Range(0, firstMembers)];
    private readonly List<int> _outside = [.. Enumerable.Range(firstMembers, known - firstMembers)];
    private int _nextNew = known;

    /// <param name="each">How many changes of each kind.</param>
    public async Task<IReadOnlyList<LatencyChange>> RunAsync(int each)
    {
        var changes = new List<LatencyChange>();
        for (var i = 0; i < each; i++)
        {
            changes.Add(await ChangeAsync("known contacts", enter: true, Draw(_outside)));
            changes.Add(await ChangeAsync("new contacts", enter: true, [.. Enumerable.Range(0, Size()).Select(_ => _nextNew++)]));
            changes.Add(await ChangeAsync("removals", enter: false, Draw(_inside)));
        }

        return changes;
    }

    private async Task<LatencyChange> ChangeAsync(string kind, bool enter, List<int> people)
    {
        // Changes come when they like, and not when the last one has just ended.
        await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(500)), TimeProvider.System, CancellationToken.None);
        var body = LatencyCohort.Difference(enter, cohort, people);
        var before = brevo.Calls.ByEndpoint;
        await server.SendAsync(body);
        var clock = Stopwatch.StartNew();
        var left = new Queue<int>(people);
        while (left.Count > 0 && clock.Elapsed < Patience)
        {
            while (left.TryPeek(out var person) && IsInList(person) == enter)
            {
                left.Dequeue();
            }

            if (left.Count > 0)
            {
                await Task.Delay(LookEvery, TimeProvider.System, CancellationToken.None);
            }
        }

        var took = clock.Elapsed;
        (enter ? _inside : _outside).AddRange(people);
        return new LatencyChange(kind, people.Count, took, Calls(before));
    }

    private bool IsInList(int person) => brevo.ContactByExtId(LatencyCohort.DistinctId(person))?.ListIds.Contains(list) == true;

    private string Calls(IReadOnlyDictionary<string, long> before) => string.Join(", ", brevo.Calls.ByEndpoint
        .Select(c => (c.Key, Count: c.Value - before.GetValueOrDefault(c.Key)))
        .Where(c => c.Count > 0)
        .Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Count} {c.Key}")));

    /// <summary>Most changes are small, some are not: each order of magnitude is as likely as the other.</summary>
    private int Size() => (int)Math.Floor(Math.Pow(MostPeople + 1, _random.NextDouble()));

    private List<int> Draw(List<int> from)
    {
        var people = new List<int>();
        for (var i = Math.Min(Size(), from.Count); i > 0; i--)
        {
            var at = _random.Next(from.Count);
            people.Add(from[at]);
            from[at] = from[^1];
            from.RemoveAt(from.Count - 1);
        }

        return people;
    }
}
