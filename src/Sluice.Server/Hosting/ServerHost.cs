using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sluice.Server.Erasure;
using Sluice.Server.Health;
using Sluice.Server.Http;
using Sluice.Server.Ingestion;
using Sluice.Server.Management;
using Sluice.Server.Query;
using Sluice.Server.Telemetry;
using Sluice.Server.Webhooks;

namespace Sluice.Server.Hosting;

/// <summary>The HTTP side of the program: created, started, stopped.</summary>
public sealed class ServerHost : IAsyncDisposable
{
    private static readonly TimeSpan BodyGracePeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    private readonly WebApplication _application;
    private readonly ServerOptions _options;
    private readonly TlsCertificate? _certificate;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _counting = new();
    private Task _counts = Task.CompletedTask;

    private ServerHost(WebApplication application, ServerOptions options, TlsCertificate? certificate, ILogger logger)
    {
        _application = application;
        _options = options;
        _certificate = certificate;
        _logger = logger;
    }

    /// <summary>The URLs that are listened on, with the ports that were taken; empty before the start.</summary>
    public IReadOnlyList<string> Urls { get; private set; } = [];

    /// <summary>Puts the server together; nothing listens yet.</summary>
    /// <exception cref="ArgumentException"><see cref="ServerOptions.Problems"/> names problems.</exception>
    /// <exception cref="TlsCertificateException">The certificate cannot be used.</exception>
    public static ServerHost Create(ServerOptions options, ServerServices services)
    {
        var problems = options.Problems();
        if (problems.Count > 0)
        {
            throw new ArgumentException(
                string.Join(" ", problems.Select(problem => $"{problem.Option}: {problem.Message}")), nameof(options));
        }

        var logger = services.LoggerFactory.CreateLogger<ServerHost>();
        var metrics = new GatewayMetrics(services.Meters);
        var certificate = options.Tls is null
            ? null
            : new TlsCertificate(options.Tls, options.TlsCheckInterval, services.TimeProvider, logger, metrics);

        // The empty builder: no settings files, no environment variables, no signals. What this server does is said by its options.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => ConfigureKestrel(kestrel, options, certificate));
        AddServices(builder.Services, options, services, metrics);
        var application = builder.Build();
        AddPipeline(application, options, services);
        return new ServerHost(application, options, certificate, logger);
    }

    /// <summary>Listens.</summary>
    /// <param name="announce">Is given one line <c>listening on URL</c> for each URL, once all of them answer.</param>
    public async Task StartAsync(Action<string> announce, CancellationToken cancellationToken)
    {
        await _application.StartAsync(cancellationToken);
        var monitor = _application.Services.GetRequiredService<IntakeMonitor>();
        _counts = Task.Run(() => monitor.RunAsync(_counting.Token), CancellationToken.None);
        Urls = [.. _application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses];
        foreach (var url in Urls)
        {
            GatewayLog.Listening(_logger, url);
            announce($"listening on {url}");
        }

        WarnAboutPlainHttp();
    }

    /// <summary>Takes no more connections and waits for the requests in progress, at most <see cref="ServerOptions.StopTimeout"/>.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        GatewayLog.Stopping(_logger, _options.StopTimeout);
        await _application.StopAsync(cancellationToken);

        // The last requests have been counted by now.
        await _counting.CancelAsync();
        await _counts;
        GatewayLog.Stopped(_logger);
    }

    public async ValueTask DisposeAsync()
    {
        await _counting.CancelAsync();
        await _counts;
        _counting.Dispose();
        await _application.DisposeAsync();
        _certificate?.Dispose();
    }

    private static void ConfigureKestrel(KestrelServerOptions kestrel, ServerOptions options, TlsCertificate? certificate)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = options.MaxConnections;
        limits.MaxConcurrentUpgradedConnections = options.MaxConnections;
        limits.MaxRequestBodySize = options.MaxBodyBytes;
        limits.MinRequestBodyDataRate = new MinDataRate(options.MinBodyBytesPerSecond, BodyGracePeriod);
        limits.RequestHeadersTimeout = options.HeadersTimeout;

        // Older clients carry events in the query of a GET.
        limits.MaxRequestLineSize = 32 * 1024;
        limits.MaxRequestHeaderCount = 64;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        foreach (var url in options.Urls)
        {
            var address = ListenAddress.Parse(url);
            address.Bind(kestrel, listen =>
            {
                if (address.IsHttps)
                {
                    listen.UseHttps(new TlsHandshakeCallbackOptions
                    {
                        OnConnection = _ => ValueTask.FromResult(certificate!.AuthenticationOptions()),
                        HandshakeTimeout = HandshakeTimeout,
                    });
                }
            });
        }
    }

    private static void AddServices(IServiceCollection collection, ServerOptions options, ServerServices services, GatewayMetrics metrics)
    {
        collection.AddRoutingCore();
        // Signals belong to the program.
        collection.AddSingleton<IHostLifetime, ProgramOwnedLifetime>();
        collection.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopTimeout);
        collection.AddLogging();
        collection.AddSingleton<ILoggerFactory>(new FrameworkLoggers(services.LoggerFactory));
        collection.AddSingleton(services.Meters);
        collection.AddSingleton(services.TimeProvider);
        collection.AddSingleton(services.Projects);
        collection.AddSingleton(services.Cohorts);
        collection.AddSingleton(services.Events);
        collection.AddSingleton(services.Profiles);
        collection.AddSingleton(services.Lookups);
        collection.AddSingleton(services.RefusedRecords);
        collection.AddSingleton(services.IntakeCounts);
        collection.AddSingleton(services.Readiness);
        foreach (var inbox in services.Inboxes)
        {
            collection.AddSingleton(inbox);
        }

        collection.AddSingleton(options);
        collection.AddSingleton(metrics);
        collection.AddSingleton(new TrustedProxies(options.TrustedProxies));
        collection.AddSingleton(new BodyBudget(
            options.BodyBudgetBytes,
            Math.Max(options.BodyBudgetBytes / 2, Math.Max(options.MaxBodyBytes, options.MaxInboxBodyBytes)),
            options.BodyBudgetWait,
            services.TimeProvider,
            metrics));
        collection.AddSingleton<Gatekeeper>();
        collection.AddSingleton<RequestFrame>();
        collection.AddSingleton<CohortEndpoint>();
        AddIngestion(collection, services);
        if (services.Erasure is { } erasure)
        {
            collection.AddSingleton(erasure);
            collection.AddSingleton<ErasureGate>();
            collection.AddSingleton<DataDeletionsEndpoint>();
            collection.AddSingleton<DataRetrievalsEndpoint>();
        }

        if (services.Management is { } management)
        {
            ManagementHosting.Add(collection, management);
        }

        collection.AddSingleton<HealthEndpoints>();
    }

    private static void AddIngestion(IServiceCollection collection, ServerServices services)
    {
        collection.AddSingleton<IntakeMonitor>();
        collection.AddSingleton<IntakeTally>();
        collection.AddSingleton<IntakeGate>();
        collection.AddSingleton<IntakeBudgets>();
        collection.AddSingleton<IntakeServices>();
        collection.AddSingleton<EventWriter>();
        collection.AddSingleton(new AddressIds(services.AddressKey));
        collection.AddSingleton<ImportEndpoint>();
        collection.AddSingleton<TrackEndpoint>();
        collection.AddSingleton<EngageEndpoint>();
        collection.AddSingleton<GroupsEndpoint>();
        collection.AddSingleton<LookupTablesEndpoint>();
    }

    private static void AddPipeline(WebApplication application, ServerOptions options, ServerServices services)
    {
        application.UseMiddleware<PlainHttpGate>();
        var proxies = application.Services.GetRequiredService<TrustedProxies>();
        if (proxies.Ranges.Count > 0)
        {
            // Every proxy that is declared may stand behind another; the first address that is not one of them is the caller.
            var forwarded = new ForwardedHeadersOptions
            {
                ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
                ForwardLimit = null,
            };
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var range in proxies.Ranges)
            {
                forwarded.KnownIPNetworks.Add(range);
            }

            application.UseForwardedHeaders(forwarded);
        }

        application.UseRouting();
        if (application.Services.GetService<ManagementServices>() is not null)
        {
            ManagementHosting.Use(application);
            ManagementHosting.Map(application);
        }

        MapEndpoints(application);
        QueryEndpoints.Map(application, application.Services.GetRequiredService<RequestFrame>(), services);
    }

    private static void MapEndpoints(WebApplication application)
    {
        var services = application.Services;
        var frame = services.GetRequiredService<RequestFrame>();
        var cohorts = services.GetRequiredService<CohortEndpoint>();
        application.Map(CohortEndpoint.Pattern, frame.Around(CohortEndpoint.Route, cohorts.HandleAsync));
        foreach (var port in services.GetServices<Core.Delivery.IDestinationInbox>())
        {
            var inbox = ActivatorUtilities.CreateInstance<InboxEndpoint>(services, port);
            application.Map(inbox.EventsPattern, frame.Around(InboxEndpoint.EventsRoute, inbox.HandleEventsAsync));
            application.Map(inbox.NoticesPattern, frame.Around(InboxEndpoint.NoticesRoute, inbox.HandleNoticeAsync));
        }

        MapIngestion(application, frame);
        if (services.GetService<DataDeletionsEndpoint>() is { } deletions)
        {
            var retrievals = services.GetRequiredService<DataRetrievalsEndpoint>();
            application.Map(DataDeletionsEndpoint.Pattern, frame.Around(DataDeletionsEndpoint.Route, deletions.HandleAsync));
            application.Map(DataRetrievalsEndpoint.Pattern, frame.Around(DataRetrievalsEndpoint.Route, retrievals.HandleAsync));
            application.Map(DataRetrievalsEndpoint.DownloadPattern, frame.Around(DataRetrievalsEndpoint.Route, retrievals.HandleDownloadAsync));
        }

        var health = services.GetRequiredService<HealthEndpoints>();
        application.Map(HealthEndpoints.LivePattern, frame.Around(HealthEndpoints.LiveRoute, HealthEndpoints.HandleLiveAsync));
        application.Map(HealthEndpoints.ReadyPattern, frame.Around(HealthEndpoints.ReadyRoute, health.HandleReadyAsync));
    }

    private static void MapIngestion(WebApplication application, RequestFrame frame)
    {
        var services = application.Services;
        Map(ImportEndpoint.Pattern, ImportEndpoint.Route, services.GetRequiredService<ImportEndpoint>());
        Map(TrackEndpoint.Pattern, TrackEndpoint.Route, services.GetRequiredService<TrackEndpoint>());
        Map(EngageEndpoint.Pattern, EngageEndpoint.Route, services.GetRequiredService<EngageEndpoint>());
        Map(GroupsEndpoint.Pattern, GroupsEndpoint.Route, services.GetRequiredService<GroupsEndpoint>());
        Map(LookupTablesEndpoint.ListPattern, LookupTablesEndpoint.Route, services.GetRequiredService<LookupTablesEndpoint>());
        Map(LookupTablesEndpoint.TablePattern, LookupTablesEndpoint.Route, services.GetRequiredService<LookupTablesEndpoint>());

        void Map(string pattern, string route, IntakeEndpoint endpoint) => application.Map(pattern, frame.Around(route, endpoint.HandleAsync));
    }

    private void WarnAboutPlainHttp()
    {
        foreach (var url in _options.Urls)
        {
            if (_options.TrustedProxies.Count == 0 && ListenAddress.Parse(url) is { IsHttps: false, IsLoopback: false })
            {
                GatewayLog.PlainHttpAnywhere(_logger, url);
            }
        }
    }

    private sealed class ProgramOwnedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
