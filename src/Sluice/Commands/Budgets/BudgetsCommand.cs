using System.CommandLine;
using System.Text.Json.Serialization;
using Sluice.Commands.Output;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Hosting;
using Sluice.Mixpanel.Client;

namespace Sluice.Commands.Budgets;

/// <summary><c>sluice budgets</c></summary>
internal static class BudgetsCommand
{
    // Ingestion is counted in parts of what a minute takes; a person thinks in what they send.
    private const long MegabytesAMinute = 2_000;

    private static readonly (MixpanelBudget Budget, string Name, string Unit)[] Families =
    [
        (MixpanelBudget.Query, "query", "calls an hour"), (MixpanelBudget.Export, "export", "calls an hour"), (MixpanelBudget.Ingestion, "ingestion", "MB a minute"),
        (MixpanelBudget.Gdpr, "gdpr", "calls a second"), (MixpanelBudget.Schemas, "schemas", "calls a minute"),
    ];

    public static Command Create(CommandHost host)
    {
        var command = new Command("budgets", "Shows what is left of the budgets that Mixpanel gives a project, and when more comes. Asks nobody.");
        return ProjectCommand.Add(command, host, async (session, _, cancellationToken) =>
        {
            if (session.Configured.Mixpanel is not { } mixpanel)
            {
                throw new CommandException(ExitCode.Config, $"Project {session.Project} has no connectors.mixpanel.");
            }

            var budgets = new MixpanelBudgets(session.Store.PermitBooks, MixpanelAccess.AccountsOf(mixpanel), host.Time);
            var answers = new List<BudgetAnswer>(Families.Length);
            foreach (var (budget, name, unit) in Families)
            {
                answers.Add(Answer(await budgets.ReadAsync(budget, cancellationToken), name, unit));
            }

            Write(session, answers);
            return ExitCode.Ok;
        });
    }

    private static BudgetAnswer Answer(MixpanelBudgetReading reading, string name, string unit) => reading.Budget == MixpanelBudget.Ingestion
        ? new BudgetAnswer(name, unit, MegabytesAMinute, MegabytesAMinute * reading.Left / reading.Limit, 0, null, reading.MoreAt, reading.HeldUntil)
        : new BudgetAnswer(name, unit, reading.Limit, reading.Left, reading.Reserved, reading.Running, reading.MoreAt, reading.HeldUntil);

    private static void Write(ProjectSession session, IReadOnlyList<BudgetAnswer> answers)
    {
        if (session.Json)
        {
            session.Console.Json(new BudgetListAnswer(session.Project, answers), BudgetJson.Default.BudgetListAnswer);
            return;
        }

        session.Console.Table(
            ["Budget", ">Left", ">Of", "What", ">Kept for jobs", ">Running", "More at", "Held until"],
            [.. answers.Select(a => (IReadOnlyList<string?>)
            [
                a.Budget, CommandConsole.Number(a.Left), CommandConsole.Number(a.Limit), a.Unit, CommandConsole.Number(a.Reserved),
                a.Running is { } running ? CommandConsole.Number(running) : null, CommandConsole.Time(a.MoreAt), CommandConsole.Time(a.HeldUntil),
            ])]);
    }
}

internal sealed record BudgetListAnswer(string Project, IReadOnlyList<BudgetAnswer> Budgets);

/// <param name="Left">What a person can still spend.</param>
/// <param name="Reserved">What is kept for jobs beside that.</param>
/// <param name="Running">Calls without an answer; null where calls are not counted one by one.</param>
/// <param name="MoreAt">When more comes; null while nothing is spent.</param>
/// <param name="HeldUntil">Until when Mixpanel refuses calls; null when it does not.</param>
internal sealed record BudgetAnswer(string Budget, string Unit, long Limit, long Left, int Reserved, int? Running, DateTimeOffset? MoreAt, DateTimeOffset? HeldUntil);

[JsonSerializable(typeof(BudgetListAnswer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
internal sealed partial class BudgetJson : JsonSerializerContext;
