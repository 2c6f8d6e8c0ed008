using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.Lookups;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Core.Pull;
using Sluice.Core.Pull.Schedules;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Destinations.Mixpanel.Pull;
using Sluice.Mixpanel.Client;
using Sluice.Server.Ingestion;
using Sluice.Server.Webhooks;
using Sluice.Simulators;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Storage;
using Sluice.Testing;
using Sluice.Tests.Delivery;
using MixpanelProject = Sluice.Simulators.Mixpanel.Ingestion.MixpanelProject;

namespace Sluice.Tests.Pull;

/// <summary>The whole way from Mixpanel's APIs to the store, over real parts and under Mixpanel's budgets, on a clock that the test moves.</summary>
internal sealed class PullWorld : IAsyncDisposable
{
    public const string Project = "p1";
    public const string RemoteProject = "12345";
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(10);

    /// <summary>Three people, of whom one has half of a surrogate pair among the properties, and one no id.</summary>
    public const string PageWithTwoBad = """
        {"page":0,"page_size":1000,"session_id":"s","status":"ok","total":3,"results":[{"$distinct_id":"u1","$properties":{"plan":"pro"}},
        {"$distinct_id":"u2","$properties":{"plan":"\ud83d"}},{"$properties":{"plan":"free"}}]}
        """;

    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<Exception> _errors = new();
    private readonly Activity _activity = new();
    private readonly Dictionary<string, string> _told = [];
    private readonly HttpClient _http;
    private CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    private PullWorld()
    {
        _http = new HttpClient(new Wire(_activity, MixpanelClientOptions.CreateHandler())) { Timeout = Timeout.InfiniteTimeSpan };
        _activity.Held = () => Mixpanel.HeldAnswers;
    }

    public ManualClock Clock { get; } = new();

    public MixpanelSimulator Mixpanel { get; private set; } = null!;

    public MixpanelDesk Desk => Mixpanel.Desk(Remote);

    public Store Store { get; private set; } = null!;

    public PullPlan Plan { get; set; } = new(Project, TimeZoneInfo.Utc, IdentityMode.Simplified) { RemoteProject = RemoteProject };

    /// <summary>Asked after the store has taken something; an exception takes the place of its answer.</summary>
    public Func<string, Exception?>? StoreFault { get; set; }

    /// <summary>Stands between the worker and Mixpanel.</summary>
    public Func<IMixpanelSource, IMixpanelSource> Between { get; set; } = source => source;

    public IReadOnlyCollection<Exception> Errors => _errors;

    /// <summary>The project at Mixpanel that is called.</summary>
    private string Remote => Plan.RemoteProject ?? RemoteProject;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="project">The project at Mixpanel.</param>
    /// <param name="other">Another one there.</param>
    public static async Task<PullWorld> StartAsync(MixpanelQueryOptions? query = null, MixpanelProject? project = null, MixpanelProject? other = null)
    {
        var world = new PullWorld();
        world.Mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions { Clock = world.Clock, Query = query ?? new MixpanelQueryOptions(), Projects = [project ?? new MixpanelProject(), .. new[] { other }.OfType<MixpanelProject>()] }, Cancel);
        world.Store = await Store.OpenSqliteAsync(world._folder.Combine("sluice.db"), world.Clock, Cancel, durable: false);
        await world.Store.Projects.PutAsync(new StoredProject(Project, "access", new byte[32]), Cancel);
        return world;
    }

    public static Schedule When(string text) => Schedule.TryParse(text, out var schedule) ? schedule : throw new ArgumentException(text);

    /// <summary>Mixpanel answers that.</summary>
    public static MixpanelFaultEffect Answer(string body) => new() { Kind = MixpanelFaultKind.Status, Status = 200, Body = body };

    public static string[] People(int count, int from = 0) => [.. Enumerable.Range(from, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"u{i}"))];

    /// <summary>A cohort at Mixpanel whose people all have a profile.</summary>
    public void SetCohort(long id, string name, params string[] people)
    {
        foreach (var person in people.Where(p => Mixpanel.Profile(Remote, p) is null))
        {
            Desk.SetProfile(person, $$"""{"$email":"{{person}}@example.test","plan":"free"}""");
        }

        Desk.SetCohort(id, name, people);
    }

    /// <summary>Sends events to Mixpanel, past us.</summary>
    public async Task TrackAsync(params IEnumerable<JsonObject> events)
    {
        foreach (var batch in events.Chunk(2_000))
        {
            var body = new MixpanelBatch();
            foreach (var one in batch)
            {
                Assert.True(body.TryAppend(Encoding.UTF8.GetBytes(one.ToJsonString())));
            }

            var result = await new MixpanelIngestionClient(_http, Options()).ImportAsync(body, Cancel);
            Assert.Empty(result.Failed);
        }
    }

    public static JsonObject Event(string id, DateTimeOffset time, string person = "u1", string name = "Purchase") => new()
    {
        ["event"] = name,
        ["properties"] = new JsonObject { ["time"] = time.ToUnixTimeMilliseconds(), ["distinct_id"] = person, ["$insert_id"] = id },
    };

    public MixpanelBudgets Budgets() => new(Watched<IPermitBooks>.Of(Store.PermitBooks, _activity), MixpanelBudgets.AccountOf(Mixpanel.QueryUrl, Remote), Clock);

    /// <summary>Somebody else who asks Mixpanel, and waits for no budget.</summary>
    public MixpanelQueryClient Person() => new(_http, Options(), Budgets().For(MixpanelCaller.Person(TimeSpan.Zero)));

    /// <inheritdoc cref="Person"/>
    public MixpanelExportClient PersonsExports() => new(_http, Options(), Budgets().For(MixpanelCaller.Person(TimeSpan.Zero)));

    public MixpanelSource Source(string job = "test")
    {
        var budget = new JobBudget(Budgets(), $"pull/{Project}/{job}");
        var gate = new Step.Gate(budget.Budgets.For(MixpanelCaller.Job(TimeSpan.FromHours(2), budget.Job)), _activity);
        var project = new Project(Project, "access", Remote, TimeZoneInfo.Utc) { Identity = Plan.Identity };
        return new MixpanelSource(
            Project, Remote, Plan.Identity, new MixpanelQueryClient(_http, Options(), gate), new MixpanelExportClient(_http, Options(), gate),
            new PulledRecords(page => CohortPageMap.Map(Project, page), events => EventMap.Map(project, events), RefusedRecordMap.Map), Clock, budget,
            Plan.Events is { IsTimeShifted: true } ? Plan.TimeZone : null);
    }

    public void Run()
    {
        _stopping.Dispose();
        _stopping = new CancellationTokenSource();
        var intakes = new PullIntakes(
            Watched<ICohortIntake>.Of(Store.Intake, _activity, m => StoreFault?.Invoke(m)), Watched<IEventIntake>.Of(Store.Events, _activity, m => StoreFault?.Invoke(m)),
            Watched<IProfileIntake>.Of(Store.Profiles, _activity, m => StoreFault?.Invoke(m)), Watched<IRefusedRecords>.Of(Store.RefusedRecords, _activity),
            Watched<IUserGroups>.Of(Store.Groups, _activity), Watched<ILookupTables>.Of(Store.Lookups, _activity, m => StoreFault?.Invoke(m)));
        var worker = new PullWorker(
            Plan, job => Watched<IMixpanelSource>.Of(Between(Source(job)), _activity, isStep: true), intakes, Watched<IPullJobs>.Of(Store.PullJobs, _activity, m => StoreFault?.Invoke(m)), Watched<ILeases>.Of(Store.Leases, _activity),
            new PullOptions(), Clock, "node", _errors.Enqueue);
        _running = _activity.RunAsync(() => worker.RunAsync(_stopping.Token));
    }

    /// <summary>Ends the worker wherever it stands.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await UntilAsync(() => Task.FromResult(_running.IsCompleted));
        await _running;
    }

    public async Task<PullJob> JobAsync(string name) => (await Store.PullJobs.FindAsync(Project, name, Cancel))!;

    /// <summary>Lets time pass until a job has ended a run, now or later, that this has not told of before.</summary>
    public async Task<PullRunState> EndedAsync(string name)
    {
        var since = Clock.GetUtcNow();
        var told = _told.GetValueOrDefault(name);
        await UntilAsync(async () => await Store.PullJobs.FindAsync(Project, name, Cancel) is { Run: { EndedAt: not null } run } && run.EndedAt >= since && run.Id != told);
        var ended = (await JobAsync(name)).Run!;
        _told[name] = ended.Id;

        // Whoever calls Mixpanel next does not do so within the same second.
        await PassAsync(LongestStep);
        return ended;
    }

    public Task UntilAsync(Func<Task<bool>> condition) => _activity.UntilAsync(
        Clock, condition, LongestStep,
        async () => $"{string.Join("; ", await Store.PullJobs.ListAsync(Project, Cancel))}; errors: {string.Join("; ", _errors.Take(3))}", lookEvery: 8);

    public Task PassAsync(TimeSpan length) => _activity.PassAsync(Clock, length, LongestStep);

    /// <summary>Lets what follows from pages follow.</summary>
    public async Task SettleAsync()
    {
        while (await Store.Settling.SettleAsync(Project, Cancel))
        {
        }
    }

    public async Task<string[]> MembersAsync(string cohort) =>
        [.. (await Store.Groups.MembersAsync(Project, cohort, null, 1_000_000, Cancel)).Select(m => m.DistinctId).Order(StringComparer.Ordinal)];

    /// <summary>Every event of the log, as (insert id or so, origin) in its order.</summary>
    public async Task<IReadOnlyList<LoggedEvent>> EventsAsync()
    {
        var all = new List<LoggedEvent>();
        for (var after = LogPosition.Start; ;)
        {
            var slice = await Store.EventLog.ReadAsync(Project, after, 5_000, null, Cancel);
            all.AddRange(slice.Events);
            if (slice.AtEnd)
            {
                return all;
            }

            after = slice.Next;
        }
    }

    public long CallsTo(string path) => Mixpanel.Calls.ByEndpoint.Where(e => e.Key.EndsWith(path, StringComparison.Ordinal)).Sum(e => e.Value);

    public void AssertClean()
    {
        Assert.Empty(_errors);
        Assert.Equal(0, Mixpanel.Calls.BudgetViolationCount);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
        await Store.DisposeAsync();
        await Mixpanel.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    private MixpanelClientOptions Options() => new()
    {
        Credentials = MixpanelCredentials.ServiceAccount("simulator.account", "simulator-secret", Remote),
        Hosts = new MixpanelHosts(Mixpanel.BaseUrl, Mixpanel.QueryUrl, Mixpanel.ExportUrl, Mixpanel.AppUrl),
    };
}
