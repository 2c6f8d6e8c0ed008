using System.CommandLine;
using System.Data.Common;
using Sluice.Commands.Output;
using Sluice.Configuration;
using Sluice.Core.Management;
using Sluice.Hosting;
using Sluice.Storage;

namespace Sluice.Commands;

/// <summary>A command about one project, working on the store that the config names: no running server is needed, and one does not mind.</summary>
internal sealed class ProjectCommand
{
    private readonly CommandHost _host;
    private readonly Option<string?> _config = CommonOptions.Config();
    private readonly Option<string?> _project = CommonOptions.Project();
    private readonly Option<OutputFormat> _format = CommonOptions.Format();

    private ProjectCommand(CommandHost host) => _host = host;

    /// <summary>Gives a command its common options and its work.</summary>
    public static Command Add(Command command, CommandHost host, Func<ProjectSession, ParseResult, CancellationToken, Task<int>> work)
    {
        var common = new ProjectCommand(host);
        command.Add(common._project);
        command.Add(common._config);
        command.Add(common._format);
        command.SetAction((parsed, cancellationToken) => common.RunAsync(parsed, work, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(
        ParseResult parsed, Func<ProjectSession, ParseResult, CancellationToken, Task<int>> work, CancellationToken cancellationToken)
    {
        var error = parsed.InvocationConfiguration.Error;
        try
        {
            if (await CommonOptions.LoadAsync(parsed.GetValue(_config), _host.Environment, error, cancellationToken) is not { } settings)
            {
                return ExitCode.Config;
            }

            var declared = Find(settings, parsed.GetValue(_project));
            await using var store = await OpenAsync(settings, cancellationToken);
            var masterKey = MasterKey.Load(settings.Server.MasterKey?.Reveal(), settings.Server.DataDirectory);
            var project = await new ConnectedSettings(store.Connectors, new SecretBox(masterKey)).OfAsync(declared, cancellationToken);
            var console = new CommandConsole(parsed.InvocationConfiguration.Output, error);

            // A server may be at work beside this process: it takes turns with it.
            using var http = new HttpClient(_host.Http()) { Timeout = Timeout.InfiniteTimeSpan };
            await using var tokens = new MixpanelTokens(store.Authorisations, masterKey, Guid.NewGuid().ToString("n"), http, _host.Time);
            return await work(new ProjectSession(settings, project, store, console, parsed.GetValue(_format) == OutputFormat.Json, _host, tokens), parsed, cancellationToken);
        }
        catch (CommandException e)
        {
            await error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
        catch (StartException e)
        {
            await error.WriteLineAsync(e.Message);
            return ExitCode.Config;
        }
        catch (Exception e) when (e is StoreBusyException or DbException)
        {
            await error.WriteLineAsync($"The store cannot be used now: {e.InnerException?.Message ?? e.Message} Look whether it runs and can be reached, then try again.");
            return ExitCode.StoreUnavailable;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await error.WriteLineAsync("Stopped.");
            return ExitCode.Failed;
        }
    }

    private static ProjectSettings Find(SluiceSettings settings, string? id)
    {
        var known = string.Join(", ", settings.Projects.Select(p => p.Id));
        if (id is null)
        {
            return settings.Projects.Count == 1
                ? settings.Projects[0]
                : throw new CommandException(ExitCode.Usage, $"The config has several projects: say which with --project. They are: {known}.");
        }

        return settings.Projects.FirstOrDefault(p => p.Id == id)
            ?? throw new CommandException(ExitCode.NotFound, $"The config has no project '{id}'. It has: {known}.");
    }

    private async Task<Store> OpenAsync(SluiceSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Storage.Engine == StorageEngine.Sqlite && !File.Exists(Path.Combine(settings.Server.DataDirectory, "sluice.db")))
        {
            throw new CommandException(
                ExitCode.StoreUnavailable,
                $"There is no store in {settings.Server.DataDirectory}. 'sluice serve' makes it; if it is elsewhere, correct server.data in the config.");
        }

        try
        {
            return await SluiceNode.OpenStoreAsync(settings, _host.Time, cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            // The store is of a newer program.
            throw new CommandException(ExitCode.StoreUnavailable, e.Message);
        }
    }
}
