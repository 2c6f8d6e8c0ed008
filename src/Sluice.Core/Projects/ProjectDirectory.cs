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

    public Project? FindByToken(string token) => Volatile.Read(ref _snapshot).ByToken.GetValueOrDefault(token);

    public ValueTask<Project?> AuthenticateAsync(string accessKey, string secretKey, string source, CancellationToken cancellationToken) =>
        ConcludeAsync(CheckKeys(accessKey, secretKey), accessKey, source, cancellationToken);

    public ValueTask<Project?> AuthenticateClientAsync(
        string userName, string password, string? remoteProject, string source, CancellationToken cancellationToken) =>
        password.Length == 0

            // A secret that stands where a name does is not told to whatever remembers names.
            ? ConcludeAsync(CheckProjectSecret(userName), "", source, cancellationToken)
            : ConcludeAsync(CheckClient(userName, password, remoteProject), userName, source, cancellationToken);

    private async ValueTask<Project?> ConcludeAsync(Project? project, string name, string source, CancellationToken cancellationToken)
    {
        if (project is not null)
        {
            _failures.Succeeded(name, source);
            return project;
        }

        var delay = _failures.Failed(name, source);
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, _timeProvider, cancellationToken);
        }

        return null;
    }

    private Project? CheckKeys(string accessKey, string secretKey) =>
        Check(Volatile.Read(ref _snapshot).ByAccessKey.GetValueOrDefault(accessKey), accessKey, secretKey);

    private Project? CheckClient(string userName, string password, string? remoteProject)
    {
        var snapshot = Volatile.Read(ref _snapshot);
        if (snapshot.ByAccessKey.TryGetValue(userName, out var keys))
        {
            return Check(keys, userName, password);
        }

        // An account that opens several projects opens none of them before one is named.
        var accounts = snapshot.ByAccount.GetValueOrDefault(userName) ?? [];
        var account = accounts.Count == 1 ? accounts[0] : accounts.FirstOrDefault(a => remoteProject is not null && a.Project.RemoteProject == remoteProject);
        return Check(account, userName, password);
    }

    /// <summary>An unknown name costs the same work as a known one, so that the time of the answer does not tell them apart.</summary>
    private Project? Check(Entry? known, string userName, string password)
    {
        if (userName.Length > MaximumKeyLength || password.Length > MaximumKeyLength)
        {
            return null;
        }

        var entry = known ?? _nobody;
        var given = _hasher.Hash(entry.Project.Id, password);
        var matches = false;
        for (var i = 0; i < ProjectCredentials.MaximumSecrets; i++)
        {
            matches |= entry.Secrets[i % entry.Secrets.Count].Matches(given);
        }

        return known is not null && matches ? entry.Project : null;
    }

    private Project? CheckProjectSecret(string secret)
    {
        if (secret.Length > MaximumKeyLength)
        {
            return null;
        }

        Project? found = null;
        foreach (var entry in Volatile.Read(ref _snapshot).ProjectSecrets)
        {
            found = entry.Secrets[0].Matches(_hasher.Hash(entry.Project.Id, secret)) ? entry.Project : found;
        }

        return found;
    }

    private sealed record Entry(Project Project, IReadOnlyList<SecretHash> Secrets);

    private sealed record Snapshot(
        FrozenDictionary<string, Project> ById,
        FrozenDictionary<string, Project> ByToken,
        FrozenDictionary<string, Entry> ByAccessKey,
        FrozenDictionary<string, IReadOnlyList<Entry>> ByAccount,
        IReadOnlyList<Entry> ProjectSecrets)
    {
        public static Snapshot Of(IEnumerable<Project> projects, IEnumerable<ProjectCredentials> credentials)
        {
            var byId = new Dictionary<string, Project>(StringComparer.Ordinal);
            var byToken = new Dictionary<string, Project>(StringComparer.Ordinal);
            foreach (var project in projects)
            {
                if (!byId.TryAdd(project.Id, project))
                {
                    throw new ArgumentException($"Two projects have the id \"{project.Id}\".", nameof(projects));
                }

                if (project.Token is { } token && !byToken.TryAdd(token, project))
                {
                    throw new ArgumentException($"Project \"{project.Id}\" shares its token with another.", nameof(projects));
                }
            }

            var byAccessKey = new Dictionary<string, Entry>(StringComparer.Ordinal);
            var accounts = new List<(string UserName, Entry Entry)>();
            var secrets = new List<Entry>();
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

                if (one.ServiceAccount is { } account)
                {
                    accounts.Add((account.UserName, new Entry(project, [account.Secret])));
                }

                if (one.ProjectSecret is { } secret)
                {
                    secrets.Add(new Entry(project, [secret]));
                }
            }

            if (byId.Values.FirstOrDefault(project => !byAccessKey.ContainsKey(project.AccessKey)) is { } closed)
            {
                throw new ArgumentException($"Project \"{closed.Id}\" has no credentials.", nameof(credentials));
            }

            var byAccount = accounts.GroupBy(a => a.UserName, StringComparer.Ordinal)
                .ToFrozenDictionary(a => a.Key, a => (IReadOnlyList<Entry>)[.. a.Select(e => e.Entry)], StringComparer.Ordinal);
            return new Snapshot(
                byId.ToFrozenDictionary(StringComparer.Ordinal), byToken.ToFrozenDictionary(StringComparer.Ordinal),
                byAccessKey.ToFrozenDictionary(StringComparer.Ordinal), byAccount, secrets);
        }
    }
}
