using System.Globalization;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Simulators.Brevo;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Sluice.Commands.Demo;

/// <summary>Shows the demo: live on a terminal, a line every few seconds elsewhere.</summary>
internal sealed class DemoScreen(DemoWorld world, IAnsiConsole console, TimeProvider time)
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(2);

    private static readonly (long List, string Cohort)[] Lists =
        [(DemoWorld.EngagedList, DemoWorld.Engaged), (DemoWorld.AtRiskList, DemoWorld.AtRisk)];

    public async Task ShowAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (console.Profile.Capabilities.Interactive)
            {
                await console.Live(new Text("Starting…")).StartAsync(async live =>
                {
                    while (!cancellationToken.IsCancellationRequested)
                    {
                        live.UpdateTarget(await DrawAsync(cancellationToken));
                        live.Refresh();
                        await Task.Delay(Refresh, time, cancellationToken);
                    }
                });
            }
            else
            {
                while (!cancellationToken.IsCancellationRequested)
                {
                    console.WriteLine(await LineAsync(cancellationToken));
                    await Task.Delay(LineEvery, time, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The demo is over.
        }
    }

    /// <summary>Says how far lists and groups agree.</summary>
    /// <returns>False when a budget was exceeded.</returns>
    public async Task<bool> SummariseAsync()
    {
        console.WriteLine(await LineAsync(CancellationToken.None));
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Brevo was called {world.Brevo.Calls.Total} times; {world.Brevo.Calls.BudgetViolationCount} calls were beyond a budget. State of the simulator while it ran: {world.Brevo.StatePage}"));
        return world.Brevo.Calls.BudgetViolationCount == 0;
    }

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        var groups = await world.Node.Store.Groups.ListAsync(DemoWorld.Project, cancellationToken);
        var parts = Lists.Select(l => (l.List, Group: groups.FirstOrDefault(g => g.Cohort == l.Cohort)))
            .Where(l => l.Group is not null)
            .Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Group!.Name}: {State(l.Group)} people, list {l.List}: {world.Brevo.ListCount(l.List)}"));
        return string.Create(
            CultureInfo.InvariantCulture, $"{time.GetLocalNow():HH:mm:ss}  {string.Join("; ", parts)}; Brevo calls: {world.Brevo.Calls.Total}");
    }

    private async Task<IRenderable> DrawAsync(CancellationToken cancellationToken)
    {
        var store = world.Node.Store;
        var groups = await store.Groups.ListAsync(DemoWorld.Project, cancellationToken);
        var runs = await store.Runs.ListAsync(DemoWorld.Project, 8, cancellationToken);
        return new Rows(
            new Markup($"[bold]Sluice[/] listens on [blue]{Markup.Escape(world.Node.Urls[0])}[/]; the simulated Brevo shows itself at [blue]{Markup.Escape(world.Brevo.StatePage.ToString())}[/]. Ctrl+C ends the demo."),
            new Columns(Groups(groups), BrevoLists()),
            Runs(runs),
            Budgets(),
            new Panel(new Text(string.Join('\n', world.News.Reverse()))) { Header = new PanelHeader("What happened"), Expand = true });
    }

    private static Table Groups(IReadOnlyList<UserGroup> groups)
    {
        var table = new Table().Title("User groups").AddColumns("Cohort", "Name", "People", "State");
        foreach (var group in groups)
        {
            var state = group.Syncing is { } sync
                ? string.Create(CultureInfo.InvariantCulture, $"syncing {sync.Pages}/{sync.TotalPages} pages")
                : group.Recurring ? "recurring" : "one-time so far";
            table.AddRow(group.Cohort, Markup.Escape(group.Name), Number(group.Members), state);
        }

        return table;
    }

    private Table BrevoLists()
    {
        var table = new Table().Title("Lists in Brevo").AddColumns("List", "Name", "Contacts");
        foreach (var list in world.Brevo.Lists.OrderBy(l => l.Id))
        {
            table.AddRow(Number(list.Id), Markup.Escape(list.Name), Number(world.Brevo.ListCount(list.Id)));
        }

        return table;
    }

    private static Table Runs(IReadOnlyList<Run> runs)
    {
        var table = new Table().Title("Runs").Expand().AddColumns("Started", "Kind", "List", "State", "Seconds", "Added", "Removed", "Updated", "Refused", "Calls");
        foreach (var run in runs)
        {
            long Count(string name) => run.Counts.GetValueOrDefault(name);
            table.AddRow(
                run.StartedAt.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture),
                run.Kind,
                run.List is { } list ? Number(list) : "",
                run.State,
                run.EndedAt is { } ended ? (ended - run.StartedAt).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) : "",
                Number(Count("added")), Number(Count("removed")), Number(Count("updated")), Number(Count("refused")), Number(Count("calls")));
        }

        return table;
    }

    private BreakdownChart Budgets()
    {
        var chart = new BreakdownChart().FullSize();
        var calls = world.Brevo.Calls;
        chart.AddItem("contacts calls", calls.Count(BrevoBucket.Contacts), Color.Green);
        chart.AddItem("other calls (100 an hour)", calls.Count(BrevoBucket.Other), Color.Yellow);
        chart.AddItem("beyond a budget", calls.BudgetViolationCount, Color.Red);
        return chart;
    }

    private static string State(UserGroup group) => group.Syncing is { } sync
        ? string.Create(CultureInfo.InvariantCulture, $"{group.Members} (syncing {sync.Pages}/{sync.TotalPages} pages)")
        : Number(group.Members);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
