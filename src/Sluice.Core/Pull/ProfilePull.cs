using Sluice.Core.Pull.Schedules;

namespace Sluice.Core.Pull;

/// <summary>Fetches profiles page by page. What a profile holds is set; what Mixpanel does not name stays as it is.</summary>
internal sealed class ProfilePull(ProfilePullRule rule, IMixpanelSource source, PullIntakes intakes) : IPull
{
    public const string JobName = "profiles";

    private const int UsualPageSize = 1_000;

    public string Name => JobName;

    public Schedule Schedule => rule.Schedule;

    public async Task RunAsync(PullRun run, CancellationToken cancellationToken)
    {
        var place = run.Place(PullJson.Default.ProfilePlace);
        place = place?.Run == run.Id ? place : Beginning(run);
        while (true)
        {
            SourcePage<People.ProfileUpdates> page;
            if (place.Page > 0)
            {
                await run.RestAsync(await source.RestAsync(PageEnd.Left(place.Total, place.Received, UsualPageSize), cancellationToken), cancellationToken);
            }

            try
            {
                page = await source.ProfilePageAsync(rule.Where, rule.Properties, place.Remote is { } remote ? new PagePlace(remote, place.Page) : null, cancellationToken);
            }
            catch (MixpanelSourceException e) when (e.Problem == SourceProblem.SessionGone)
            {
                // What has been set is set; the rest comes with a new answer. Counts as a failure, so that it ends when it happens again and again.
                run.Count("calls");
                await run.KeepAsync(Beginning(run), PullJson.Default.ProfilePlace, cancellationToken);
                throw new MixpanelSourceException(e.Message, e) { Problem = SourceProblem.Later };
            }

            run.Count("calls");
            var refused = await run.PatientlyAsync(() => intakes.Profiles.ApplyAsync(page.Content, cancellationToken), cancellationToken);
            run.Count("profiles", page.Content.Updates.Count - refused.Count);
            run.Count("refused", refused.Count + (page.Records - page.Content.Updates.Count));
            var received = place.Received + page.Records;
            var total = place.Page == 0 ? page.Total : place.Total;
            if (new PageEnd(page.Records, page.PageSize, received, total, null).IsLast)
            {
                return;
            }

            place = new ProfilePlace(run.Id, page.Session, place.Page + 1, received, total);
            await run.SaveAsync(place, PullJson.Default.ProfilePlace, cancellationToken);
        }
    }

    private static ProfilePlace Beginning(PullRun run) => new(run.Id, null, 0, 0, null);
}
