using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Sluice.Configuration;
using Sluice.Core.Erasure;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Campaigns;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>What goes on beside the requests, project by project.</summary>
internal sealed class NodeWork
{
    private readonly ConcurrentDictionary<string, ProjectWork> _projects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (CancellationTokenSource Stop, Task Work)> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _webhookTokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, bool> _beside = new();
    private readonly Turns _changing = new();
    private readonly NodeParts _parts;
    private CancellationToken _stopping;
    private bool _started;

    public NodeWork(
        SluiceSettings settings, IEnumerable<ProjectSettings> projects, byte[] masterKey, Store store, HttpClient http, HttpClient hooks, ILoggerFactory loggers, TimeProvider time)
    {
        // Who restarts on an embedded store goes on at once with what it was doing; among several nodes the lease of a dead one has to run out.
        var owner = settings.Storage.Engine == StorageEngine.Postgres ? $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():n}" : "embedded";
        var tokens = new MixpanelTokens(store.Authorisations, masterKey, owner, http, time);
        _parts = new NodeParts(settings, masterKey, store, http, tokens, hooks, new Scrubber(store.ScrubAsync, time), owner, loggers.CreateLogger("Sluice.Node"), time);
        foreach (var project in projects)
        {
            _webhookTokens[project.Id] = project.UnconnectedBrevo.WebhookToken?.Reveal() ?? MasterKey.WebhookToken(masterKey, project.Id);
            _projects[project.Id] = Make(project);
        }

        var campaigns = new CampaignIntake(new WakingEvents(store.Events, Changed, EventsCame), store.PeopleByAddress, store.IntakeCounts, time);
        BrevoInbox = new BrevoInbox(_webhookTokens, store.Suppressions, campaigns, (project, token) => Find(project)?.JobEnded(token), time);
    }

    public BrevoInbox BrevoInbox { get; }

    /// <summary>Under which name this node holds leases.</summary>
    public string Owner => _parts.Owner;

    /// <summary>Opens Mixpanel where a project has OAuth.</summary>
    public MixpanelTokens Tokens => _parts.Tokens;

    /// <summary>The node stops.</summary>
    public CancellationToken Stopping => _stopping;

    /// <summary>The work of a project as it runs now.</summary>
    public ProjectWork? Find(string project) => _projects.GetValueOrDefault(project);

    /// <summary>A page of the project has been taken.</summary>
    public void Taken(string project) => Find(project)?.Taken();

    /// <summary>People of the project have changed otherwise.</summary>
    public void Changed(string project) => Find(project)?.Changed();

    /// <summary>Events of the project have come.</summary>
    public void EventsCame(string project) => Find(project)?.EventsCame();

    /// <summary>Somebody is to be erased.</summary>
    public void ErasureAsked(string project) => Find(project)?.ErasureAsked();

    /// <summary>Begins the work; it ends with the token.</summary>
    public async Task StartAsync(CancellationToken stopping)
    {
        await _changing.WaitAsync(stopping);
        _stopping = stopping;
        _started = true;
        foreach (var project in _projects.Values)
        {
            Run(project);
        }

        _changing.Release();
    }

    /// <summary>Makes a project's work without beginning it, to see whether it can be done.</summary>
    /// <exception cref="StartException">It cannot.</exception>
    public ProjectWork Make(ProjectSettings project) => new(project, _webhookTokens[project.Id], _parts);

    /// <summary>
    /// Ends a project's work, step by step, and begins it with other settings. What was under way goes on from the store. Settings that
    /// cannot be worked with end it all the same: then the project rests as if it were paused, and the same may be asked again.
    /// </summary>
    /// <exception cref="StartException">The settings ask for something that cannot be done; the project rests.</exception>
    public async Task ReplaceAsync(ProjectSettings settings)
    {
        await _changing.WaitAsync(CancellationToken.None);
        try
        {
            var (next, refusal) = MakeOrRest(settings);
            if (refusal is null || Find(settings.Id)?.Settings != next.Settings)
            {
                await ExchangeAsync(next);
            }

            if (refusal is not null)
            {
                throw refusal;
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Has the end of all work wait for something that goes on beside it, and sees itself that the node ends.</summary>
    public void Beside(Task task)
    {
        _beside[task] = true;
        _ = task.ContinueWith(t => _beside.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private (ProjectWork Next, StartException? Refusal) MakeOrRest(ProjectSettings settings)
    {
        try
        {
            return (Make(settings), null);
        }
        catch (StartException e)
        {
            // Nothing goes on as it was: what has changed may be a pause, or a key that was taken away. Erasures go on.
            return (Make(settings with { BrevoPaused = true, MixpanelPaused = true, Pull = null, Webhooks = [] }), e);
        }
    }

    private async Task ExchangeAsync(ProjectWork next)
    {
        await EndAsync(next.Settings.Id);
        await Forwarding.GoOnAsync(next.Settings, _parts.Store, CancellationToken.None);
        _projects[next.Settings.Id] = next;
        if (_started && !_stopping.IsCancellationRequested)
        {
            Run(next);
        }
    }

    /// <summary>Waits for the end of all work, after the token has asked for it.</summary>
    public async Task EndAsync()
    {
        await _changing.WaitAsync(CancellationToken.None);
        foreach (var project in _running.Keys)
        {
            await EndAsync(project);
        }

        await Task.WhenAll(_beside.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Tokens.DisposeAsync();

        // The token says that nothing begins again.
        _changing.Release();
    }

    private async Task EndAsync(string project)
    {
        if (_running.TryRemove(project, out var running))
        {
            await running.Stop.CancelAsync();
            await running.Work;
            running.Stop.Dispose();
        }
    }

    private void Run(ProjectWork project)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        _running[project.Settings.Id] = (stop, project.RunAsync(stop.Token));
    }
}
