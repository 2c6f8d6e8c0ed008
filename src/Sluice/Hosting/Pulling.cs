using Microsoft.Extensions.Logging;
using Sluice.Configuration;
using Sluice.Core.Projects;
using Sluice.Core.Pull;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Destinations.Mixpanel.Pull;
using Sluice.Mixpanel.Client;
using Sluice.Server.Ingestion;
using Sluice.Server.Webhooks;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>Makes from a project's settings what fetches from its Mixpanel.</summary>
internal static class Pulling
{
    /// <summary>What the people of a cohort always come with: by it they are contacted.</summary>
    private static readonly string[] Always = ["$email", "$phone", "$first_name", "$last_name"];

    private const int MaxScriptBytes = 256 * 1024;

    // Nobody waits for a job, however long the budget makes it wait. A call of one's own is told after a while.
    private static readonly TimeSpan JobPatience = TimeSpan.FromHours(2);
    private static readonly TimeSpan PersonPatience = TimeSpan.FromMinutes(1);

    /// <summary>The worker of a project; null when nothing is fetched, or not now.</summary>
    /// <param name="taken">Called when a page of a cohort has been stored.</param>
    /// <param name="changed">Called when profiles have changed.</param>
    /// <param name="eventsCame">Called when events have been stored.</param>
    public static PullWorker? Worker(
        ProjectSettings project, Store store, HttpClient http, MixpanelTokens tokens, TimeProvider time, string owner, Action taken, Action changed, Action eventsCame, ILogger logger)
    {
        var plan = PlanOf(project);
        if (plan.IsNothing || MixpanelAccess.Of(project, store.PermitBooks, tokens, time) is not { } access)
        {
            return null;
        }

        var intakes = new PullIntakes(
            new WakingIntake(store.Intake, _ => taken()), new WakingEvents(store.Events, _ => changed(), _ => eventsCame()), new WakingProfiles(store.Profiles, _ => changed()),
            store.RefusedRecords, store.Groups, store.Lookups);
        return new PullWorker(
            plan, job => SourceOf(project, access, $"pull/{project.Id}/{job}", http, time), intakes, store.PullJobs, store.Leases, new PullOptions(), time, owner, e => NodeLog.PullInterrupted(logger, project.Id, e.Message, e));
    }

    /// <summary>Fetches one cohort because somebody asks; null when Mixpanel cannot be asked.</summary>
    public static CohortFetch? Fetch(ProjectSettings project, Store store, HttpClient http, MixpanelTokens tokens, TimeProvider time, Action taken) =>
        MixpanelAccess.Of(project, store.PermitBooks, tokens, time) is { } access
            ? new CohortFetch(
                project.Id, SourceOf(project, access, job: null, http, time), new WakingIntake(store.Intake, _ => taken()), store.Groups,
                PropertiesOf(project, project.Pull?.Cohorts?.Properties ?? PullSettings.Mapped), time)
            : null;

    public static PullPlan PlanOf(ProjectSettings project) => new(project.Id, project.TimeZone, project.Mixpanel?.Identity ?? default)
    {
        RemoteProject = project.Mixpanel?.ProjectId,
        Cohorts = project.Pull?.Cohorts is { } cohorts ? cohorts with { Properties = PropertiesOf(project, cohorts.Properties) } : null,
        Events = project.Pull?.Events,
        Profiles = project.Pull?.Profiles,
        Jql = [.. (project.Pull?.Jql ?? []).Select(j => new JqlPullRule(j.Name, () => ScriptOf(j), j.Schedule, j.Attributes) { Table = j.Table })],
    };

    private static string ScriptOf(JqlPullSettings jql)
    {
        try
        {
            return new FileInfo(jql.ScriptFile) is { Length: > 0 and <= MaxScriptBytes } ? File.ReadAllText(jql.ScriptFile) : throw new IOException("It is empty, or larger than 256 KB.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is this job's own trouble: the others, and whatever else the project does, go on.
            throw new MixpanelSourceException($"The script of pull.jql '{jql.Name}' cannot be read: {jql.ScriptFile}. {e.Message}", e) { Problem = SourceProblem.BadQuestion };
        }
    }

    /// <param name="job">Under which name its calls are kept; null: somebody waits for them.</param>
    private static MixpanelSource SourceOf(ProjectSettings project, MixpanelAccess access, string? job, HttpClient http, TimeProvider time)
    {
        var gate = access.Budgets.For(job is null ? MixpanelCaller.Person(PersonPatience) : MixpanelCaller.Job(JobPatience, job));
        var remote = project.Mixpanel!.ProjectId;
        var running = new Project(project.Id, "", remote, project.TimeZone) { Identity = project.Mixpanel.Identity };
        return new MixpanelSource(
            project.Id, remote ?? "", project.Mixpanel.Identity, new MixpanelQueryClient(http, access.Options, gate), new MixpanelExportClient(http, access.Options, gate),
            new PulledRecords(page => CohortPageMap.Map(project.Id, page), events => EventMap.Map(running, events), RefusedRecordMap.Map), time,
            job is null ? null : new JobBudget(access.Budgets, job), project.Pull?.Events is { IsTimeShifted: true } ? project.TimeZone : null);
    }

    private static IReadOnlyList<string>? PropertiesOf(ProjectSettings project, IReadOnlyList<string>? chosen) => chosen switch
    {
        null => null,
        { Count: > 0 } => chosen,
        _ =>
        [
            .. Always
                .Concat(project.PropertyMapping.Entries.Select(e => e.Source).OfType<PropertySource.ProfileProperty>().Select(p => p.Name))
                .Concat(project.PropertyMapping.Entries.Select(e => e.Source).OfType<PropertySource.GroupProperty>().Select(g => g.Source.GroupKey))
                .Concat(project.Lookups.Where(l => l.Profiles).Select(l => l.Join))
                .Distinct(StringComparer.Ordinal),
        ],
    };
}
