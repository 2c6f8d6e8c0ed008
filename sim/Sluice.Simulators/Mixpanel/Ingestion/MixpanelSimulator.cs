using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Simulators.Mixpanel.Gdpr;
using Sluice.Simulators.Mixpanel.Query;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>
/// Mixpanel on loopback, without the sender of cohorts: three hosts a region (what takes in, what answers, what exports), an administration
/// under <c>/_sim/</c>, and a page that shows it.
/// </summary>
public sealed class MixpanelSimulator : IAsyncDisposable
{
    // Every host is a port here; the first takes the port of the options.
    private static readonly (MixpanelResidency Residency, MixpanelFamily Family)[] Hosts =
    [
        .. from family in new[] { MixpanelFamily.Ingestion, MixpanelFamily.Query, MixpanelFamily.Export }
           from residency in Enum.GetValues<MixpanelResidency>()
           select (residency, family),
    ];

    private readonly World _world;
    private readonly CancellationTokenSource _stopping = new();
    private LoopbackServer? _server;

    private MixpanelSimulator(MixpanelSimulatorOptions options)
    {
        Options = options;
        _world = new World(options);
        Faults = new MixpanelFaults(options.Seed);
        Calls = new MixpanelCallLog(options.LogEntries);
    }

    /// <summary>What it was started with.</summary>
    public MixpanelSimulatorOptions Options { get; }

    /// <summary>The ingestion host of the US.</summary>
    public Uri BaseUrl => UrlOf(MixpanelResidency.US);

    /// <summary>The query host of the US, without a path. The app API has the same one.</summary>
    public Uri QueryUrl => UrlOf(MixpanelResidency.US, MixpanelFamily.Query);

    /// <summary>The export host of the US, without a path.</summary>
    public Uri ExportUrl => UrlOf(MixpanelResidency.US, MixpanelFamily.Export);

    /// <summary>The app API of the US: the query host, without a path.</summary>
    public Uri AppUrl => UrlOf(MixpanelResidency.US, MixpanelFamily.App);

    /// <summary>The page that shows the state, and the root of the administration.</summary>
    public Uri StatePage => new(BaseUrl, "/_sim/");

    /// <summary>The fault script.</summary>
    public MixpanelFaults Faults { get; }

    /// <summary>What was called.</summary>
    public MixpanelCallLog Calls { get; }

    /// <summary>How many answers a fault keeps back until the clock has moved, or for ever.</summary>
    public int HeldAnswers => _world.Held.Count;

    /// <summary>Records whose token no project of the host has, by path: they were answered as good.</summary>
    public IReadOnlyDictionary<string, long> Strangers
    {
        get
        {
            lock (_world.Gate)
            {
                return new Dictionary<string, long>(_world.Strangers);
            }
        }
    }

    /// <summary>Starts a simulator and listens.</summary>
    /// <param name="options">How it behaves; null for one ordinary project.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <returns>The running simulator.</returns>
    public static async Task<MixpanelSimulator> StartAsync(
        MixpanelSimulatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        var simulator = new MixpanelSimulator(options ?? new MixpanelSimulatorOptions());
        try
        {
            await simulator.ListenAsync(cancellationToken);
            return simulator;
        }
        catch
        {
            await simulator.DisposeAsync();
            throw;
        }
    }

    /// <summary>The host of a family in a region.</summary>
    /// <param name="residency">The region.</param>
    /// <param name="family">What is called there; queries and the app API share a host.</param>
    /// <returns>Its address, without a path.</returns>
    public Uri UrlOf(MixpanelResidency residency, MixpanelFamily family = MixpanelFamily.Ingestion) =>
        _server!.Addresses[Array.IndexOf(Hosts, (residency, family == MixpanelFamily.App ? MixpanelFamily.Query : family))];

    /// <summary>What can be laid down in a project beforehand and looked at afterwards, beside what comes by HTTP.</summary>
    /// <param name="projectId">The project.</param>
    /// <returns>Its desk.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public MixpanelDesk Desk(string projectId) => Read(projectId, _ => new MixpanelDesk(_world, projectId));

    /// <summary>Back to empty projects, without faults or calls.</summary>
    public void Reset()
    {
        _world.Reset();
        Faults.Clear();
        Calls.Reset();
    }

    /// <summary>Every event as it was received, in order of arrival; copies are kept.</summary>
    /// <param name="projectId">The project.</param>
    /// <returns>The events.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public IReadOnlyList<MixpanelEventView> Events(string projectId) => Read(projectId, project => project.Events.Views);

    /// <summary>How many events were received.</summary>
    /// <param name="projectId">The project.</param>
    /// <returns>The number, copies included.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public int EventCount(string projectId) => Read(projectId, project => project.Events.Count);

    /// <summary>
    /// The events that queries show: of those with the same name, distinct id, time and insert id the last, under the person's canonical id.
    /// </summary>
    /// <param name="projectId">The project.</param>
    /// <returns>The events, in order of arrival.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public IReadOnlyList<MixpanelEventView> QueryEvents(string projectId) =>
        Read(projectId, project => project.Events.Query(project.Identity));

    /// <summary>All user profiles.</summary>
    /// <param name="projectId">The project.</param>
    /// <returns>The profiles, oldest first.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public IReadOnlyList<MixpanelProfileView> Profiles(string projectId) => Read(projectId, project =>
        project.Profiles.All.Select(profile => View(profile.Key, profile.Value)).ToArray());

    /// <summary>A user profile.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="distinctId">The id that it is attached to.</param>
    /// <returns>The profile, or null.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public MixpanelProfileView? Profile(string projectId, string distinctId) => Read(projectId, project =>
        project.Profiles.All.TryGetValue(distinctId, out var profile) ? View(distinctId, profile) : null);

    /// <summary>All group profiles.</summary>
    /// <param name="projectId">The project.</param>
    /// <returns>The profiles, oldest first.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public IReadOnlyList<MixpanelGroupView> Groups(string projectId) => Read(projectId, project => project.Groups.All
        .Select(group => new MixpanelGroupView(
            group.Key.Key, group.Key.Id, group.Value.Properties.ToJsonString(MixpanelAnswer.Plain), group.Value.UpdatedAt))
        .ToArray());

    /// <summary>Ids that belong together.</summary>
    /// <param name="projectId">The project.</param>
    /// <returns>Clusters of at least two ids.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public IReadOnlyList<MixpanelClusterView> Clusters(string projectId) => Read(projectId, project => project.Identity.Clusters);

    /// <summary>The lookup tables.</summary>
    /// <param name="projectId">The project.</param>
    /// <returns>The tables with their rows.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public IReadOnlyList<MixpanelLookupView> LookupTables(string projectId) =>
        Read(projectId, project => project.LookupTables.Select(table => table.View()).ToArray());

    /// <summary>The deletions of people that were asked for.</summary>
    /// <param name="projectId">The project.</param>
    /// <returns>The deletions, oldest first.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public IReadOnlyList<MixpanelDeletionView> Deletions(string projectId) =>
        Read(projectId, project => project.Deletions.Ids.Select(id => project.Deletions.Find(id, _world.Now)!).ToArray());

    /// <summary>Records that were answered as good and are not stored, by reason.</summary>
    /// <param name="projectId">The project.</param>
    /// <returns>Counts by reason.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public IReadOnlyDictionary<string, long> Lost(string projectId) =>
        Read(projectId, project => new Dictionary<string, long>(project.Lost));

    /// <summary>The use of the ingestion allowance.</summary>
    /// <param name="projectId">The project.</param>
    /// <returns>Bytes in the window.</returns>
    /// <exception cref="KeyNotFoundException">There is no such project.</exception>
    public MixpanelVolumeView Volume(string projectId) => Read(projectId, project => project.Ingestion.View(_world.Now));

    internal ProjectSummary Summary(string projectId) => Read(projectId, project => new ProjectSummary(
        project.Events.Count,
        project.Profiles.All.Count,
        project.Groups.All.Count,
        project.Identity.Clusters.Count,
        [.. project.LookupTables.Select(table => new LookupSummary(table.Settings.Id, table.Settings.Name, table.Rows.Count))],
        new Dictionary<string, long>(project.Lost),
        project.Ingestion.View(_world.Now)));

    internal IReadOnlyList<MixpanelEventView> LastEvents(string projectId, int count) =>
        Read(projectId, project => project.Events.Last(count));

    internal IReadOnlyList<MixpanelProfileView> LastProfiles(string projectId, int count) => Read(projectId, project =>
        project.Profiles.All.OrderByDescending(profile => profile.Value.UpdatedAt).Take(count)
            .Select(profile => View(profile.Key, profile.Value)).ToArray());

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _stopping.Dispose();
        lock (_world.Gate)
        {
            foreach (var project in _world.Projects)
            {
                project.Dispose();
            }
        }
    }

    private static MixpanelProfileView View(string id, StoredProfile profile) =>
        new(id, profile.Properties.ToJsonString(MixpanelAnswer.Plain), profile.UpdatedAt);

    private T Read<T>(string projectId, Func<ProjectState, T> read)
    {
        lock (_world.Gate)
        {
            return read(_world.ById(projectId) ?? throw new KeyNotFoundException($"There is no project {projectId}."));
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var pipeline = new MixpanelPipeline(_world, Faults, Calls, _stopping.Token);
        var administration = new MixpanelAdmin(this);
        var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server = await LoopbackServer.StartAsync([Options.Port, .. new int[Hosts.Length - 1]], Options.Certificate, HandleAsync, cancellationToken);
        known.SetResult();

        async Task HandleAsync(HttpContext context)
        {
            // A caller that knows the port can be here before the addresses are.
            await known.Task.WaitAsync(context.RequestAborted);
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            var path = target[..(target.IndexOf('?', StringComparison.Ordinal) is var end and >= 0 ? end : target.Length)];
            await (path == "/_sim" || path.StartsWith("/_sim/", StringComparison.Ordinal)
                ? administration.HandleAsync(context)
                : CallAsync(context, path.TrimEnd('/')));
        }

        Task CallAsync(HttpContext context, string path)
        {
            var (residency, family) = Hosts.First(host => UrlOf(host.Residency, host.Family).Port == context.Connection.LocalPort);
            return pipeline.HandleAsync(context, path, residency, family);
        }
    }
}
