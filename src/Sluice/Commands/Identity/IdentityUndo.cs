using System.CommandLine;
using Sluice.Commands.Output;
using Sluice.Core.Identity;

namespace Sluice.Commands.Identity;

/// <summary><c>sluice identity undo</c></summary>
internal static class IdentityUndo
{
    public static Command Create(CommandHost host)
    {
        var claim = new Argument<string>("CLAIM") { Description = "Which claim, by the name that 'sluice identity show' gives it." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Does it. Without it the command only shows who would be left." };
        var command = new Command("undo", "Takes back a claim that was followed. It is not followed again, however often it is said.") { claim, yes };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            await RunAsync(session, parsed.GetValue(claim)!, parsed.GetValue(yes), cancellationToken);
            return ExitCode.Ok;
        });
    }

    private static async Task RunAsync(ProjectSession session, string claim, bool yes, CancellationToken cancellationToken)
    {
        IIdentities identities = session.Store.Identities;
        if (await identities.PreviewUndoAsync(session.Project, claim, cancellationToken) is not { } people
            || (yes && !await identities.UndoAsync(session.Project, claim, cancellationToken)))
        {
            throw new CommandException(
                ExitCode.NotFound, $"Project {session.Project} has no claim '{claim}' that is in force. 'sluice identity show DISTINCT_ID' shows what was claimed and what became of it.");
        }

        var answer = new UndoAnswer(session.Project, claim, yes, [.. people.Select(IdentityCommand.Answer)]);
        if (session.Json)
        {
            session.Console.Json(answer, AnswerJson.Readable.UndoAnswer);
        }
        else
        {
            session.Console.Table(
                [yes ? "Person" : "Person then", ">Ids", "Which"],
                [.. answer.People.Select(p => (IReadOnlyList<string?>)[p.SpeaksForAll, CommandConsole.Number(p.Ids.Count), Shown(p.Ids)])]);
        }

        if (people.Count == 1)
        {
            session.Console.Tell("Other claims still join all of them: nobody comes apart before those are taken back too.");
        }

        session.Console.Tell(yes
            ? "It is taken back. Contacts and lists follow at once where a server runs, else with its next start."
            : "Nothing was done. Add --yes to do it.");
    }

    private static string Shown(IReadOnlyList<string> ids)
    {
        const int most = 5;
        return string.Join(", ", ids.Take(most)) + (ids.Count > most ? FormattableString.Invariant($" and {ids.Count - most} more") : "");
    }
}
