using System.Collections.Concurrent;

namespace Sluice.Simulators.People;

/// <summary>
/// The profiles of a simulated project. Everybody has a number; the first ones may come from a <see cref="PeopleGenerator"/>, of which only
/// those that changed are stored.
/// Safe for use from several threads.
/// </summary>
public sealed class PersonDirectory
{
    private readonly Lock _adding = new();
    private readonly PeopleGenerator? _generator;
    private readonly int _generated;
    private readonly ConcurrentDictionary<int, Person> _stored = new();
    private readonly ConcurrentDictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private volatile int _count;

    /// <summary>An empty directory.</summary>
    public PersonDirectory()
    {
    }

    /// <summary>A directory that starts with the people 0 … <paramref name="count"/> − 1 of a generator, under the same numbers.</summary>
    public PersonDirectory(PeopleGenerator generator, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _generator = generator;
        _generated = count;
        _count = count;
    }

    /// <summary>How many people are known; their numbers are 0 … Count − 1 and are never reused.</summary>
    public int Count => _count;

    /// <summary>The person with this number, as they are now.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Nobody has the number.</exception>
    public Person this[int number]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, _count);
            return _stored.TryGetValue(number, out var person) ? person : _generator![number];
        }
    }

    /// <summary>Finds the number of a distinct id.</summary>
    public bool TryGetNumber(string distinctId, out int number) =>
        _numbers.TryGetValue(distinctId, out number)
        || (_generator is not null && _generator.TryGetNumber(distinctId, out number) && number < _generated);

    /// <summary>Adds the person, or replaces the whole profile of the one with the same distinct id.</summary>
    /// <returns>The person's number.</returns>
    public int Set(Person person)
    {
        lock (_adding)
        {
            if (!TryGetNumber(person.DistinctId, out var number))
            {
                // In this order: whoever finds the number finds the person too.
                number = _count;
                _stored[number] = person;
                _count = number + 1;
                _numbers[person.DistinctId] = number;
                return number;
            }

            _stored[number] = person;
            return number;
        }
    }

    /// <summary>Deletes the profile. The distinct id stays known: whoever is in a cohort is then exported by the id alone.</summary>
    public void DeleteProfile(string distinctId) => Set(new Person(distinctId));

    /// <summary>The number of a distinct id, giving one to an id never seen before: a user without any profile.</summary>
    internal int NumberOf(string distinctId)
    {
        lock (_adding)
        {
            return TryGetNumber(distinctId, out var number) ? number : Set(new Person(distinctId));
        }
    }
}
