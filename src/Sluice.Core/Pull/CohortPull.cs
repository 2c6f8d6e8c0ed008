using Sluice.Core.Pull.Schedules;

namespace Sluice.Core.Pull;

/// <summary>Fetches cohorts: which there are, then each one's people page by page, as a full session of its user group.</summary>
internal sealed class CohortPull(string project, CohortPullRule rule, IMixpanelSource source, PullIntakes intakes) : IPull
{
    public const string JobName = "cohorts";

    /// <summary>After so many failures without getting further the other cohorts come first.</summary>
    private const int Patience = 3;

    private readonly CohortSessions _sessions = new(project, source, intakes.Cohorts);

    public string Name => JobName;

    public Schedule Schedule => rule.Schedule;

    public IMixpanelSource Source => source;

    public async Task RunAsync(PullRun run, CancellationToken cancellationToken)
    {
        var place = run.Place(PullJson.Default.CohortPlace) ?? new CohortPlace();
        if (place.Run != run.Id)
        {
            // A session that an earlier run has left open was ours.
            var fetched = place is { Session: not null, Round: { } left } && place.Next < left.Count ? await FetchedAsync(place, left[place.Next], cancellationToken) : place.Fetched;
            await source.KeepQueriesAsync(1 + PagesOf(place.Round ?? [], 0), cancellationToken);
            var cohorts = await source.CohortsAsync(cancellationToken);
            run.Count("calls");

            // Whoever came last in a run that did not come to its end comes first in the next.
            var round = Chosen(cohorts, run).OrderBy(c => Latest(fetched.GetValueOrDefault(c.Id), place.PutOff.GetValueOrDefault(c.Id))).ToArray();
            place = new CohortPlace { Run = run.Id, Round = round, Fetched = OfRound(fetched), PutOff = OfRound(place.PutOff) };

            Dictionary<string, DateTimeOffset> OfRound(IReadOnlyDictionary<string, DateTimeOffset> times) => times.Where(t => round.Any(c => c.Id == t.Key)).ToDictionary();
            await SaveAsync(place);
        }

        while (place.Next < place.Round!.Count)
        {
            var cohort = place.Round[place.Next];
            if (place.Session is null && await WasSentAsync(place, cohort, cancellationToken))
            {
                run.Note($"Cohort {cohort.Id} is sent by Mixpanel too: whichever was begun last counts. Pull it, or have it sent, but not both.");
            }

            bool done;
            try
            {
                done = await _sessions.RunAsync(
                    cohort, rule.Properties, place.Session, PagesOf(place.Round, place.Next + 1), run,
                    session =>
                    {
                        place = place with { Session = session, Failures = 0 };
                        return SaveAsync(place);
                    },
                    cancellationToken);
            }
            catch (MixpanelSourceException e) when (e.Problem == SourceProblem.Later)
            {
                // No progress: where no cohort gets further the run ends.
                await run.KeepAsync(Failed(place, cohort, e, run), PullJson.Default.CohortPlace, cancellationToken);
                throw;
            }

            run.Count(done ? "cohorts" : "cohorts_given_up");
            place = place with { Next = place.Next + 1, Session = null, Failures = 0, Fetched = await FetchedAsync(place, cohort, cancellationToken) };
            await SaveAsync(place);
        }

        Task SaveAsync(CohortPlace at) => run.SaveAsync(at, PullJson.Default.CohortPlace, cancellationToken);
    }

    /// <summary>Counts a failure; after some, the cohort goes behind those that are still to come, so that it holds up none of them.</summary>
    private static CohortPlace Failed(CohortPlace place, RemoteCohort cohort, MixpanelSourceException e, PullRun run)
    {
        if (place.Failures + 1 < Patience || place.Next + 1 == place.Round!.Count)
        {
            return place with { Failures = place.Failures + 1 };
        }

        run.Note($"Cohort {cohort.Id} was put off: {e.Message}");
        return place with
        {
            Round = [.. place.Round.Take(place.Next), .. place.Round.Skip(place.Next + 1), cohort],
            Session = null,
            Failures = 0,
            PutOff = new Dictionary<string, DateTimeOffset>(place.PutOff, StringComparer.Ordinal) { [cohort.Id] = run.Now },
        };
    }

    /// <summary>About how many queries the cohorts of a round take, from one of them on.</summary>
    private static long PagesOf(IReadOnlyList<RemoteCohort> round, int from) => round.Skip(from).Sum(c => PageEnd.Of(c.Count, CohortSessions.UsualPageSize));

    private static DateTimeOffset Latest(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private RemoteCohort[] Chosen(IReadOnlyList<RemoteCohort> cohorts, PullRun run)
    {
        if (rule.Include is not { } include)
        {
            return [.. cohorts.Where(c => c.IsVisible)];
        }

        foreach (var missing in include.Where(i => !cohorts.Any(c => Is(c, i))))
        {
            run.Note($"Mixpanel has no cohort {missing}: correct pull.cohorts.include, or create it.");
        }

        return [.. cohorts.Where(c => include.Any(i => Is(c, i)))];
    }

    private static bool Is(RemoteCohort cohort, string named) => cohort.Id == named || cohort.Name == named;

    /// <summary>Whether Mixpanel has sent a page of it since we stored the last one that we fetched.</summary>
    private async Task<bool> WasSentAsync(CohortPlace place, RemoteCohort cohort, CancellationToken cancellationToken) =>
        await intakes.Groups.FindAsync(project, cohort.Id, cancellationToken) is { SentAt: { } sent }
        && (!place.Fetched.TryGetValue(cohort.Id, out var fetched) || sent >= fetched);

    private async Task<IReadOnlyDictionary<string, DateTimeOffset>> FetchedAsync(CohortPlace place, RemoteCohort cohort, CancellationToken cancellationToken)
    {
        if (await intakes.Groups.FindAsync(project, cohort.Id, cancellationToken) is not { } group)
        {
            return place.Fetched;
        }

        return new Dictionary<string, DateTimeOffset>(place.Fetched, StringComparer.Ordinal) { [cohort.Id] = group.LastPageAt };
    }
}
