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

    public static SuppressionAnswer Answer(SuppressionEntry entry) => new(entry.Email, entry.Phone, entry.List, entry.Reason, entry.Source, entry.At);

    public static void Write(CommandConsole console, IReadOnlyList<SuppressionEntry> entries) => console.Table(
        ["Since", "Email or phone", "List", "Reason", "Source"],
        [.. entries.Select(e => (IReadOnlyList<string?>)
            [CommandConsole.Time(e.At), Named(e) ?? "(the person)", e.List == 0 ? "all" : e.List.ToString(CultureInfo.InvariantCulture), e.Reason, e.Source])]);

    private static Command List(CommandHost host)
    {
        var limit = CommonOptions.Limit(100, "suppressions");
        var command = new Command("list", "Shows suppressed addresses and numbers, newest first.") { limit };
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
        var subject = Subject();
        var list = new Option<long>("--list") { Description = "Only for this Brevo list. Default: for all.", DefaultValueFactory = _ => 0 };
        var reason = new Option<string>("--reason") { Description = "Why, as a word. Default: manual.", DefaultValueFactory = _ => "manual" };
        var command = new Command("add", "Suppresses an address or a number and everyone who has it. The person is taken off the lists, and stays off.") { subject, list, reason };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var (email, phone) = Normalise(parsed.GetValue(subject)!);
            var entry = new SuppressionEntry(email, null, parsed.GetValue(list), parsed.GetValue(reason)!, "hand", session.Host.Time.GetUtcNow()) { Phone = phone };
            await session.Store.Suppressions.AddAsync(session.Project, [entry], cancellationToken);
            if (session.Json)
            {
                session.Console.Json(new SuppressionListAnswer(session.Project, [Answer(entry)]), AnswerJson.Readable.SuppressionListAnswer);
            }
            else
            {
                session.Console.Line($"{Named(entry)} is suppressed {(entry.List == 0 ? "for all lists" : string.Create(CultureInfo.InvariantCulture, $"for list {entry.List}"))}.");
            }

            return ExitCode.Ok;
        });
    }

    private static Command Remove(CommandHost host)
    {
        var subject = Subject();
        var command = new Command("remove", "Takes back every suppression of an address or a number. Brevo's own block of the contact is not lifted.") { subject };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var (email, phone) = Normalise(parsed.GetValue(subject)!);
            var named = email ?? Written(phone);
            var removed = await session.Store.Suppressions.RemoveAsync(session.Project, named!, cancellationToken);
            if (removed == 0)
            {
                throw new CommandException(ExitCode.NotFound, $"{named} is not suppressed. 'sluice suppressions list' shows who is.");
            }

            if (session.Json)
            {
                session.Console.Json(new SuppressionRemovedAnswer(session.Project, email, phone, removed), AnswerJson.Readable.SuppressionRemovedAnswer);
            }
            else
            {
                session.Console.Line($"{named} is suppressed no longer.");
            }

            session.Console.Tell("If Brevo itself shows the contact as blocklisted, the suppression comes back with the next look at Brevo's contacts: lift it there first.");
            return ExitCode.Ok;
        });
    }

    private static Argument<string> Subject() => new("EMAIL|PHONE") { Description = "An e-mail address, or a phone number with its country code (+49…)." };

    private static string? Named(SuppressionEntry entry) => entry.Email ?? Written(entry.Phone);

    private static string? Written(string? phone) => phone is null ? null : "+" + phone;

    private static (string? Email, string? Phone) Normalise(string subject)
    {
        if (EmailAddress.TryNormalise(subject, out var address, out var notEmail))
        {
            return (address, null);
        }

        // Whoever writes an @ means an address, and is told what is wrong with it.
        if (PhoneNumber.TryNormalise(subject, out var number, out var notPhone))
        {
            return (null, number);
        }

        throw new CommandException(
            ExitCode.Usage,
            subject.Contains('@', StringComparison.Ordinal) || notPhone == ContactReason.Malformed
                ? $"'{subject}' is not an e-mail address ({notEmail})."
                : $"'{subject}' is not a phone number with a country code ({notPhone}).");
    }
}
