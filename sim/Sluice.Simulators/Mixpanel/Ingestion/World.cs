namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>All projects of the simulator, and what stands for all of them. Callers hold <see cref="Gate"/>; nothing under it waits.</summary>
internal sealed class World
{
    private Dictionary<string, ProjectState> _projects = [];

    public World(MixpanelSimulatorOptions options)
    {
        Options = options;
        Geo = new Geo(options.Places);
        Reset();
    }

    public Lock Gate { get; } = new();

    public MixpanelSimulatorOptions Options { get; }

    public MixpanelLimits Limits => Options.Limits;

    public Geo Geo { get; }

    public DateTimeOffset Now => Options.Clock.GetUtcNow();

    public IEnumerable<ProjectState> Projects => _projects.Values;

    /// <summary>Records whose token belongs to no project that this host knows, by path.</summary>
    public SortedDictionary<string, long> Strangers { get; } = new(StringComparer.Ordinal);

    public void Reset()
    {
        lock (Gate)
        {
            _projects = Options.Projects.ToDictionary(
                project => project.Id, project => new ProjectState(project, Limits), StringComparer.Ordinal);
            Strangers.Clear();
        }
    }

    public ProjectState? ById(string? id) => id is null ? null : _projects.GetValueOrDefault(id);

    /// <summary>The project of a token, if its data lie where the call went.</summary>
    public ProjectState? ByToken(string? token, MixpanelResidency residency) => _projects.Values.FirstOrDefault(project =>
        project.Settings.Token == token && project.Settings.Residency == residency);
}
