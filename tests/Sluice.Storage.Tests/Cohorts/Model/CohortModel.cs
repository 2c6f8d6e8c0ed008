using Sluice.Core.Cohorts;

namespace Sluice.Storage.Tests.Cohorts.Model;

/// <summary>
/// The rules of the order of sessions, as plainly as they can be written down: every session keeps the pages that it was last told,
/// and the membership is worked out anew each time from all of them.
/// </summary>
public sealed class CohortModel
{
    private readonly Dictionary<string, Cohort> _cohorts = new(StringComparer.Ordinal);
    private long _numbers;

    public IEnumerable<string> Cohorts => _cohorts.Keys;

    public (CohortPageEffect Effect, long Number, bool Finished, bool Swapped, bool Warned) Apply(Arrival arrival)
    {
        if (!_cohorts.TryGetValue(arrival.Cohort, out var cohort))
        {
            if (arrival.Action == CohortAction.RemoveMembers)
            {
                return (CohortPageEffect.UnknownCohort, 0, false, false, false);
            }

            _cohorts.Add(arrival.Cohort, cohort = new Cohort());
        }

        if (!cohort.Sessions.TryGetValue((arrival.Session, arrival.Action), out var session))
        {
            session = new Session { Number = ++_numbers, Of = arrival.Of };
            cohort.Sessions.Add((arrival.Session, arrival.Action), session);
        }

        var again = session.Pages.TryGetValue(arrival.Page, out var earlier);
        if (again && earlier!.SetEquals(arrival.Ids) && (session.Finished || session.Of == arrival.Of))
        {
            return (CohortPageEffect.Repeated, session.Number, session.Finished, false, false);
        }

        var overtaken = session.Number < cohort.Base;
        if (session.Finished && session.Quiet)
        {
            return (CohortPageEffect.Overtaken, session.Number, false, false, true);
        }

        session.Quiet = false;
        if (session.Finished)
        {
            session.Late.UnionWith(arrival.Ids);
            return overtaken
                ? (CohortPageEffect.Overtaken, session.Number, false, false, false)
                : (CohortPageEffect.Applied, session.Number, true, false, true);
        }

        session.Pages[arrival.Page] = [.. arrival.Ids];
        session.Of = arrival.Of;
        foreach (var beyond in session.Pages.Keys.Where(p => p > arrival.Of).ToArray())
        {
            session.Pages.Remove(beyond);
        }

        session.Finished = session.Pages.Count >= arrival.Of;
        var swaps = session.Finished && arrival.Action == CohortAction.Members && !overtaken;
        cohort.Base = swaps ? session.Number : cohort.Base;
        var effect = overtaken ? CohortPageEffect.Overtaken : again ? CohortPageEffect.Replaced : CohortPageEffect.Applied;
        return (effect, session.Number, session.Finished, swaps, false);
    }

    /// <summary>Nothing has been heard of any session for more than a month.</summary>
    public void MonthPasses()
    {
        foreach (var session in _cohorts.Values.SelectMany(c => c.Sessions.Values))
        {
            session.Quiet = true;
        }
    }

    /// <summary>
    /// Sessions that are quiet lose their names: what comes under one is a session of its own. What they said stays, but for a
    /// replacement that never ended.
    /// </summary>
    public void Clear()
    {
        foreach (var cohort in _cohorts.Values)
        {
            foreach (var (key, session) in cohort.Sessions.Where(s => s.Value.Quiet && s.Value.Number != cohort.Base).ToArray())
            {
                cohort.Sessions.Remove(key);
                if (key.Action != CohortAction.Members)
                {
                    cohort.Sessions.Add(($"{key.Session} as number {session.Number}", key.Action), session);
                }
            }
        }
    }

    public IReadOnlySet<string> Members(string cohort) =>
        !_cohorts.TryGetValue(cohort, out var known) ? new HashSet<string>() : known.Members();

    public long BaseOf(string cohort) => _cohorts[cohort].Base;

    private sealed class Cohort
    {
        public Dictionary<(string Session, CohortAction Action), Session> Sessions { get; } = [];

        public long Base { get; set; }

        public HashSet<string> Members()
        {
            var members = new HashSet<string>(StringComparer.Ordinal);
            foreach (var ((_, action), session) in Sessions.OrderBy(s => s.Value.Number))
            {
                if (session.Number == Base || (session.Number > Base && action == CohortAction.AddMembers))
                {
                    members.UnionWith(session.People);
                }
                else if (session.Number > Base && action == CohortAction.RemoveMembers)
                {
                    members.ExceptWith(session.People);
                }
            }

            return members;
        }
    }

    private sealed class Session
    {
        public required long Number { get; init; }

        public int Of { get; set; }

        public bool Finished { get; set; }

        /// <summary>Nothing has been heard of it for more than a month.</summary>
        public bool Quiet { get; set; }

        public Dictionary<int, HashSet<string>> Pages { get; } = [];

        /// <summary>Whom pages named that came after the end.</summary>
        public HashSet<string> Late { get; } = new(StringComparer.Ordinal);

        public IEnumerable<string> People => Pages.Values.SelectMany(p => p).Concat(Late);
    }
}
