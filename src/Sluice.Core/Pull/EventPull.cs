using Sluice.Core.Pull.Schedules;

namespace Sluice.Core.Pull;

/// <summary>Fetches events day by day. A day counts when all of it is stored; one that was interrupted is fetched again, and what is there already stays.</summary>
internal sealed class EventPull(PullPlan plan, EventPullRule rule, IMixpanelSource source, PullIntakes intakes) : IPull
{
    public const string JobName = "events";

    public string Name => JobName;

    public Schedule Schedule => rule.Schedule;

    public IMixpanelSource Source => source;

    public async Task RunAsync(PullRun run, CancellationToken cancellationToken)
    {
        var place = run.Place(PullJson.Default.EventPlace);
        place = place is not null && GoesOn(place, run.Id)
            ? place with { Remote = plan.RemoteProject ?? place.Remote }
            : Begin(place, run.Id, Today(run.Now, plan.TimeZone));

        while (place.Day is { } day && day <= place.Until)
        {
            await source.KeepExportsAsync(place.Until.DayNumber - day.DayNumber + 1, cancellationToken);
            var last = !await DayAsync(day, run, cancellationToken) || day == place.Until;

            // The last day of a run is not over yet.
            place = place with { Done = last || place.Done > day ? place.Done : day, Day = last ? null : day.AddDays(1) };
            await run.SaveAsync(place, PullJson.Default.EventPlace, cancellationToken);
        }
    }

    /// <summary>Mixpanel refuses a day that has not begun, in the project's time zone or in UTC: which of the two it goes by cannot be told from outside.</summary>
    private static DateOnly Today(DateTimeOffset now, TimeZoneInfo zone)
    {
        var (there, utc) = (DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime), DateOnly.FromDateTime(now.UtcDateTime));
        return there < utc ? there : utc;
    }

    private EventPlace Begin(EventPlace? last, string run, DateOnly today)
    {
        // Only days without a gap between them can be told by their first and their last. An earlier first day in the config asks for what lies
        // before, too, and a new name or another project at Mixpanel for its past: then from there on. A later one may lie behind days that
        // nobody has fetched.
        var remote = plan.RemoteProject ?? last?.Remote;
        if (last is not { Done: { } done } || last.From > rule.From || rule.From > done.AddDays(1) || !HasNames(last) || !IsOfProject(last))
        {
            return new EventPlace(run, rule.From, null, rule.From, today, rule.Names, remote);
        }

        var again = done.AddDays(1 - rule.OverlapDays);
        return new EventPlace(run, last.From, done, again > rule.From ? again : rule.From, today, rule.Names, remote);
    }

    /// <summary>The rest of a run has to be of the same events as what it has done: the place speaks of all of it.</summary>
    private bool GoesOn(EventPlace place, string run) => place.Run == run && IsOfProject(place) && (place.Names is null || rule.Names.ToHashSet().SetEquals(place.Names));

    private bool IsOfProject(EventPlace place) => place.Remote is null || plan.RemoteProject is null || place.Remote == plan.RemoteProject;

    private bool HasNames(EventPlace last) => last.Names is null or [] || (rule.Names.Count > 0 && rule.Names.All(last.Names.Contains));

    /// <returns>False when Mixpanel says that the day has not begun.</returns>
    private async Task<bool> DayAsync(DateOnly day, PullRun run, CancellationToken cancellationToken)
    {
        run.Count("calls");
        try
        {
            await foreach (var part in source.EventsAsync(day, rule.Names, cancellationToken))
            {
                await TakeAsync(part, run, cancellationToken);
            }

            run.Count("days");
            return true;
        }
        catch (MixpanelSourceException e) when (e.Problem == SourceProblem.NotYet)
        {
            return false;
        }
    }

    private async Task TakeAsync(SourceEvents part, PullRun run, CancellationToken cancellationToken)
    {
        if (part.Refused.Count > 0)
        {
            await run.PatientlyAsync(() => intakes.Refused.KeepAsync(plan.Project, PullIntakes.Way, part.Refused, cancellationToken), cancellationToken);
        }

        if (part.Events.Events.Count > 0)
        {
            var outcome = await run.PatientlyAsync(() => intakes.Events.AppendAsync(part.Events, cancellationToken), cancellationToken);
            run.Count("stored", outcome.Stored);
            run.Count("known", outcome.Duplicates);
        }

        run.Count("refused", part.Refused.Count);
        run.Count("ignored", part.Ignored);
    }
}
