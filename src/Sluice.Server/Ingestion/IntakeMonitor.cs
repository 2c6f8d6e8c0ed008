using Microsoft.Extensions.Logging;
using Sluice.Core.Events;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Ingestion;

/// <summary>Counts what comes in, by the minute, and hands the counts to the store every few seconds and at the end.</summary>
/// <remarks>
/// A count is no record: what was not handed over when the process is killed is lost. Memory is bounded, because names are chosen by
/// strangers: so many a minute and project have a count of their own, the others share one.
/// </remarks>
internal sealed class IntakeMonitor(IIntakeCounts counts, TimeProvider timeProvider, ILogger<IntakeMonitor> logger)
{
    /// <summary>Where names are counted that came after too many others.</summary>
    public const string OtherNames = "(other)";

    public const int NamesPerMinute = 200;

    // While the store takes nothing the counts wait here; what does not fit is forgotten.
    private const int MostCounts = 20_000;

    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, HashSet<string>> _names = new(StringComparer.Ordinal);
    private Dictionary<Key, Sums> _sums = [];
    private DateTimeOffset _minute;

    /// <summary>Counts records.</summary>
    /// <param name="project">The project's id; empty where the token is no project's.</param>
    public void Count(string project, string way, string outcome, string name, long records, long bytes)
    {
        var now = timeProvider.GetUtcNow();
        lock (_lock)
        {
            var minute = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMinute));
            if (minute != _minute)
            {
                _minute = minute;
                _names.Clear();
            }

            Add(_sums, new Key(project, minute, way, outcome, NameToCount(project, name)), new Sums(records, bytes));
        }
    }

    /// <summary>Hands the counts over until it is cancelled, and once more then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(FlushEvery, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                // The last counts are handed over while the server stops.
                await FlushAsync(CancellationToken.None);
            }
            catch (Exception exception)
            {
                GatewayLog.CountsKept(logger, exception);
            }
        }
    }

    /// <summary>Hands the counts over now. What the store does not take is kept.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        Dictionary<Key, Sums> sums;
        lock (_lock)
        {
            sums = _sums;
            _sums = [];
        }

        try
        {
            await counts.AddAsync(
                [.. sums.Select(s => new IntakeCount(s.Key.Project, s.Key.Minute, s.Key.Way, s.Key.Outcome, s.Key.Name, s.Value.Records, s.Value.Bytes))],
                cancellationToken);
        }
        catch
        {
            lock (_lock)
            {
                foreach (var (key, value) in sums)
                {
                    Add(_sums, key, value);
                }
            }

            throw;
        }
    }

    private static void Add(Dictionary<Key, Sums> sums, Key key, Sums more)
    {
        if (sums.TryGetValue(key, out var before))
        {
            sums[key] = new Sums(before.Records + more.Records, before.Bytes + more.Bytes);
        }
        else if (sums.Count < MostCounts)
        {
            sums.Add(key, more);
        }
    }

    private string NameToCount(string project, string name)
    {
        if (!_names.TryGetValue(project, out var names))
        {
            _names.Add(project, names = new HashSet<string>(StringComparer.Ordinal));
        }

        return name.Length == 0 || names.Contains(name) || (names.Count < NamesPerMinute && names.Add(name)) ? name : OtherNames;
    }

    private readonly record struct Key(string Project, DateTimeOffset Minute, string Way, string Outcome, string Name);

    private readonly record struct Sums(long Records, long Bytes);
}
