using System.CommandLine;
using Sluice.Hosting;

namespace Sluice.Commands.Profiles;

/// <summary><c>sluice profiles</c></summary>
internal static class ProfilesCommand
{
    public static Command Create(CommandHost host) =>
        new("profiles", "Says all that is known of a person, and erases people.") { ProfilesGet.Create(host), ProfilesDelete.Create(host), Token(host) };

    public static Argument<string> Id() => new("DISTINCT_ID") { Description = "Any of the person's distinct ids, exactly as Mixpanel sends it." };

    private static Command Token(CommandHost host) => ProjectCommand.Add(
        new Command("token", "Prints the bearer token that opens the project's /api/app/data-deletions and /api/app/data-retrievals."), host,
        async (session, _, cancellationToken) =>
        {
            var stored = await session.Store.Projects.FindAsync(session.Project, cancellationToken)
                ?? throw new CommandException(ExitCode.NotFound, $"The store has no project {session.Project} yet: start 'sluice serve' once.");
            var server = session.Settings.Server;
            var token = MasterKey.ErasureToken(MasterKey.Load(server.MasterKey?.Reveal(), server.DataDirectory), stored);
            if (session.Json)
            {
                session.Console.Json(new TokenAnswer(session.Project, token), ProfilesJson.Readable.TokenAnswer);
            }
            else
            {
                session.Console.Line(token);
            }

            session.Console.Tell("Whoever has it can fetch and erase everybody of the project. It changes with the project's secret key.");
            return ExitCode.Ok;
        });
}
