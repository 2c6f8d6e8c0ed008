using Sluice.Simulators.Mixpanel.App;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>All projects of the simulator, and what stands for all of them. Callers hold <see cref="Gate"/>; nothing under it waits.</summary>
internal sealed class World
{
    private Dictionary<string, ProjectState> _projects = [];

    public World(MixpanelSimulatorOptions options)
    {
        Options = options;
        Geo = new Geo(options.Places);
        Accounts = new AccountBook([], Now);
        OAuth = new OAuthBook([]);
        Reset();
    }

    public Lock Gate { get; } = new();

    public MixpanelSimulatorOptions Options { get; }

    public MixpanelLimits Limits => Options.Limits;

    public HeldAnswers Held { get; } = new();

    public Geo Geo { get; }

    public AccountBook Accounts { get; private set; }

    public OAuthBook OAuth { get; private set; }

    public DateTimeOffset Now => Options.Clock.GetUtcNow();

    public IEnumerable<ProjectState> Projects => _projects.Values.Select(AsOfNow);

    /// <summary>Records whose token belongs to no project that this host knows, by path.</summary>
    public SortedDictionary<string, long> Strangers { get; } = new(StringComparer.Ordinal);

    public void Reset()
    {
        lock (Gate)
        {
            foreach (var project in _projects.Values)
            {
                project.Dispose();
            }

            var schemaEntities = Options.Projects.Select(project => project.OrganizationId).Distinct()
                .ToDictionary(id => id, _ => new VolumeWindow(Limits.SchemaEntitiesPerMinute, TimeSpan.FromMinutes(1)));
            _projects = Options.Projects.ToDictionary(
                project => project.Id, project => new ProjectState(project, Limits, Gate, schemaEntities[project.OrganizationId]), StringComparer.Ordinal);
            Accounts = new AccountBook(Options.Projects, Now);
            OAuth = new OAuthBook(Options.OAuthClients);
            Strangers.Clear();
        }
    }

    public ProjectState? ById(string? id) => id is not null && _projects.TryGetValue(id, out var project) ? AsOfNow(project) : null;

    /// <summary>Whether a bearer's token opens a project.</summary>
    public bool Opens(string bearer, ProjectState project) =>
        project.Settings.OAuthTokens.Contains(bearer) || OAuth.Opens(bearer, project.Settings.Id, Now);

    /// <summary>The project of a token, if its data lie where the call went.</summary>
    public ProjectState? ByToken(string? token, MixpanelResidency residency) => _projects.Values.FirstOrDefault(project =>
        project.Settings.Token == token && project.Settings.Residency == residency) is { } found ? AsOfNow(found) : null;

    // What time alone brings about happens when somebody looks.
    private ProjectState AsOfNow(ProjectState project)
    {
        project.Settle(Now);
        return project;
    }
}
