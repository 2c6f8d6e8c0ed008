using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Brevo;
using Sluice.Configuration;
using Sluice.Core.Projects;
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
    private readonly NodeWork _work;
    private readonly IDisposable? _folder;

    private SluiceNode(Store store, ServerHost server, NodeWork work, HttpClient http, HttpClient hooks, ServiceProvider services, IDisposable? folder)
    {
        _folder = folder;
        Store = store;
        _server = server;
        _work = work;
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
            var projects = await LiveProjects.StartAsync(
                settings.Projects, store, masterKey, time, loggers.CreateLogger("Sluice.Node"), announce, cancellationToken);
            await Forwarding.StartAsync(projects.Settings, store, loggers, cancellationToken);
            var work = new NodeWork(settings, projects.Settings, masterKey, store, http, hooks, loggers, time);
            projects.OnChange(work.ReplaceAsync);
            await Task.WhenAll(projects.Settings.Select(p => work.Tokens.ForgetOldAsync(p, cancellationToken)));
            var accounts = new BrevoAccounts(projects, store, http, loggers.CreateLogger("Sluice.Node"), time);
            var server = ServerHost.Create(
                Options(settings.Server),
                new ServerServices
                {
                    Projects = projects.Directory,
                    Cohorts = new WakingIntake(store.Intake, work.Taken),
                    Events = new WakingEvents(store.Events, work.Changed, work.EventsCame),
                    Profiles = new WakingProfiles(store.Profiles, work.Changed),
                    Lookups = store.Lookups,
                    RefusedRecords = store.RefusedRecords,
                    IntakeCounts = store.IntakeCounts,
                    Erasure = Erasing.Services(projects, store, work.ErasureAsked, time),
                    Reports = new ReportDesk(id => work.Find(id)?.Settings, store.PermitBooks, http, work.Tokens, time),
                    AddressKey = MasterKey.AddressKey(masterKey),
                    Readiness = new StoreReadiness(store),
                    Management = Managing.Services(settings, projects, work, accounts, store, http, time, loggers.CreateLogger("Sluice.Node")),
                    Inboxes = [work.BrevoInbox],
                    TimeProvider = time,
                    LoggerFactory = loggers,
                    Meters = services.GetRequiredService<IMeterFactory>(),
                });
            var node = new SluiceNode(store, server, work, http, hooks, services, folder);
            await server.StartAsync(announce, cancellationToken);
            await work.StartAsync(node._stopping.Token);
            node._loops.Add(Task.Run(() => projects.RunAsync(node._stopping.Token), CancellationToken.None));
            node._loops.Add(Task.Run(() => accounts.RunAsync(node._stopping.Token), CancellationToken.None));
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
        await _work.EndAsync();
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
