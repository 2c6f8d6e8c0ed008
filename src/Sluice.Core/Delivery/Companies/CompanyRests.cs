using Sluice.Core.People;

namespace Sluice.Core.Delivery.Companies;

/// <summary>Groups whose calls failed in a way that may be about them alone: they rest, longer each time, and hold up nobody else.</summary>
internal sealed class CompanyRests(TimeProvider time)
{
    // So many at once are about the line and not about them.
    private const int Most = 100;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly Dictionary<PersonKey, (DateTimeOffset Until, TimeSpan Length)> _rests = [];

    /// <summary>Those who rest now.</summary>
    public IReadOnlyCollection<PersonKey> Resting => [.. Now.Select(r => r.Key)];

    /// <summary>Until then nothing is tried; null as long as few rest.</summary>
    public DateTimeOffset? AllUntil => Now.Count() >= Most ? Now.Min(r => r.Value.Until) : null;

    private IEnumerable<KeyValuePair<PersonKey, (DateTimeOffset Until, TimeSpan Length)>> Now => _rests.Where(r => r.Value.Until > time.GetUtcNow());

    /// <param name="atLeast">What the destination asks for.</param>
    public void Begin(PersonKey group, TimeSpan atLeast)
    {
        var length = _rests.TryGetValue(group, out var last) ? last.Length * 2 : First;
        length = length < atLeast ? atLeast : length;
        length = length < Longest ? length : Longest;

        // Who has gone on long ago, or is no group any more, begins with a short one again.
        var now = time.GetUtcNow();
        foreach (var (old, _) in _rests.Where(r => r.Value.Until + Longest < now).ToList())
        {
            _rests.Remove(old);
        }

        _rests[group] = (now + length, length);
    }

    public void End(PersonKey group) => _rests.Remove(group);
}
