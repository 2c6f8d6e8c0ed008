using System.CommandLine;
using Sluice.Commands.Output;
using Sluice.Core.Delivery;

namespace Sluice.Commands;

/// <summary><c>sluice dead-letters</c></summary>
internal static class DeadLettersCommand
{
    public static Command Create(CommandHost host) => new("dead-letters", "Records that were refused for good and wait for a person.") { List(host), Retry(host) };

    public static LetterAnswer Answer(DeadLetter letter) =>
        new(letter.Id, letter.State, letter.Origin, letter.Reason, letter.Detail, letter.Subject, letter.Payload, letter.CreatedAt);

    private static Command List(CommandHost host)
    {
        var state = new Option<string>("--state") { Description = "open, retried or all. Default: open.", DefaultValueFactory = _ => "open" };
        state.AcceptOnlyFromAmong("open", "retried", "all");
        var limit = CommonOptions.Limit(100, "dead letters");
        var command = new Command("list", "Shows dead letters, newest first; --format json shows the refused records too.") { state, limit };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var wanted = parsed.GetValue(state);
            var letters = await session.Store.DeadLetters.ListAsync(session.Project, wanted == "all" ? null : wanted, parsed.GetValue(limit), cancellationToken);
            Write(session, letters);
            return ExitCode.Ok;
        });
    }

    private static Command Retry(CommandHost host)
    {
        var ids = new Argument<string[]>("ID") { Description = "Which ones, by id.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "All that are open." };
        var command = new Command("retry", "Lets records be tried again. Whoever delivers for the project takes them up.") { ids, all };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == (result.GetValue(ids) is { Length: > 0 }))
            {
                result.AddError("Give the ids of dead letters, or --all.");
            }
        });
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var wanted = (parsed.GetValue(ids) ?? []).Distinct(StringComparer.Ordinal).ToList();
            var retried = await session.Store.DeadLetters.RetryAsync(session.Project, wanted, cancellationToken);
            if (session.Json)
            {
                session.Console.Json(new RetryAnswer(session.Project, retried), AnswerJson.Readable.RetryAnswer);
            }
            else
            {
                session.Console.Line($"{retried} to be tried again.");
            }

            if (retried >= wanted.Count)
            {
                return ExitCode.Ok;
            }

            session.Console.Tell($"{wanted.Count - retried} of the {wanted.Count} ids are not those of open dead letters: 'sluice dead-letters list' shows what is open.");
            return retried == 0 ? ExitCode.NotFound : ExitCode.Partial;
        });
    }

    private static void Write(ProjectSession session, IReadOnlyList<DeadLetter> letters)
    {
        if (session.Json)
        {
            session.Console.Json(new LetterListAnswer(session.Project, [.. letters.Select(Answer)]), AnswerJson.Readable.LetterListAnswer);
        }
        else if (letters.Count == 0)
        {
            session.Console.Tell("There are no such dead letters.");
        }
        else
        {
            session.Console.Table(
                ["Id", "Since", "State", "Origin", "Reason", "Subject", "Detail"],
                [.. letters.Select(l => (IReadOnlyList<string?>)[l.Id, CommandConsole.Time(l.CreatedAt), l.State, l.Origin, l.Reason, l.Subject, l.Detail])]);
        }
    }
}
