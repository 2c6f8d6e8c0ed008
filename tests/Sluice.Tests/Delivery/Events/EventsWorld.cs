using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Attributes;
using Sluice.Destinations.Brevo.Events;
using Sluice.Destinations.Brevo.Orders;
using Sluice.Destinations.Webhook;
using Sluice.Simulators;
using Sluice.Simulators.Brevo;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Delivery.Events;

/// <summary>The whole way from the event log to Brevo, over real parts, on a clock that the test moves.</summary>
internal sealed class EventsWorld : IAsyncDisposable
{
    public const string Project = "p1";

    /// <summary>The cohort of everybody who is added.</summary>
    public const string Cohort = "901";
    private const string Node = "node";
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(500);
    private static readonly DeliveryScope Scope = new(Project, BrevoDestination.DestinationName, [], GroupAttributes: false);

    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<Exception> _errors = new();
    private readonly Activity _activity = new();
    private readonly HttpClient _http;
    private CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private long _events;
    private long _stored;

    private EventsWorld()
    {
        _http = new HttpClient(new Wire(_activity, Handler())) { Timeout = Timeout.InfiniteTimeSpan };
        _activity.Held = () => Brevo.HeldAnswers + HeldElsewhere();
    }

    public ManualClock Clock { get; } = new();

    public BrevoSimulator Brevo { get; private set; } = null!;

    public Store Store { get; private set; } = null!;

    public EventWorkerOptions Options { get; set; } = new();

    public EventNames Names { get; set; } = new(new Dictionary<string, string>(), sendUnmapped: true);

    /// <summary>Asked after the outbox has done something; an exception takes the place of its answer.</summary>
    public Func<string, Exception?>? OutboxFault { get; set; }

    /// <summary>The same of the books of permits.</summary>
    public Func<Exception?>? BooksFault { get; set; }

    /// <summary>Events that are orders.</summary>
    public IReadOnlyList<OrderRule> Orders { get; set; } = [];

    /// <summary>What tables add to events.</summary>
    public IReadOnlyList<LookupJoin> Joins { get; set; } = [];

    /// <summary>The lists that are kept beside the events.</summary>
    public IReadOnlyList<ListTarget> Lists { get; set; } = [];

    /// <summary>How many calls somebody else than Brevo keeps waiting for the clock.</summary>
    public Func<int> HeldElsewhere { get; set; } = () => 0;

    public IReadOnlyCollection<Exception> Errors => _errors;

    public static async Task<EventsWorld> StartAsync(BrevoSimulatorOptions? options = null)
    {
        var world = new EventsWorld();
        world.Brevo = await BrevoSimulator.StartAsync((options ?? new BrevoSimulatorOptions()) with { Clock = world.Clock }, TestContext.Current.CancellationToken);
        world.Store = await Store.OpenSqliteAsync(world._folder.Combine("sluice.db"), world.Clock, TestContext.Current.CancellationToken, durable: false);
        await world.Store.Projects.PutAsync(new StoredProject(Project, "access", new byte[32]), TestContext.Current.CancellationToken);
        return world;
    }

    public static string Id(int person) => string.Create(CultureInfo.InvariantCulture, $"u{person}");

    public static string Email(int person) => string.Create(CultureInfo.InvariantCulture, $"p{person}@foreign.test");

    /// <summary>People with a profile, whom Brevo has as contacts and the ledger knows to be there.</summary>
    /// <param name="numbered">False: of their numbers at Brevo nothing is known.</param>
    public async Task AddContactsAsync(int count, LedgerState state = LedgerState.Present, bool numbered = true)
    {
        Brevo.AddForeignContacts(count, prefix: "p");
        await AddPeopleAsync(1, count);
        await Store.Ledger.RegisterAsync(Scope, TestContext.Current.CancellationToken);
        var lease = (await Store.Leases.TryTakeAsync("setup", Node, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken))!;
        var changes = new LedgerChanges();
        changes.Contacts.AddRange(Enumerable.Range(1, count).Select(i => new ContactChange(
            PersonKey.Of(Project, Id(i)),
            new LedgerContact(numbered ? Brevo.ContactByEmail(Email(i))!.Id : null, Email(i), 42, 1, state, null, null))));
        await Store.Ledger.CommitAsync(Scope, lease, changes, TestContext.Current.CancellationToken);
        changes = new LedgerChanges();
        changes.Dealt.AddRange(Enumerable.Range(1, count).Select(i => (PersonKey.Of(Project, Id(i)), 1L)));
        await Store.Ledger.CommitAsync(Scope, lease, changes, TestContext.Current.CancellationToken);
    }

    /// <summary>People with a profile, of whom Brevo knows nothing.</summary>
    /// <param name="email">False gives them a profile without an address.</param>
    public Task AddPeopleAsync(int from, int count, bool email = true) =>
        AddMembersAsync(Cohort, $"s{from}-{email}", Enumerable.Range(from, count).Select(i => Member(Id(i), email ? Email(i) : null)));

    /// <summary>Somebody in a cohort of their own who has the address of another person.</summary>
    public Task AddSharingAsync(int person, int addressOf) => AddMembersAsync("902", $"t{person}", [Member(Id(person), Email(addressOf))]);

    private async Task AddMembersAsync(string cohort, string session, IEnumerable<CohortMember> people)
    {
        var members = people.OrderBy(m => m.Key).ToList();
        await Store.Intake.ApplyAsync(
            new CohortPage(Project, cohort, $"Cohort {cohort}", null, "1", session, CohortAction.AddMembers, 1, 1, members[0].Key.Value, members, []),
            TestContext.Current.CancellationToken);
        while (await Store.Settling.SettleAsync(Project, TestContext.Current.CancellationToken))
        {
            // Slice after slice.
        }
    }

    /// <summary>Events come in, one request.</summary>
    public async Task<int> AppendAsync(
        IEnumerable<(string Name, int Person)> events, Origin origin = Origin.Received, Func<int, string>? properties = null, IReadOnlyList<IdentityClaim>? claims = null)
    {
        return await AppendAsync([.. events.Select(e => Record(e.Name, Id(e.Person), properties))], origin, claims ?? []);
    }

    /// <summary>One event as it is comes in.</summary>
    public Task<int> AppendAsync(EventRecord record) => AppendAsync([record], Origin.Received, []);

    private async Task<int> AppendAsync(IReadOnlyList<EventRecord> records, Origin origin, IReadOnlyList<IdentityClaim> claims)
    {
        var stored = (await Store.Events.AppendAsync(
            new EventBatch(Project, origin, IdentityMode.Original, records, claims), TestContext.Current.CancellationToken)).Stored;
        _stored += stored;
        return stored;
    }

    public EventRecord Record(string name, string distinctId, Func<int, string>? properties = null, long? time = null)
    {
        var number = (int)++_events;
        var insertId = string.Create(CultureInfo.InvariantCulture, $"e{number}");
        var json = properties?.Invoke(number) ?? $$"""{"$insert_id":"{{insertId}}","n":{{number.ToString(CultureInfo.InvariantCulture)}}}""";
        return new EventRecord(name, time ?? Clock.GetUtcNow().ToUnixTimeMilliseconds() + number, distinctId, insertId, Encoding.UTF8.GetBytes(json));
    }

    /// <summary>Starts the worker, and the worker of contacts beside it when asked for.</summary>
    public void Run(bool contacts = false, UnknownRule onUnknown = UnknownRule.Skip)
    {
        _stopping = new CancellationTokenSource();
        var settings = new BrevoSettings { ApiKey = "xkeysib-simulator", BaseAddress = Brevo.BaseUrl, Mapping = [new AttributeMapping("plan", "PLAN_TYPE", null)] };
        var books = Watched<IPermitBooks>.Of(Store.PermitBooks, _activity, _ => BooksFault?.Invoke());
        var ledger = Watched<ILedger>.Of(Store.Ledger, _activity);
        var leases = Watched<ILeases>.Of(Store.Leases, _activity);
        var wake = () => { };
        var tasks = new List<Task>();
        var target = new WorkerTarget(Project, false, Lists);
        if (contacts)
        {
            var destination = new BrevoDestination(settings, _http, books, token => ledger.SampleProfilesAsync(Project, 100, token), Clock);
            var delivery = new DeliveryWorker(target, destination, ledger, leases, new WorkerOptions(), Clock, Node, _errors.Enqueue);
            tasks.Add(_activity.RunAsync(() => delivery.RunAsync(_stopping.Token)));
            wake = delivery.Wake;
        }

        var worker = new EventWorker(
            target,
            Watched<IEventDestination>.Of(
                new BrevoEventDestination(Project, settings, Names, _http, books, Clock, Orders), _activity, waits: nameof(IEventDestination.SendAsync)),
            Watched<IEventOutbox>.Of(Store.EventOutbox, _activity, method => OutboxFault?.Invoke(method)),
            Watched<IEventLog>.Of(new EnrichedEventLog(Store.EventLog, Store.Lookups, Joins), _activity),
            ledger, leases, Options with { OnUnknown = onUnknown }, Clock, Node, wake, _errors.Enqueue);
        tasks.Add(_activity.RunAsync(() => worker.RunAsync(_stopping.Token)));
        _running = Task.WhenAll(tasks);
    }

    /// <summary>Starts the worker of a webhook, beside whatever runs.</summary>
    public void RunWebhook(WebhookSettings settings)
    {
        var worker = new EventWorker(
            new WorkerTarget(Project, false, []),
            Watched<IEventDestination>.Of(
                new WebhookDestination(settings, _http, Watched<IPermitBooks>.Of(Store.PermitBooks, _activity), Clock), _activity,
                waits: nameof(IEventDestination.SendAsync)),
            Watched<IEventOutbox>.Of(Store.EventOutbox, _activity, method => OutboxFault?.Invoke(method)),
            Watched<IEventLog>.Of(Store.EventLog, _activity),
            Watched<ILedger>.Of(Store.Ledger, _activity), Watched<ILeases>.Of(Store.Leases, _activity),
            Options with { OnUnknown = UnknownRule.Resend }, Clock, Node, () => { }, _errors.Enqueue);
        _running = Task.WhenAll(_running, _activity.RunAsync(() => worker.RunAsync(_stopping.Token)));
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await UntilAsync(() => Task.FromResult(_running.IsCompleted));
        await _running;
        _stopping.Dispose();
    }

    /// <summary>Lets time pass until everything that came in is sent or left out, and a while longer.</summary>
    public async Task DrainAsync(TimeSpan? realLimit = null)
    {
        await UntilAsync(async () => await OpenAsync() == 0, realLimit);
        await PassAsync(TimeSpan.FromSeconds(10));
    }

    public Task UntilAsync(Func<Task<bool>> condition, TimeSpan? realLimit = null) => _activity.UntilAsync(
        Clock, condition, LongestStep, () => Task.FromResult($"{Brevo.Events.Count} events at Brevo; errors: {string.Join("; ", _errors.Take(3))}"), realLimit, lookEvery: 8);

    /// <returns>How often something was to happen meanwhile.</returns>
    public Task<int> PassAsync(TimeSpan length) => _activity.PassAsync(Clock, length, LongestStep);

    /// <summary>Events that came in and that no run tells the end of.</summary>
    public async Task<long> OpenAsync() => _stored - (await CountsAsync())
        .Where(c => c.Key is "sent" or "refused" or "unknown_skipped" || c.Key.StartsWith("skipped_", StringComparison.Ordinal)).Sum(c => c.Value);

    /// <summary>The numbers of the events that Brevo has, in the order in which it got them.</summary>
    public IReadOnlyList<int> Delivered() => [.. Brevo.Events.Select(Number)];

    public IReadOnlyList<int> DeliveredTo(int person)
    {
        var id = Brevo.ContactByEmail(Email(person))!.Id;
        return [.. Brevo.Events.Where(e => e.ContactId == id).Select(Number)];
    }

    /// <summary>The counts of all runs of events together.</summary>
    public async Task<IReadOnlyDictionary<string, long>> CountsAsync() =>
        (await RunsAsync()).SelectMany(r => r.Counts).GroupBy(c => c.Key).ToDictionary(g => g.Key, g => g.Sum(c => c.Value));

    public async Task<IReadOnlyList<Run>> RunsAsync() =>
        [.. (await Store.Runs.ListAsync(Project, 1_000, TestContext.Current.CancellationToken)).Where(r => r.Kind == "events")];

    public void AssertClean()
    {
        Assert.Empty(_errors);
        Assert.Equal(0, Brevo.Calls.BudgetViolationCount);
        Assert.Equal(0, Brevo.DroppedEvents);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Store.DisposeAsync();
        await Brevo.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    private static int Number(BrevoEventView stored)
    {
        using var properties = JsonDocument.Parse(stored.PropertiesJson);
        return properties.RootElement.GetProperty("n").GetInt32();
    }

    private static CohortMember Member(string id, string? email)
    {
        var json = email is null ? """{"plan":"free"}""" : $$"""{"$email":"{{email}}","plan":"free"}""";
        var (address, phone) = ContactKeys.Of(Project, json);
        return new CohortMember(PersonKey.Of(Project, id), id, json, address, phone);
    }

    private static SocketsHttpHandler Handler()
    {
        // The real one, but for what stands in the environment of the tests.
        var handler = WebhookDestination.CreateHandler();
        handler.UseProxy = false;
        return handler;
    }
}
