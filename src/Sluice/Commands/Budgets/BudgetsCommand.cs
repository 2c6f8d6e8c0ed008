using System.CommandLine;
using System.Text.Json.Serialization;
using Sluice.Commands.Output;
using Sluice.Core.Management;
using Sluice.Hosting;

namespace Sluice.Commands.Budgets;

/// <summary><c>sluice budgets</c></summary>
internal static class BudgetsCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("budgets", "Shows what is left of the budgets that Mixpanel gives a project, and when more comes. Asks nobody.");
        return ProjectCommand.Add(command, host, async (session, _, cancellationToken) =>
        {
            var budgets = await new BudgetDesk(_ => session.Configured, session.Store.PermitBooks, host.Time).ListAsync(session.Project, cancellationToken);
            if (budgets.Count == 0)
            {
                throw new CommandException(
                    ExitCode.Config,
                    $"Nothing says which Mixpanel project belongs to project {session.Project}: set connectors.mixpanel.project_id (or project_token), or connect Mixpanel by the management API.");
            }

            Write(session, [.. budgets.Select(Answer)]);
            return ExitCode.Ok;
        });
    }

    private static BudgetAnswer Answer(BudgetStatus budget) => new(
        budget.Name, $"{(budget.Unit == BudgetUnit.Megabytes ? "MB" : "calls")} {Each(budget.Window)}", budget.Limit, budget.Left, budget.Reserved, budget.Running, budget.MoreAt,
        budget.HeldUntil);

    private static string Each(TimeSpan window) => window.TotalSeconds switch
    {
        3600 => "an hour",
        60 => "a minute",
        1 => "a second",
        _ => $"in {window}",
    };

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

/// <inheritdoc cref="BudgetStatus"/>
internal sealed record BudgetAnswer(string Budget, string Unit, long Limit, long Left, int Reserved, int? Running, DateTimeOffset? MoreAt, DateTimeOffset? HeldUntil);

[JsonSerializable(typeof(BudgetListAnswer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
internal sealed partial class BudgetJson : JsonSerializerContext;
