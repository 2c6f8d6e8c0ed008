using System.Data.Common;
using System.Globalization;
using Sluice.Configuration;
using Sluice.Core.Doctor;
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

        List<ProjectSettings> projects = [.. settings.Projects.Where(p => onlyProject is null || p.Id == onlyProject)];
        if (projects.Count == 0)
        {
            throw new CommandException(ExitCode.NotFound, $"The config has no project '{onlyProject}'. It has: {string.Join(", ", settings.Projects.Select(p => p.Id))}.");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        using var http = new HttpClient(host.Http()) { Timeout = Timeout.InfiniteTimeSpan };
        var exists = true;
        Store? store = null;
        await CheckAsync("the store", async token => (store, exists) = await StoreChecks.OpenAsync(settings, host.Time, _findings, token), deadline.Token, cancellationToken);
        await using (store)
        {
            var checks = projects.SelectMany(p => ChecksOf(new DoctorContext(settings, p, store, store is not null || !exists, http, host.Time, _findings))).ToList();
            if (!offline && settings.Server.PublicUrl is { } address)
            {
                checks.Add(("server.public_url", token => ReachChecks.OwnAddressAsync(address, http, _findings, token)));
            }
            else if (settings.Server.PublicUrl is null && projects.Exists(p => p.Brevo is not null))
            {
                _findings.Add(FindingCatalogue.PublicAddressMissing, project: null, "server.public_url is not set.");
            }

            await Task.WhenAll(checks.Select(c => CheckAsync(c.What, c.Work, deadline.Token, cancellationToken)));
        }

        return _findings.All;
    }

    private List<(string What, Func<CancellationToken, Task> Work)> ChecksOf(DoctorContext context)
    {
        var id = context.Project.Id;
        List<(string, Func<CancellationToken, Task>)> checks = [($"the data of project {id}", token => DataChecks.RunAsync(context, token))];
        if (!offline)
        {
            checks.Add(($"Mixpanel's hosts for project {id}", token => ReachChecks.MixpanelAsync(context, token)));
            checks.Add(($"Mixpanel for project {id}", token => MixpanelChecks.RunAsync(context, token)));
            checks.Add(($"Brevo for project {id}", token => BrevoChecks.RunAsync(context, token)));
        }

        return checks;
    }

    /// <summary>One check that cannot be made takes no other with it.</summary>
    private async Task CheckAsync(string what, Func<CancellationToken, Task> work, CancellationToken deadline, CancellationToken caller)
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
    }

    private static string Place(string file, ConfigProblem problem) => string.Create(
        CultureInfo.InvariantCulture,
        $"{file}{(problem.Line == 0 ? "" : $":{problem.Line}")}: {(problem.Key.Length == 0 ? "" : $"{problem.Key} ")}{problem.Message}; {problem.Remedy}");
}
