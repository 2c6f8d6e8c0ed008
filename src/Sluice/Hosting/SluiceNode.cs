using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Brevo;
using Sluice.Configuration;
using Sluice.Core.Delivery.Companies;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Erasure;
using Sluice.Core.Projects;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Campaigns;
using Sluice.Destinations.Webhook;
using Sluice.Server.Hosting;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>One running node: the one place where everything is wired.</summary>
internal sealed class SluiceNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _loops = [];
    private readonly ServiceProvider _services;
    private readonly HttpClient _http;
    private readonly HttpClient _hooks;
    private readonly ServerHost _server;
    private readonly IDisposable? _folder;

    private SluiceNode(Store store, ServerHost server, HttpClient http, HttpClient hooks, ServiceProvider services, IDisposable? folder)
    {
        _folder = folder;
        Store = store;
        _server = server;
        _http = http;
        _hooks = hooks;
        _services = services;
    }

    public Store Store { get; }

    public IReadOnlyList<string> Urls => _server.Urls;

    /// <summary>Opens the store, brings the projects into it, and listens. Every project's settling and delivery run from then on.</summary>
    /// <param name="announce">Is told one line a URL, and keys that were made.</param>
    public static async Task<SluiceNode> StartAsync(
        SluiceSettings settings, ILoggerFactory loggers, TimeProvider time, Action<string> announce, CancellationToken cancellationToken)
    {
        var folder = LockFolder(settings);
        Store store;
        try
        {
            store = await OpenStoreAsync(settings, time, cancellationToken);
        }
        catch
        {
            folder?.Dispose();
            throw;
        }

        var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var http = new HttpClient(BrevoClient.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        var hooks = new HttpClient(WebhookDestination.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            var masterKey = MasterKey.Load(settings.Server.MasterKey?.Reveal(), settings.Server.DataDirectory);
            var directory = await ProjectSetup.RunAsync(settings.Projects, store.Projects, masterKey, time, announce, cancellationToken);
            await Forwarding.StartAsync(settings.Projects, store, loggers, cancellationToken);
            var work = new NodeWork(settings, masterKey, store, http, hooks, loggers, time);
            var server = ServerHost.Create(
                Options(settings.Server),
                new ServerServices
                {
                    Projects = directory,
                    Cohorts = new WakingIntake(store.Intake, work.Taken),
                    Events = new WakingEvents(store.Events, work.Changed, work.EventsCame),
                    Profiles = new WakingProfiles(store.Profiles, work.Changed),
                    Lookups = store.Lookups,
                    RefusedRecords = store.RefusedRecords,
                    IntakeCounts = store.IntakeCounts,
                    Erasure = await Erasing.ServicesAsync(settings.Projects, masterKey, store, work.ErasureAsked, time, cancellationToken),
                    AddressKey = MasterKey.AddressKey(masterKey),
                    Readiness = new StoreReadiness(store),
                    Inboxes = [work.BrevoInbox],
                    TimeProvider = time,
                    LoggerFactory = loggers,
                    Meters = services.GetRequiredService<IMeterFactory>(),
                });
            var node = new SluiceNode(store, server, http, hooks, services, folder);
            await server.StartAsync(announce, cancellationToken);
            node._loops.AddRange(work.Run(node._stopping.Token));
            return node;
        }
        catch
        {
            http.Dispose();
            hooks.Dispose();
            await services.DisposeAsync();
            await store.DisposeAsync();
            folder?.Dispose();
            throw;
        }
    }

    /// <summary>Opens the store that the settings name.</summary>
    /// <exception cref="StartException">What is there is no store.</exception>
    public static async Task<Store> OpenStoreAsync(SluiceSettings settings, TimeProvider time, CancellationToken cancellationToken)
    {
        var store = await OpenAsync(settings, time, cancellationToken);
        try
        {
            // A store without its key would take erased people for strangers.
            var masterKey = MasterKey.Load(settings.Server.MasterKey?.Reveal(), settings.Server.DataDirectory);
            await MasterKey.CheckAsync(masterKey, store.Settings, cancellationToken);
            store.UseTombstoneKey(MasterKey.TombstoneKey(masterKey));
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    private static async Task<Store> OpenAsync(SluiceSettings settings, TimeProvider time, CancellationToken cancellationToken)
    {
        if (settings.Storage.Engine == StorageEngine.Postgres)
        {
            return await Store.OpenPostgresAsync(settings.Storage.Connection!.Reveal(), cancellationToken);
        }

        Directory.CreateDirectory(settings.Server.DataDirectory);
        try
        {
            return await Store.OpenSqliteAsync(Path.Combine(settings.Server.DataDirectory, "sluice.db"), time, cancellationToken);
        }
        catch (StoreFormatException e)
        {
            throw new StartException(e.Message, e);
        }
    }

    /// <summary>Takes no more requests, lets the loops come to the end of their step, closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(CancellationToken.None);
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops);
        await _server.DisposeAsync();
        _http.Dispose();
        _hooks.Dispose();
        await _services.DisposeAsync();
        await Store.DisposeAsync();
        _folder?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>The embedded store has one node: the folder is its own, and becomes free at the instant it ends, however it ends.</summary>
    private static FileStream? LockFolder(SluiceSettings settings)
    {
        if (settings.Storage.Engine == StorageEngine.Postgres)
        {
            return null;
        }

        Directory.CreateDirectory(settings.Server.DataDirectory);
        try
        {
            return new FileStream(Path.Combine(settings.Server.DataDirectory, "sluice.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new StartException($"Another sluice runs with the data folder {settings.Server.DataDirectory}, or the folder cannot be written.", e);
        }
    }

    private static ServerOptions Options(ServerSettings server) => new()
    {
        Urls = [.. server.Urls.Select(u => u.ToString())],
        Tls = server.Tls is { } tls ? new TlsFiles(tls.CertificateFile, tls.KeyFile) : null,
        TrustedProxies = [.. server.TrustedProxies.Select(p => p.ToString())],
        MaxBodyBytes = server.MaxBodyBytes,
    };

    private sealed class StoreReadiness(Store store) : IReadiness
    {
        public async ValueTask<Readiness> CheckAsync(CancellationToken cancellationToken)
        {
            var answers = await store.PingAsync(cancellationToken);
            return new Readiness([new ReadinessCheck("store", answers, answers ? "answers" : "does not answer")]);
        }
    }
}

/// <summary>What goes on beside the requests: settling and delivery, a loop each a project.</summary>
internal sealed class NodeWork
{
    private readonly Dictionary<string, SettleLoop> _settling = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DeliveryWorker> _workers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<EventWorker>> _events = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ErasureWorker> _erasures = new(StringComparer.Ordinal);
    private readonly Scrubber _scrubber;
    private readonly Dictionary<string, CompanyWorker> _companies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ForwardWorker> _forwarding = new(StringComparer.Ordinal);

    public NodeWork(SluiceSettings settings, byte[] masterKey, Store store, HttpClient http, HttpClient hooks, ILoggerFactory loggers, TimeProvider time)
    {
        var logger = loggers.CreateLogger("Sluice.Node");

        // Who restarts on an embedded store goes on at once with what it was doing; among several nodes the lease of a dead one has to run out.
        var owner = settings.Storage.Engine == StorageEngine.Postgres ? $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():n}" : "embedded";
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        _scrubber = new Scrubber(store.ScrubAsync, time);
        foreach (var project in settings.Projects)
        {
            var id = project.Id;
            tokens[id] = project.Brevo?.WebhookToken?.Reveal() ?? MasterKey.WebhookToken(masterKey, id);
            if (Destinations.Brevo(project, settings.Server.PublicUrl, tokens[id], store, http, time) is { } brevo)
            {
                _workers[id] = new DeliveryWorker(
                    brevo.Target, brevo.Destination, store.Ledger, store.Leases, new WorkerOptions(), time, owner,
                    e => NodeLog.DeliveryInterrupted(logger, id, e.Message, e));
            }

            _events[id] =
            [
                .. Destinations.Webhooks(project, store, hooks, time, owner, (name, e) => NodeLog.WebhookInterrupted(logger, name, id, e.Message, e)),
            ];
            if (Destinations.BrevoEvents(
                project, store, http, time, owner, () => _workers.GetValueOrDefault(id)?.Wake(), e => NodeLog.EventsInterrupted(logger, id, e.Message, e)) is { } events)
            {
                _events[id].Add(events);
            }

            if (Forwarding.Worker(project, store, http, time, owner, e => NodeLog.ForwardingInterrupted(logger, id, e.Message, e)) is { } forwarding)
            {
                _forwarding[id] = forwarding;
            }

            _erasures[id] = Erasing.Worker(project, store, http, _scrubber, time, owner, e => NodeLog.ErasureInterrupted(logger, id, e.Message, e));
            if (Destinations.BrevoCompanies(project, store, http, time, owner, e => NodeLog.CompaniesInterrupted(logger, id, e.Message, e)) is { } companies)
            {
                _companies[id] = companies;
            }

            _settling[id] = new SettleLoop(
                id, store.Settling, store.Lookups, () => _workers.GetValueOrDefault(id)?.Wake(), time, e => NodeLog.SettlingInterrupted(logger, id, e.Message, e));
        }

        var campaigns = new CampaignIntake(new WakingEvents(store.Events, Changed, EventsCame), store.PeopleByAddress, store.IntakeCounts, time);
        BrevoInbox = new BrevoInbox(tokens, store.Suppressions, campaigns, (project, token) => _workers.GetValueOrDefault(project)?.JobEnded(token), time);
    }

    public BrevoInbox BrevoInbox { get; }

    /// <summary>A page of the project has been taken.</summary>
    public void Taken(string project) => _settling.GetValueOrDefault(project)?.Wake();

    /// <summary>People of the project have changed otherwise.</summary>
    public void Changed(string project)
    {
        _workers.GetValueOrDefault(project)?.Wake();
        _forwarding.GetValueOrDefault(project)?.Wake();
    }

    /// <summary>Events of the project have come.</summary>
    public void EventsCame(string project)
    {
        _events.GetValueOrDefault(project)?.ForEach(w => w.Wake());
        _forwarding.GetValueOrDefault(project)?.Wake();
    }

    /// <summary>Somebody is to be erased.</summary>
    public void ErasureAsked(string project) => _erasures.GetValueOrDefault(project)?.Wake();

    public IEnumerable<Task> Run(CancellationToken cancellationToken) =>
        _settling.Values.Select(s => Task.Run(() => s.RunAsync(cancellationToken), CancellationToken.None))
            .Concat(_workers.Values.Select(w => Task.Run(() => w.RunAsync(cancellationToken), CancellationToken.None)))
            .Concat(_events.Values.SelectMany(w => w).Select(w => Task.Run(() => w.RunAsync(cancellationToken), CancellationToken.None)))
            .Concat(_erasures.Values.Select(w => Task.Run(() => w.RunAsync(cancellationToken), CancellationToken.None)))
            .Concat(_companies.Values.Select(w => Task.Run(() => w.RunAsync(cancellationToken), CancellationToken.None)))
            .Concat(_forwarding.Values.Select(w => Task.Run(() => w.RunAsync(cancellationToken), CancellationToken.None)))
            .ToList();
}
