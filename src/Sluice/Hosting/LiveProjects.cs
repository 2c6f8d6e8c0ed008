using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Sluice.Configuration;
using Sluice.Core.Projects;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>
/// The projects as they run: what the config file declares, with what was connected and which keys were made since. Every node looks
/// whether another one has changed something.
/// </summary>
internal sealed class LiveProjects
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Live> _projects = new(StringComparer.Ordinal);
    private readonly Turns _changing = new();

    // Projects whose work does not go on with their settings yet, with what was last told of the reason.
    private readonly ConcurrentDictionary<string, string> _owed = new(StringComparer.Ordinal);
    private readonly Store _store;
    private readonly ConnectedSettings _connected;
    private readonly SecretHasher _hasher;
    private readonly byte[] _masterKey;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Func<ProjectSettings, Task> _work = _ => Task.CompletedTask;

    private LiveProjects(Store store, ConnectedSettings connected, byte[] masterKey, TimeProvider time, ILogger logger)
    {
        _store = store;
        _connected = connected;
        _masterKey = masterKey;
        _hasher = new SecretHasher(masterKey);
        _time = time;
        _logger = logger;
        Directory = new ProjectDirectory([], [], _hasher, time);
    }

    public ProjectDirectory Directory { get; }

    public ConnectedSettings Connected => _connected;

    public SecretHasher Hasher => _hasher;

    /// <summary>Every project with what is connected now.</summary>
    public IReadOnlyList<ProjectSettings> Settings
    {
        get
        {
            lock (_projects)
            {
                return [.. _projects.Values.Select(p => p.Settings)];
            }
        }
    }

    /// <param name="announce">Is told keys that were made.</param>
    public static async Task<LiveProjects> StartAsync(
        IReadOnlyList<ProjectSettings> declared, Store store, byte[] masterKey, TimeProvider time, ILogger logger, Action<string> announce, CancellationToken cancellationToken)
    {
        var live = new LiveProjects(store, new ConnectedSettings(store.Connectors, new Core.Management.SecretBox(masterKey)), masterKey, time, logger);
        await ProjectSetup.WriteAsync(declared, store.Projects, live._hasher, announce, cancellationToken);
        var revisions = await store.Connectors.RevisionsAsync(cancellationToken);
        foreach (var project in declared)
        {
            live._projects[project.Id] = await live.ReadAsync(project, revisions[project.Id], cancellationToken);
        }

        live.Publish();
        return live;
    }

    /// <summary>The project with what is connected now; null when the config has none of this id.</summary>
    public ProjectSettings? Find(string project)
    {
        lock (_projects)
        {
            return _projects.GetValueOrDefault(project)?.Settings;
        }
    }

    /// <summary>The project as the file declares it.</summary>
    public ProjectSettings Declared(string project)
    {
        lock (_projects)
        {
            return _projects[project].Declared;
        }
    }

    /// <summary>Whether a bearer is the one that opens the project's erasures.</summary>
    public bool AcceptsErasureToken(string project, string bearer)
    {
        Live? live;
        lock (_projects)
        {
            live = _projects.GetValueOrDefault(project);
        }

        return live is not null && CryptographicOperations.FixedTimeEquals(live.ErasureToken, SHA256.HashData(Encoding.UTF8.GetBytes(bearer)));
    }

    /// <summary>Says what to do with a project whose settings have changed.</summary>
    public void OnChange(Func<ProjectSettings, Task> work) => _work = work;

    /// <summary>Looks for changes of other nodes, until the end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(LookEvery, _time, cancellationToken));
            try
            {
                await RefreshAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // What was known goes on; the next look comes soon.
                NodeLog.ProjectsNotRead(_logger, e.Message, e);
            }
        }
    }

    /// <summary>Takes up a change that was made here. It stands, whatever happens now: what fails is tried again at the next look.</summary>
    public async Task FollowAsync(string project)
    {
        try
        {
            await RefreshAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            _owed.TryAdd(project, "");
            NodeLog.ProjectsNotRead(_logger, e.Message, e);
        }
    }

    /// <summary>Why this node does not work with a project as it is stored; null when it does.</summary>
    public string? PendingOf(string project) => _owed.TryGetValue(project, out var reason)
        ? $"It is stored, and this node does not work with it yet; it tries again every few seconds. {reason}".TrimEnd()
        : null;

    /// <summary>Takes up what has changed in the store, project by project: what fails for one of them is tried again at the next look.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var revisions = await _store.Connectors.RevisionsAsync(cancellationToken);
            List<Live> before;
            lock (_projects)
            {
                before = [.. _projects.Values.Where(p => revisions.GetValueOrDefault(p.Declared.Id) != p.Revision || _owed.ContainsKey(p.Declared.Id))];
            }

            foreach (var old in before)
            {
                var id = old.Declared.Id;
                try
                {
                    await TakeUpAsync(old, revisions[id], cancellationToken);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    // What the store says of its trouble is for the log.
                    var reason = e is StartException ? e.Message : "The log says why.";
                    if (_owed.GetValueOrDefault(id) != reason)
                    {
                        NodeLog.ProjectNotExchanged(_logger, id, e.Message, e);
                    }

                    _owed[id] = reason;
                }
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task TakeUpAsync(Live old, long revision, CancellationToken cancellationToken)
    {
        var id = old.Declared.Id;
        var fresh = revision == old.Revision ? old : await ReadAsync(old.Declared, revision, cancellationToken);
        if (fresh.Settings != old.Settings)
        {
            // Owed until it has happened: what is known here already would not be looked at again.
            _owed.TryAdd(id, "");
            NodeLog.ConnectorsChanged(_logger, id);
        }

        lock (_projects)
        {
            _projects[id] = fresh;
        }

        Publish();
        if (_owed.ContainsKey(id))
        {
            await _work(fresh.Settings);
            _owed.TryRemove(id, out _);
        }
    }

    private async Task<Live> ReadAsync(ProjectSettings declared, long revision, CancellationToken cancellationToken)
    {
        var stored = (await _store.Projects.FindAsync(declared.Id, cancellationToken))!;
        var settings = await _connected.OfAsync(declared, cancellationToken);
        var keys = await _store.ProjectKeys.ListAsync(declared.Id, cancellationToken);
        return new Live(
            declared, settings, ProjectSetup.Running(settings, stored), ProjectSetup.Credentials(settings, stored, keys, _hasher), revision,
            SHA256.HashData(Encoding.ASCII.GetBytes(MasterKey.ErasureToken(_masterKey, stored))));
    }

    private void Publish()
    {
        lock (_projects)
        {
            // Two projects may have connected one token at the same time, on two nodes. It opens one of them: the one of the file, or the first by id.
            var tokens = new HashSet<string>(StringComparer.Ordinal);
            var running = _projects.Values.OrderBy(p => p.Declared.Mixpanel?.ProjectToken is null).ThenBy(p => p.Declared.Id, StringComparer.Ordinal)
                .Select(p => p.Project.Token is { } token && !tokens.Add(token) ? p.Project with { Token = null } : p.Project).ToList();
            Directory.Replace(running, _projects.Values.Select(p => p.Credentials));
        }
    }

    private sealed record Live(
        ProjectSettings Declared, ProjectSettings Settings, Project Project, ProjectCredentials Credentials, long Revision, byte[] ErasureToken);
}
