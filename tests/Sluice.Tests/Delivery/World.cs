using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Attributes;
using Sluice.Simulators;
using Sluice.Simulators.Brevo;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Delivery;

/// <summary>A person as Mixpanel would send them.</summary>
internal sealed record Someone(string Id, string? Email = null, string? Phone = null, string Plan = "free");

/// <summary>The whole way from a cohort page to Brevo's lists, over real parts, on a clock that the test moves.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string Project = "p1";
    public const string Cohort = "901";
    public const long List = 16;
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<Exception> _errors = new();
    private readonly Activity _activity = new();
    private readonly Recorder _traffic = new();
    private readonly HttpClient _http;
    private Task _running = Task.CompletedTask;
    private int _sessions;

    private World()
    {
        _http = new HttpClient(new Wire(_activity, _traffic)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public ManualClock Clock { get; } = new();

    public BrevoSimulator Brevo { get; private set; } = null!;

    public Store Store { get; private set; } = null!;

    public DeliveryWorker Worker { get; private set; } = null!;

    public IReadOnlyCollection<Exception> Errors => _errors;

    /// <summary>The way to Brevo: while a call is on it, the clock stands still.</summary>
    public HttpClient Http => _http;

    /// <summary>Everything that was sent to Brevo: method, path and body.</summary>
    public IReadOnlyCollection<string> Sent => _traffic.Bodies;

    public static async Task<World> StartAsync(
        IReadOnlyList<ListTarget>? lists = null, Action<BrevoSimulator>? before = null, IReadOnlyList<AttributeMapping>? mapping = null,
        WorkerOptions? options = null, Uri? inbox = null, Func<ILedger, ILedger>? ledger = null, EnrichmentRules? enrichment = null)
    {
        enrichment ??= EnrichmentRules.None;
        var world = new World();
        world.Brevo = await BrevoSimulator.StartAsync(new BrevoSimulatorOptions { Clock = world.Clock }, TestContext.Current.CancellationToken);
        world._activity.Held = () => world.Brevo.HeldAnswers;
        world._activity.IsFarEndQuiet = () => world.Brevo.WhenIdleAsync(CancellationToken.None).IsCompleted;
        lists ??= [Target()];
        foreach (var list in lists.Select(l => l.List).Distinct())
        {
            world.Brevo.CreateList(string.Create(CultureInfo.InvariantCulture, $"List {list}"), list);
        }

        before?.Invoke(world.Brevo);
        world.Store = await Store.OpenSqliteAsync(world._folder.Combine("sluice.db"), world.Clock, TestContext.Current.CancellationToken, durable: false);
        await world.Store.Projects.PutAsync(new StoredProject(Project, "access", new byte[32]), TestContext.Current.CancellationToken);
        world.Run(lists, mapping, options, inbox, ledger?.Invoke(world.Store.Ledger) ?? world.Store.Ledger, enrichment);
        return world;
    }

    public static ListTarget Target(string source = Cohort, long list = List, ListMode mode = ListMode.Mirror, double maxRemoval = 1) => new(source, list, mode, maxRemoval);

    public static List<Someone> People(int count, int from = 0) =>
        [.. Enumerable.Range(from, count).Select(i => new Someone(string.Create(CultureInfo.InvariantCulture, $"u{i}"), string.Create(CultureInfo.InvariantCulture, $"u{i}@example.test")))];

    public static IEnumerable<string> Emails(IEnumerable<Someone> people) => people.Select(p => p.Email!);

    /// <summary>A full session: these are the cohort's members.</summary>
    public Task FullAsync(IReadOnlyList<Someone> people, string cohort = Cohort, string? name = null) => SendAsync(CohortAction.Members, people, cohort, name);

    public Task EnterAsync(IReadOnlyList<Someone> people, string cohort = Cohort) => SendAsync(CohortAction.AddMembers, people, cohort, null);

    public Task LeaveAsync(IReadOnlyList<Someone> people, string cohort = Cohort) => SendAsync(CohortAction.RemoveMembers, people, cohort, null);

    /// <summary>Lets time pass until the list holds exactly these addresses, and a while longer: they stay.</summary>
    public async Task ListHoldsAsync(IEnumerable<string> emails, long list = List)
    {
        var expected = emails.Order(StringComparer.Ordinal).ToArray();
        await UntilAsync(() => Held(list).SequenceEqual(expected), () => $"list {list} holds {Shown(Held(list))}, expected {Shown(expected)}");
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(expected, Held(list));
    }

    /// <summary>Lets time pass until something holds.</summary>
    public Task UntilAsync(Func<bool> condition, Func<string>? state = null) => _activity.UntilAsync(
        Clock, () => Task.FromResult(condition()), LongestStep,
        () => Task.FromResult($"{state?.Invoke()}; calls: {CallsSoFar()}; errors: {string.Join("; ", _errors.Select(e => e.ToString()).Take(3))}"));

    public Task PassAsync(TimeSpan length) => _activity.PassAsync(Clock, length, LongestStep);

    /// <summary>Runs another worker beside, which the clock waits for as well.</summary>
    public Task RunBesideAsync(Func<Task> work) => _activity.RunAsync(work);

    /// <summary>A port of the store for such a worker.</summary>
    public T Watch<T>(T port)
        where T : class => Watched<T>.Of(port, _activity);

    public IReadOnlyList<string> Held(long list = List) => [.. Brevo.ListEmails(list).Order(StringComparer.Ordinal)];

    /// <summary>The worker has gone on without an error of its own, and no window of Brevo's was exceeded.</summary>
    public void AssertClean()
    {
        Assert.Empty(_errors);
        Assert.Equal(0, Brevo.Calls.BudgetViolationCount);
        Assert.DoesNotContain(Sent, body => body.Contains("\"emailBlacklisted\":false", StringComparison.Ordinal));
    }

    /// <summary>Stops the worker as a crash would: whatever is in flight is let go.</summary>
    public async Task StopWorkerAsync()
    {
        await _stopping.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopWorkerAsync();
        await Store.DisposeAsync();
        await Brevo.DisposeAsync();
        _http.Dispose();
        _stopping.Dispose();
        _folder.Dispose();
    }

    private void Run(IReadOnlyList<ListTarget> lists, IReadOnlyList<AttributeMapping>? mapping, WorkerOptions? options, Uri? inbox, ILedger ledger, EnrichmentRules enrichment)
    {
        mapping ??= [new AttributeMapping("plan", "PLAN_TYPE", null), new AttributeMapping("$phone", "SMS", null)];
        var settings = new BrevoSettings
        {
            ApiKey = "xkeysib-simulator", BaseAddress = Brevo.BaseUrl, Mapping = mapping, Inbox = inbox, WebhookToken = inbox is null ? null : "token",
        };
        ledger = Watch(ledger);
        var destination = new BrevoDestination(settings, _http, Watch(Store.PermitBooks), token => ledger.SampleProfilesAsync(Project, 100, token), Clock);
        var groups = mapping.Any(m => m.Property.StartsWith("user_group", StringComparison.Ordinal));
        Worker = new DeliveryWorker(
            new WorkerTarget(Project, groups, lists) { Enrichment = enrichment }, destination, ledger, Watch(Store.Leases), options ?? new WorkerOptions(), Clock, "node", _errors.Enqueue);
        _running = _activity.RunAsync(() => Worker.RunAsync(_stopping.Token));
    }

    private async Task SendAsync(CohortAction action, IReadOnlyList<Someone> people, string cohort, string? name)
    {
        const int PageSize = 1000;
        var session = string.Create(CultureInfo.InvariantCulture, $"s{++_sessions}");
        var pages = Math.Max(1, (people.Count + PageSize - 1) / PageSize);
        for (var page = 0; page < pages; page++)
        {
            var members = people.Skip(page * PageSize).Take(PageSize).Select(Member).OrderBy(m => m.Key).ToList();
            await Store.Intake.ApplyAsync(
                new CohortPage(Project, cohort, name ?? $"Cohort {cohort}", null, "1", session, action, pages, page + 1, (UInt128)(uint)(page + 1), members, []),
                TestContext.Current.CancellationToken);
        }

        while (await Store.Settling.SettleAsync(Project, TestContext.Current.CancellationToken))
        {
            // Slice after slice.
        }

        Worker.Wake();
    }

    private static CohortMember Member(Someone someone)
    {
        var properties = new Dictionary<string, string> { ["plan"] = someone.Plan };
        if (someone.Email is not null)
        {
            properties["$email"] = someone.Email;
        }

        if (someone.Phone is not null)
        {
            properties["$phone"] = someone.Phone;
        }

        var json = JsonSerializer.Serialize(properties);
        var (email, phone) = ContactKeys.Of(Project, json);
        return new CohortMember(PersonKey.Of(Project, someone.Id), someone.Id, json, email, phone);
    }

    private string CallsSoFar() => string.Join(", ", Brevo.Calls.ByEndpoint.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Value}"));

    private static string Shown(IReadOnlyList<string> emails) => $"{emails.Count} [{string.Join(' ', emails.Take(10))}]";

    /// <summary>Keeps what was sent.</summary>
    private sealed class Recorder() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        public ConcurrentQueue<string> Bodies { get; } = new();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is { Headers.ContentLength: < 100_000 } content ? await content.ReadAsStringAsync(cancellationToken) : "";
            Bodies.Enqueue($"{request.Method} {request.RequestUri!.AbsolutePath} {body}");
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
