using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;

namespace Sluice.Core.Pull;

/// <summary>What is counted and noted while something is fetched.</summary>
internal class PullTally(TimeProvider time)
{
    private const int LongestNote = 2_000;
    private static readonly TimeSpan StoreRest = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];

    public IReadOnlyDictionary<string, long> Counts => new Dictionary<string, long>(_counts, StringComparer.Ordinal);

    /// <summary>Null when there is none.</summary>
    public string? Notes => _notes.Count == 0 ? null : string.Join(' ', _notes);

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Under which it is fetched; null where somebody has asked for it.</summary>
    public virtual Lease? Lease => null;

    public void Count(string name, long more = 1)
    {
        if (more != 0)
        {
            _counts[name] = _counts.GetValueOrDefault(name) + more;
        }
    }

    /// <summary>Something that a person may want to know; once is enough.</summary>
    public void Note(string note)
    {
        if (!_notes.Exists(n => n.Contains(note, StringComparison.Ordinal)) && _notes.Sum(n => n.Length) < LongestNote)
        {
            _notes.Add(note);
        }
    }

    /// <summary>A new id, in the order of time.</summary>
    public string NewId() => Guid.CreateVersion7(Now).ToString("n");

    public Task RestAsync(TimeSpan length, CancellationToken cancellationToken) =>
        length <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(length, time, cancellationToken);

    /// <summary>Gives something to the store again and again until it takes it: what was fetched has cost a call.</summary>
    public async Task<T> PatientlyAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await work();
            }
            catch (Exception e) when (e is IntakeBusyException or StoreUnavailableException)
            {
                await Task.Delay(StoreRest, time, cancellationToken);
            }
        }
    }

    /// <inheritdoc cref="PatientlyAsync{T}"/>
    public Task PatientlyAsync(Func<Task> work, CancellationToken cancellationToken) => PatientlyAsync(
        async () =>
        {
            await work();
            return true;
        },
        cancellationToken);
}
