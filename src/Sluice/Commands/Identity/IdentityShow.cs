using System.CommandLine;
using Sluice.Commands.Output;

namespace Sluice.Commands.Identity;

/// <summary><c>sluice identity show</c></summary>
internal static class IdentityShow
{
    public static Command Create(CommandHost host)
    {
        var id = new Argument<string>("DISTINCT_ID") { Description = "Any id of the person, exactly as Mixpanel sends it; a device with $device: before it." };
        var command = new Command("show", "Shows the ids of a person, what was claimed about them, and what became of each claim.") { id };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            await RunAsync(session, parsed.GetValue(id)!, cancellationToken);
            return ExitCode.Ok;
        });
    }

    private static async Task RunAsync(ProjectSession session, string id, CancellationToken cancellationToken)
    {
        var person = await session.Store.Identities.FindAsync(session.Project, id, cancellationToken);
        var claims = await session.Store.Identities.ClaimsOfAsync(session.Project, [.. person.Ids.Select(i => i.Key)], cancellationToken);
        if (claims.Count == 0)
        {
            throw new CommandException(
                ExitCode.NotFound,
                $"Nothing was ever claimed about '{id}' in project {session.Project}: if there is such an id, it is a person of its own. Ids are compared as Mixpanel sends them.");
        }

        var answer = new IdentityAnswer(session.Project, id, IdentityCommand.Answer(person), [.. claims.Select(IdentityCommand.Answer)]);
        if (session.Json)
        {
            session.Console.Json(answer, AnswerJson.Readable.IdentityAnswer);
            return;
        }

        session.Console.Line($"{answer.Person.SpeaksForAll} speaks for {CommandConsole.Number(answer.Person.Ids.Count)} {(answer.Person.Ids.Count == 1 ? "id" : "ids")}");
        foreach (var known in answer.Person.Ids)
        {
            session.Console.Line($"  {known}");
        }

        session.Console.Line();
        session.Console.Table(
            ["Claim", "Since", "Kind", "Id", "Other id", "State", "Reason"],
            [.. answer.Claims.Select(c => (IReadOnlyList<string?>)[c.Claim, CommandConsole.Time(c.At), c.Kind, c.Id, c.Other, c.State, c.Reason])]);
    }
}
