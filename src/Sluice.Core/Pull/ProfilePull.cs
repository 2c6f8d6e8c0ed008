using Sluice.Core.Pull.Schedules;

namespace Sluice.Core.Pull;

/// <summary>Fetches profiles page by page. What a profile holds is set; what Mixpanel does not name stays as it is.</summary>
internal sealed class ProfilePull(ProfilePullRule rule, IMixpanelSource source, PullIntakes intakes) : IPull
{
    public const string JobName = "profiles";

    private const int MaxSessions = 3;
    private const int UsualPageSize = 1_000;

    private readonly PulledUpdates _updates = new(intakes);

    public string Name => JobName;

    public Schedule Schedule => rule.Schedule;

    public IMixpanelSource Source => source;

    public async Task RunAsync(PullRun run, CancellationToken cancellationToken)
    {
        var place = run.Place(PullJson.Default.ProfilePlace);
        place = place?.Run == run.Id ? place : Beginning(run, 1);
        while (true)
        {
            SourcePage<People.ProfileUpdates> page;
            if (place.Page > 0)
            {
                await run.RestAsync(await source.RestAsync(PageEnd.Left(place.Total, place.Received, UsualPageSize), 0, cancellationToken), cancellationToken);
            }
            else
            {
                await source.KeepQueriesAsync(1, cancellationToken);
                place = place with { AskedAt = await run.PatientlyAsync(() => intakes.Profiles.NowAsync(cancellationToken), cancellationToken) };
            }

            try
            {
                page = await source.ProfilePageAsync(rule.Where, rule.Properties, place.Remote is { } remote ? new PagePlace(remote, place.Page) : null, cancellationToken);
            }
            catch (MixpanelSourceException e) when (e.Problem == SourceProblem.SessionGone)
            {
                run.Count("calls");
                if (place.Begun >= MaxSessions)
                {
                    throw new MixpanelSourceException($"Mixpanel has forgotten its answer before the last page, {MaxSessions} times: {e.Message}", e) { Problem = SourceProblem.BadQuestion };
                }

                // What has been set is set; the rest comes with a new answer.
                await run.KeepAsync(Beginning(run, place.Begun + 1), PullJson.Default.ProfilePlace, cancellationToken);
                throw new MixpanelSourceException(e.Message, e) { Problem = SourceProblem.Later };
            }

            run.Count("calls");
            await _updates.ApplyAsync(page.Content with { AsOf = place.AskedAt }, page.Refused, run, cancellationToken);
            var received = place.Received + page.Records;
            var total = place.Page == 0 ? page.Total : place.Total;
            if (new PageEnd(page.Records, page.PageSize, received, total, null).IsLast)
            {
                return;
            }

            place = new ProfilePlace(run.Id, page.Session, place.Page + 1, received, total, place.Begun, place.AskedAt);
            await run.SaveAsync(place, PullJson.Default.ProfilePlace, cancellationToken);
        }
    }

    private static ProfilePlace Beginning(PullRun run, int begun) => new(run.Id, null, 0, 0, null, begun, null);
}
