using System.CommandLine;
using System.Globalization;
using Sluice.Commands.Output;
using Sluice.Core.Delivery;
using Sluice.Core.People.Contact;

namespace Sluice.Commands;

/// <summary><c>sluice suppressions</c></summary>
internal static class SuppressionsCommand
{
    public static Command Create(CommandHost host) =>
        new("suppressions", "People who must not be contacted; a suppression wins over every sync.") { List(host), Add(host), Remove(host) };

    public static SuppressionAnswer Answer(SuppressionEntry entry) => new(entry.Email, entry.List, entry.Reason, entry.Source, entry.At);

    public static void Write(CommandConsole console, IReadOnlyList<SuppressionEntry> entries) => console.Table(
        ["Since", "Email", "List", "Reason", "Source"],
        [.. entries.Select(e => (IReadOnlyList<string?>)
            [CommandConsole.Time(e.At), e.Email ?? "(the person)", e.List == 0 ? "all" : e.List.ToString(CultureInfo.InvariantCulture), e.Reason, e.Source])]);

    private static Command List(CommandHost host)
    {
        var limit = CommonOptions.Limit(100, "suppressions");
        var command = new Command("list", "Shows suppressed addresses, newest first.") { limit };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var entries = await session.Store.Suppressions.ListAsync(session.Project, parsed.GetValue(limit), cancellationToken);
            if (session.Json)
            {
                session.Console.Json(new SuppressionListAnswer(session.Project, [.. entries.Select(Answer)]), AnswerJson.Readable.SuppressionListAnswer);
            }
            else if (entries.Count == 0)
            {
                session.Console.Tell("Nobody is suppressed.");
            }
            else
            {
                Write(session.Console, entries);
            }

            return ExitCode.Ok;
        });
    }

    private static Command Add(CommandHost host)
    {
        var email = Email();
        var list = new Option<long>("--list") { Description = "Only for this Brevo list. Default: for all.", DefaultValueFactory = _ => 0 };
        var reason = new Option<string>("--reason") { Description = "Why, as a word. Default: manual.", DefaultValueFactory = _ => "manual" };
        var command = new Command("add", "Suppresses an address and everyone who has it. The person is taken off the lists, and stays off.") { email, list, reason };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var address = Normalise(parsed.GetValue(email)!);
            var entry = new SuppressionEntry(address, null, parsed.GetValue(list), parsed.GetValue(reason)!, "hand", session.Host.Time.GetUtcNow());
            await session.Store.Suppressions.AddAsync(session.Project, [entry], cancellationToken);
            if (session.Json)
            {
                session.Console.Json(new SuppressionListAnswer(session.Project, [Answer(entry)]), AnswerJson.Readable.SuppressionListAnswer);
            }
            else
            {
                session.Console.Line($"{address} is suppressed {(entry.List == 0 ? "for all lists" : string.Create(CultureInfo.InvariantCulture, $"for list {entry.List}"))}.");
            }

            return ExitCode.Ok;
        });
    }

    private static Command Remove(CommandHost host)
    {
        var email = Email();
        var command = new Command("remove", "Takes back every suppression of an address. Brevo's own block of the contact is not lifted.") { email };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var address = Normalise(parsed.GetValue(email)!);
            var removed = await session.Store.Suppressions.RemoveAsync(session.Project, address, cancellationToken);
            if (removed == 0)
            {
                throw new CommandException(ExitCode.NotFound, $"{address} is not suppressed. 'sluice suppressions list' shows who is.");
            }

            if (session.Json)
            {
                session.Console.Json(new SuppressionRemovedAnswer(session.Project, address, removed), AnswerJson.Readable.SuppressionRemovedAnswer);
            }
            else
            {
                session.Console.Line($"{address} is suppressed no longer.");
            }

            session.Console.Tell("If Brevo itself shows the contact as blocklisted, the suppression comes back with the next look at Brevo's contacts: lift it there first.");
            return ExitCode.Ok;
        });
    }

    private static Argument<string> Email() => new("EMAIL") { Description = "An e-mail address." };

    private static string Normalise(string email) => EmailAddress.TryNormalise(email, out var address, out var reason)
        ? address
        : throw new CommandException(ExitCode.Usage, $"'{email}' is not an e-mail address ({reason}).");
}
