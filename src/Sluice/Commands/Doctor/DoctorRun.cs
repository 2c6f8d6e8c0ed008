using System.Data.Common;
using System.Globalization;
using Sluice.Configuration;
using Sluice.Core.Doctor;
using Sluice.Core.Management;
using Sluice.Hosting;
using Sluice.Storage;

namespace Sluice.Commands.Doctor;

/// <summary>Looks at everything once, within a time.</summary>
internal sealed class DoctorRun(CommandHost host, string? config, string? onlyProject, bool offline, TimeSpan limit)
{
    private readonly Findings _findings = new();

    /// <exception cref="CommandException">There is no such project.</exception>
    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        var loaded = ConfigLoader.Load(ConfigFile.Find(config, host.Environment), host.Environment);
        foreach (var (problem, kind) in loaded.Problems.Select(p => (p, FindingCatalogue.ConfigInvalid)).Concat(loaded.Warnings.Select(p => (p, FindingCatalogue.ConfigDoubtful))))
        {
            _findings.Add(kind, project: null, Place(loaded.File, problem));
        }

        if (loaded.Settings is not { } settings)
        {
            return _findings.All;
        }

        List<ProjectSettings> declared = [.. settings.Projects.Where(p => onlyProject is null || p.Id == onlyProject)];
        if (declared.Count == 0)
        {
            throw new CommandException(ExitCode.NotFound, $"The config has no project '{onlyProject}'. It has: {string.Join(", ", settings.Projects.Select(p => p.Id))}.");
        }

        using var clock = new CancellationTokenSource(limit, host.Time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        using var http = new HttpClient(host.Http()) { Timeout = Timeout.InfiniteTimeSpan };
        var found = new LookedAtStore(null, null, Exists: true);
        await CheckAsync("the store", null, async token => found = await StoreChecks.OpenAsync(settings, host.Time, _findings, token), deadline.Token, cancellationToken);
        await using (found.Store)
        {
            await using var tokens = found is { Store: { } opened, MasterKey: { } key } ? new MixpanelTokens(opened.Authorisations, key, Guid.NewGuid().ToString("n"), http, host.Time) : null;
            var projects = new List<ProjectSettings>();
            foreach (var project in declared)
            {
                var connected = project;
                await CheckAsync(
                    $"what project {project.Id} has connected", project.Id, async token => connected = await ConnectedAsync(project, found, token), deadline.Token, cancellationToken);
                projects.Add(connected);
            }

            var checks = projects.SelectMany(p => ChecksOf(new DoctorContext(settings, p, found.Store, tokens, found.Store is not null || !found.Exists, http, host.Time, _findings))).ToList();
            if (!offline && settings.Server.PublicUrl is { } address)
            {
                checks.Add(("server.public_url", null, token => ReachChecks.OwnAddressAsync(address, http, host.Time, _findings, token)));
            }
            else if (settings.Server.PublicUrl is null && projects.Exists(p => p.Brevo is not null))
            {
                _findings.Add(FindingCatalogue.PublicAddressMissing, project: null, "server.public_url is not set.");
            }

            await Task.WhenAll(checks.Select(c => CheckAsync(c.What, c.Project, c.Work, deadline.Token, cancellationToken)));
        }

        return _findings.All;
    }

    /// <summary>The project with what the management API has connected and paused.</summary>
    private async Task<ProjectSettings> ConnectedAsync(ProjectSettings declared, LookedAtStore found, CancellationToken cancellationToken)
    {
        if (found is not { Store: { } store, MasterKey: { } key })
        {
            return declared;
        }

        ProjectSettings project;
        try
        {
            project = await new ConnectedSettings(store.Connectors, new SecretBox(key)).OfAsync(declared, cancellationToken);
        }
        catch (StartException e)
        {
            _findings.Add(FindingCatalogue.MasterKeyWrong, declared.Id, e.Message);
            return declared;
        }

        foreach (var paused in new[] { project.MixpanelPaused ? "mixpanel" : null, project.BrevoPaused ? "brevo" : null }.OfType<string>())
        {
            _findings.Add(FindingCatalogue.ConnectorPaused, declared.Id, $"{paused} is paused.");
        }

        return project;
    }

    private List<(string What, string? Project, Func<CancellationToken, Task> Work)> ChecksOf(DoctorContext context)
    {
        var id = context.Project.Id;
        List<(string, string?, Func<CancellationToken, Task>)> checks = [($"the data of project {id}", id, token => DataChecks.RunAsync(context, token))];
        if (!offline)
        {
            checks.Add(($"Mixpanel's hosts for project {id}", id, token => ReachChecks.MixpanelAsync(context, token)));
            checks.Add(($"Mixpanel for project {id}", id, token => MixpanelChecks.RunAsync(context, token)));
            checks.Add(($"Mixpanel's ingestion for project {id}", id, token => IngestionChecks.RunAsync(context, token)));
            checks.Add(($"Brevo for project {id}", id, token => BrevoChecks.RunAsync(context, token)));
        }

        return checks;
    }

    /// <summary>One check that cannot be made takes no other with it.</summary>
    private async Task CheckAsync(string what, string? project, Func<CancellationToken, Task> work, CancellationToken deadline, CancellationToken caller)
    {
        try
        {
            await work(deadline).WaitAsync(deadline);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            _findings.Add(FindingCatalogue.Unchecked, project: null, string.Create(CultureInfo.InvariantCulture, $"The {limit.TotalSeconds:0} s were over before {what} was looked at to the end."));
        }
        catch (Exception e) when (e is StoreBusyException or DbException)
        {
            _findings.Add(FindingCatalogue.StoreUnreachable, project: null, $"Reading {what} failed: {e.InnerException?.Message ?? e.Message}");
        }
        catch (StartException e)
        {
            // The config reads well, and what it says cannot be done.
            _findings.Add(FindingCatalogue.ConfigInvalid, project, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _findings.Add(FindingCatalogue.Unchecked, project, $"Looking at {what} failed: {e.Message}");
        }
    }

    private static string Place(string file, ConfigProblem problem) => string.Create(
        CultureInfo.InvariantCulture,
        $"{file}{(problem.Line == 0 ? "" : $":{problem.Line}")}: {(problem.Key.Length == 0 ? "" : $"{problem.Key} ")}{problem.Message}; {problem.Remedy}");
}
