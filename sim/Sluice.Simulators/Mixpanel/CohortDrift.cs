using Sluice.Simulators.People;

namespace Sluice.Simulators.Mixpanel;

/// <summary>Lets a simulated project live: at every tick a few people enter and leave each cohort, and some profiles change.</summary>
/// <remarks>
/// Two simulators with the same people and cohorts change alike under the same seed. Not safe for ticks from several threads.
/// </remarks>
public sealed class CohortDrift(CohortSyncSimulator simulator, ulong seed, CohortDriftOptions options)
{
    private static readonly string[] Plans = ["free", "trial", "pro", "business"];
    private int _tick;

    /// <summary>Makes the next changes.</summary>
    public DriftStep Tick()
    {
        var draw = new Draws(seed, ++_tick);
        var people = simulator.People;
        var entered = new List<(string, string)>();
        var left = new List<(string, string)>();
        var changed = new Dictionary<int, Person>();
        if (people.Count > 0)
        {
            foreach (var cohort in simulator.Cohorts.Where(static cohort => !cohort.OfGroups))
            {
                var entering = draw.Below(options.MaxEntering + 1);
                var leaving = draw.Below(options.MaxLeaving + 1);
                var members = cohort.Snapshot();
                entered.AddRange(Take(entering, from => Wrap(members.NextAbsent(from), members.NextAbsent(0), people.Count), cohort.Add));
                left.AddRange(Take(leaving, from => Wrap(members.Next(from), members.Next(0), people.Count), cohort.Remove));

                IEnumerable<(string, string)> Take(int count, Func<int, int> choose, Func<int, bool> apply)
                {
                    for (var i = 0; i < count; i++)
                    {
                        var number = choose(draw.Below(people.Count));
                        if (number >= 0 && apply(number))
                        {
                            yield return (cohort.Id, people[number].DistinctId);
                        }
                    }
                }
            }

            for (var i = draw.Below(options.MaxChanging + 1); i > 0; i--)
            {
                var number = draw.Below(people.Count);
                changed[number] = Change(people[number], draw);
                people.Set(changed[number]);
            }
        }

        return new DriftStep(_tick, entered, left, [.. changed.Values]);
    }

    /// <summary>Ticks until it is cancelled; the first tick comes after one interval.</summary>
    /// <param name="interval">The time between two ticks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ticked">Called with every step, for example to send the changed profiles on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(
        TimeSpan interval, TimeProvider time, Func<DriftStep, CancellationToken, Task> ticked, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await ticked(Tick(), cancellationToken);
        }
    }

    /// <summary>The first candidate from a random number on, starting over at the end; −1 when there is none.</summary>
    private static int Wrap(int found, int firstOfAll, int count)
    {
        var number = found >= 0 && found < count ? found : firstOfAll;
        return number >= 0 && number < count ? number : -1;
    }

    private static Person Change(Person person, Draws draw)
    {
        var orders = person.Properties.TryGetValue("orders", out var before) && before is int count ? count : 0;
        var revenue = person.Properties.TryGetValue("total_revenue", out var sum) && sum is decimal amount ? amount : 0m;
        var properties = new Dictionary<string, object?>(person.Properties, StringComparer.Ordinal)
        {
            ["orders"] = orders + 1,
            ["total_revenue"] = revenue + (draw.Below(20_000) / 100m),
        };
        if (draw.Below(3) == 0)
        {
            properties["plan"] = Plans[draw.Below(Plans.Length)];
        }

        return person with { Properties = properties };
    }

    /// <summary>The draws of one tick, one after the other.</summary>
    private sealed class Draws(ulong seed, int tick)
    {
        private readonly SeededHash _hash = new(seed, tick);
        private int _field;

        public int Below(int exclusive) => _hash.Below(_field++, exclusive);
    }
}
