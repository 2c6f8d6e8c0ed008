using Sluice.Commands.Output;
using Sluice.Core.Pull;
using Sluice.Hosting;

namespace Sluice.Commands.Cohorts;

/// <summary><c>sluice cohorts sync --pull</c>: asks Mixpanel for the cohort as it is now, before the list follows it.</summary>
internal static class CohortsFetch
{
    /// <returns>The cohort's id.</returns>
    public static async Task<string> RunAsync(ProjectSession session, string cohort, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(session.Host.Http()) { Timeout = Timeout.InfiniteTimeSpan };
        var fetch = Pulling.Fetch(session.Configured, session.Store, http, session.Tokens, session.Host.Time, taken: () => { })
            ?? throw new CommandException(
                ExitCode.Config, "Mixpanel cannot be asked: connectors.mixpanel needs a service_account, oauth, an oauth_token or a project_secret, and must not be disabled.");
        var fetched = await AskAsync(fetch, cohort, cancellationToken)
            ?? throw new CommandException(ExitCode.NotFound, $"Mixpanel has no cohort '{cohort}', or several of this name: give the id.");
        while (await session.Store.Settling.SettleAsync(session.Project, cancellationToken))
        {
            // Slice after slice, beside the server's own loop where one runs.
        }

        session.Console.Tell($"Fetched {fetched.Name} ({fetched.Id}): {CommandConsole.Number(fetched.People)} people in {CommandConsole.Number(fetched.Calls)} queries.");
        if (fetched.Note is { } note)
        {
            session.Console.Tell(note);
        }

        return fetched.Id;
    }

    private static async Task<FetchedCohort?> AskAsync(CohortFetch fetch, string cohort, CancellationToken cancellationToken)
    {
        try
        {
            return await fetch.FetchAsync(cohort, cancellationToken);
        }
        catch (MixpanelSourceException e)
        {
            throw new CommandException(ExitCode.Failed, $"Mixpanel did not give the cohort; it stays as it was. {e.Message}");
        }
    }
}
