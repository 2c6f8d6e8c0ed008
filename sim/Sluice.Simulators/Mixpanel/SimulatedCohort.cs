using Sluice.Simulators.People;

namespace Sluice.Simulators.Mixpanel;

/// <summary>A saved cohort of the simulated project and who is in it now. Safe for use from several threads.</summary>
public sealed class SimulatedCohort
{
    private readonly Lock _gate = new();
    private readonly PersonDirectory _people;
    private readonly MemberSet _members = new();
    private volatile string _name;
    private volatile string? _description;

    internal SimulatedCohort(PersonDirectory people, string id, string name, string? description, bool ofGroups)
    {
        _people = people;
        Id = id;
        _name = name;
        _description = description;
        OfGroups = ofGroups;
    }

    /// <summary>The cohort's id, which never changes.</summary>
    public string Id { get; }

    /// <summary>The name; the next call carries a new one.</summary>
    public string Name
    {
        get => _name;
        set => _name = value;
    }

    /// <summary>The description, if any; the next call carries a new one.</summary>
    public string? Description
    {
        get => _description;
        set => _description = value;
    }

    /// <summary>Whether it is a cohort of groups (companies and the like), which Mixpanel cannot sync.</summary>
    public bool OfGroups { get; }

    /// <summary>How many are in it.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _members.Count;
            }
        }
    }

    /// <summary>Lets a person in. An unknown distinct id becomes a user without a profile.</summary>
    /// <returns>False when they were in already.</returns>
    public bool Add(string distinctId) => Add(_people.NumberOf(distinctId));

    /// <summary>Lets the person with this number in the directory in.</summary>
    /// <returns>False when they were in already.</returns>
    public bool Add(int number)
    {
        CheckKnown(number);
        lock (_gate)
        {
            return _members.Add(number);
        }
    }

    /// <summary>Lets <paramref name="count"/> people in, from number <paramref name="first"/> on.</summary>
    public void AddRange(int first, int count)
    {
        if (count <= 0)
        {
            return;
        }

        CheckKnown(first);
        CheckKnown(checked(first + count - 1));
        lock (_gate)
        {
            for (var number = first; number < first + count; number++)
            {
                _members.Add(number);
            }
        }
    }

    /// <summary>Takes a person out.</summary>
    /// <returns>False when they were not in.</returns>
    public bool Remove(string distinctId) => _people.TryGetNumber(distinctId, out var number) && Remove(number);

    /// <summary>Takes the person with this number out.</summary>
    /// <returns>False when they were not in.</returns>
    public bool Remove(int number)
    {
        lock (_gate)
        {
            return number >= 0 && _members.Remove(number);
        }
    }

    /// <summary>Takes everybody out.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            for (var number = _members.Next(0); number >= 0; number = _members.Next(number + 1))
            {
                _members.Remove(number);
            }
        }
    }

    /// <summary>Whether a person is in it.</summary>
    public bool Contains(string distinctId) => _people.TryGetNumber(distinctId, out var number) && Contains(number);

    /// <summary>Whether the person with this number is in it.</summary>
    public bool Contains(int number)
    {
        lock (_gate)
        {
            return number >= 0 && _members.Contains(number);
        }
    }

    /// <summary>The distinct ids of the members at this moment, in the order of their numbers.</summary>
    public IEnumerable<string> DistinctIds()
    {
        var members = Snapshot();
        for (var number = members.Next(0); number >= 0; number = members.Next(number + 1))
        {
            yield return _people[number].DistinctId;
        }
    }

    internal MemberSet Snapshot()
    {
        lock (_gate)
        {
            return _members.Clone();
        }
    }

    private void CheckKnown(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, _people.Count);
    }
}
