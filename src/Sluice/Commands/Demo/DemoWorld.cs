using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Sluice.Configuration;
using Sluice.Core.Projects;
using Sluice.Hosting;
using Sluice.Simulators.Brevo;
using Sluice.Simulators.Mixpanel;
using Sluice.Simulators.People;

namespace Sluice.Commands.Demo;

/// <summary>Sluice between a simulated Mixpanel and a simulated Brevo, all on loopback, with a life of its own.</summary>
internal sealed class DemoWorld : IAsyncDisposable
{
    public const string Project = "default";
    public const string Engaged = "7700123";
    public const string AtRisk = "7700124";
    public const long AllUsersList = 15;
    public const long EngagedList = 16;
    public const long AtRiskList = 17;

    private const int MostNews = 40;

    private static readonly string[] Exported = ["plan", "$city", "$country_code", "signup_date", "total_revenue", "interests"];

    private readonly DemoOptions _options;
    private readonly string _folder;
    private readonly ConcurrentQueue<string> _news = new();
    private readonly TimeProvider _time;

    private DemoWorld(DemoOptions options, string folder, BrevoSimulator brevo, SluiceNode node, CohortSyncSimulator mixpanel, TimeProvider time)
    {
        _options = options;
        _folder = folder;
        _time = time;
        Brevo = brevo;
        Node = node;
        Mixpanel = mixpanel;
    }

    public BrevoSimulator Brevo { get; }

    public SluiceNode Node { get; }

    public CohortSyncSimulator Mixpanel { get; }

    public IReadOnlyList<string> News => [.. _news];

    public static async Task<DemoWorld> StartAsync(DemoOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("sluice-demo-").FullName;
        var brevo = await BrevoSimulator.StartAsync(new BrevoSimulatorOptions(), cancellationToken);
        brevo.CreateList("All users", AllUsersList);
        brevo.CreateList("Engaged users", EngagedList);
        brevo.CreateList("At risk", AtRiskList);
        var keys = KeyPair.Generate();
        var config = Config(folder, FreePort(), brevo.BaseUrl, keys);
        await File.WriteAllTextAsync(Path.Combine(folder, "sluice.yaml"), config, cancellationToken);
        var loaded = ConfigLoader.Parse(Encoding.UTF8.GetBytes(config), "demo", folder, _ => null);
        var settings = loaded.Settings ?? throw new StartException(ConfigReport.ToText(loaded));
        var node = await SluiceNode.StartAsync(settings, loggers, time, _ => { }, cancellationToken);

        var people = new PersonDirectory(new PeopleGenerator(options.Seed), options.People * 2);
        var mixpanel = new CohortSyncSimulator(new CohortSyncOptions { RunOnSchedule = false }, people, time);
        var connection = mixpanel.Connect("Sluice", new Uri($"{node.Urls[0]}/mixpanel/projects/{Project}/cohorts"), keys.AccessKey, keys.SecretKey);
        mixpanel.AddCohort(Engaged, "Engaged users", "at least three sessions in the last 30 days").AddRange(0, options.People);
        mixpanel.AddCohort(AtRisk, "At risk", "no session for 14 days").AddRange(options.People, Math.Max(1, options.People / 4));
        mixpanel.StartSync(Engaged, connection, SyncKind.Recurring, Exported);
        mixpanel.StartSync(AtRisk, connection, SyncKind.Recurring, Exported);
        return new DemoWorld(options, folder, brevo, node, mixpanel, time);
    }

    /// <summary>Sends the cohorts, then changes every few seconds, and now and then someone unsubscribes in Brevo.</summary>
    public async Task LiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            Tell(string.Create(
                CultureInfo.InvariantCulture,
                $"Mixpanel sends its cohorts: {Mixpanel.Cohort(Engaged).Count:N0} people and {Mixpanel.Cohort(AtRisk).Count:N0} people"));
            await SendAsync(cancellationToken);
            var drift = new CohortDrift(Mixpanel, _options.Seed, new CohortDriftOptions());
            await drift.RunAsync(
                _options.Interval, _time,
                async (step, token) =>
                {
                    Tell($"{step.Entered.Count} people entered, {step.Left.Count} left, {step.Changed.Count} profiles changed");
                    await SendAsync(token);
                    if (step.Tick % 4 == 0 && Brevo.ListCount(EngagedList) > 0)
                    {
                        var emails = Brevo.ListEmails(EngagedList);
                        Brevo.Unsubscribe(emails[step.Tick * 7919 % emails.Count]);
                        Tell("someone unsubscribed in Brevo, and will not be added again");
                    }
                },
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The demo is over.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Mixpanel.DisposeAsync();
        await Node.DisposeAsync();
        await Brevo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Config(string folder, int port, Uri brevo, KeyPair keys) => string.Create(CultureInfo.InvariantCulture, $$"""
        server:
          urls: http://127.0.0.1:{{port}}
          data: {{folder}}/data
          public_url: http://127.0.0.1:{{port}}
        project:
          id: {{Project}}
          access_key: {{keys.AccessKey}}
          secret_key: {{keys.SecretKey}}
        connectors:
          mixpanel:
            enabled: true
            project_id: "4100200"
            data_residency: "US"
            lists:
              all_users: {{AllUsersList}}
              engaged_users: {{EngagedList}}
              at_risk: {{AtRiskList}}
          brevo:
            api_key: xkeysib-simulator
            base_url: {{brevo}}
        property_mapping:
          $email: email
          $first_name: FIRSTNAME
          $last_name: LASTNAME
          $phone: SMS
          $city: CITY
          $country_code: COUNTRY
          plan: PLAN_TYPE
          signup_date: SIGNUP_DATE
          total_revenue: LTV
          interests: INTERESTS
        """);

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        foreach (var cohort in new[] { Engaged, AtRisk })
        {
            await Mixpanel.RunNowAsync(cohort, cancellationToken);
        }
    }

    private void Tell(string news)
    {
        _news.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{_time.GetLocalNow():HH:mm:ss}  {news}"));
        while (_news.Count > MostNews)
        {
            _news.TryDequeue(out _);
        }
    }
}
