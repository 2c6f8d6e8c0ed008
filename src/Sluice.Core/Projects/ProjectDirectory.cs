using System.Collections.Frozen;

namespace Sluice.Core.Projects;

/// <summary>The projects that this program serves and the credentials that open them.</summary>
public sealed class ProjectDirectory : IProjectDirectory
{
    // The longest credentials that are looked at: longer ones cannot be right, and hashing them would cost.
    private const int MaximumKeyLength = 512;

    private readonly SecretHasher _hasher;
    private readonly TimeProvider _timeProvider;
    private readonly FailureDelay _failures;
    private readonly Entry _nobody;
    private Snapshot _snapshot;

    /// <exception cref="ArgumentException">See <see cref="Replace"/>.</exception>
    public ProjectDirectory(
        IEnumerable<Project> projects, IEnumerable<ProjectCredentials> credentials, SecretHasher hasher, TimeProvider timeProvider)
    {
        _hasher = hasher;
        _timeProvider = timeProvider;
        _failures = new FailureDelay(timeProvider);
        _nobody = new Entry(
            new Project("", "", RemoteProject: null, TimeZoneInfo.Utc), [hasher.Hash("", KeyPair.GenerateKey())]);
        _snapshot = Snapshot.Of(projects, credentials);
    }

    /// <summary>Every project, by id.</summary>
    public IReadOnlyList<Project> All => _snapshot.ById.Values;

    /// <summary>Puts other projects and credentials in the place of the present ones, at once for every caller.</summary>
    /// <exception cref="ArgumentException">
    /// Two projects share an id or an access key, a project has no credentials, credentials name an unknown project or carry none or
    /// more than <see cref="ProjectCredentials.MaximumSecrets"/> secrets. Nothing is changed then.
    /// </exception>
    public void Replace(IEnumerable<Project> projects, IEnumerable<ProjectCredentials> credentials) =>
        Volatile.Write(ref _snapshot, Snapshot.Of(projects, credentials));

    public Project? Find(string id) => Volatile.Read(ref _snapshot).ById.GetValueOrDefault(id);

    public async ValueTask<Project?> AuthenticateAsync(
        string accessKey, string secretKey, string source, CancellationToken cancellationToken)
    {
        var project = Check(accessKey, secretKey);
        if (project is not null)
        {
            _failures.Succeeded(accessKey, source);
            return project;
        }

        var delay = _failures.Failed(accessKey, source);
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, _timeProvider, cancellationToken);
        }

        return null;
    }

    private Project? Check(string accessKey, string secretKey)
    {
        if (accessKey.Length > MaximumKeyLength || secretKey.Length > MaximumKeyLength)
        {
            return null;
        }

        // An unknown access key costs the same work as a known one, so that the time of the answer does not tell them apart.
        var known = Volatile.Read(ref _snapshot).ByAccessKey.TryGetValue(accessKey, out var found);
        var entry = known ? found! : _nobody;
        var given = _hasher.Hash(entry.Project.Id, secretKey);
        var matches = false;
        for (var i = 0; i < ProjectCredentials.MaximumSecrets; i++)
        {
            matches |= entry.Secrets[i % entry.Secrets.Count].Matches(given);
        }

        return known && matches ? entry.Project : null;
    }

    private sealed record Entry(Project Project, IReadOnlyList<SecretHash> Secrets);

    private sealed record Snapshot(FrozenDictionary<string, Project> ById, FrozenDictionary<string, Entry> ByAccessKey)
    {
        public static Snapshot Of(IEnumerable<Project> projects, IEnumerable<ProjectCredentials> credentials)
        {
            var byId = new Dictionary<string, Project>(StringComparer.Ordinal);
            foreach (var project in projects)
            {
                if (!byId.TryAdd(project.Id, project))
                {
                    throw new ArgumentException($"Two projects have the id \"{project.Id}\".", nameof(projects));
                }
            }

            var byAccessKey = new Dictionary<string, Entry>(StringComparer.Ordinal);
            foreach (var one in credentials)
            {
                if (!byId.TryGetValue(one.ProjectId, out var project))
                {
                    throw new ArgumentException($"Credentials name the unknown project \"{one.ProjectId}\".", nameof(credentials));
                }

                if (one.AccessKey.Length == 0 || one.AccessKey != project.AccessKey)
                {
                    throw new ArgumentException($"The credentials of project \"{one.ProjectId}\" carry another access key.", nameof(credentials));
                }

                if (one.Secrets.Count is 0 or > ProjectCredentials.MaximumSecrets)
                {
                    throw new ArgumentException(
                        $"Project \"{one.ProjectId}\" needs one secret key, or two while one replaces the other.", nameof(credentials));
                }

                if (!byAccessKey.TryAdd(one.AccessKey, new Entry(project, [.. one.Secrets])))
                {
                    throw new ArgumentException($"Project \"{one.ProjectId}\" shares its access key with another.", nameof(credentials));
                }
            }

            if (byId.Values.FirstOrDefault(project => !byAccessKey.ContainsKey(project.AccessKey)) is { } closed)
            {
                throw new ArgumentException($"Project \"{closed.Id}\" has no credentials.", nameof(credentials));
            }

            return new Snapshot(
                byId.ToFrozenDictionary(StringComparer.Ordinal), byAccessKey.ToFrozenDictionary(StringComparer.Ordinal));
        }
    }
}
