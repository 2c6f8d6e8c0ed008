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

    // What is above, between and below the runs and the news.
    private const int FixedLines = 17;
    private const int MostRuns = 12;

    private static readonly (long List, string Cohort)[] Lists =
        [(DemoWorld.EngagedList, DemoWorld.Engaged), (DemoWorld.AtRiskList, DemoWorld.AtRisk)];

    public async Task ShowAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (console.Profile.Capabilities.Interactive)
            {
                await console.Live(await DrawAsync(cancellationToken)).StartAsync(async live =>
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
                    Say(await LineAsync(cancellationToken));
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
        Say(await LineAsync(CancellationToken.None));
        Say(string.Create(
            CultureInfo.InvariantCulture,
            $"Brevo was called {world.Brevo.Calls.Total:N0} times; {world.Brevo.Calls.BudgetViolationCount:N0} calls were beyond a budget."));
        return world.Brevo.Calls.BudgetViolationCount == 0;
    }

    /// <summary>A line as it is, however wide the terminal: what is piped elsewhere has no width.</summary>
    private void Say(string line) => console.Profile.Out.Writer.WriteLine(line);

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        var groups = await world.Node.Store.Groups.ListAsync(DemoWorld.Project, cancellationToken);
        var parts = Lists.Select(l => (l.List, Group: groups.FirstOrDefault(g => g.Cohort == l.Cohort)))
            .Where(l => l.Group is not null)
            .Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Group!.Name}: {State(l.Group)} people, list {l.List}: {world.Brevo.ListCount(l.List):N0}"))
            .Append(string.Create(CultureInfo.InvariantCulture, $"Brevo calls: {world.Brevo.Calls.Total:N0}"));
        return string.Create(CultureInfo.InvariantCulture, $"{time.GetLocalNow():HH:mm:ss}  {string.Join("; ", parts)}");
    }

    private async Task<IRenderable> DrawAsync(CancellationToken cancellationToken)
    {
        var store = world.Node.Store;
        var groups = await store.Groups.ListAsync(DemoWorld.Project, cancellationToken);

        // All of it has to fit, or a terminal shows the top alone.
        var free = Math.Max(4, console.Profile.Height - FixedLines);
        var runs = await store.Runs.ListAsync(DemoWorld.Project, Math.Clamp(free / 2, 2, MostRuns), cancellationToken);
        return new Rows(
            new Markup($"[bold]Sluice[/] listens on [blue]{Markup.Escape(world.Node.Urls[0])}[/]. [bold]Ctrl+C[/] ends the demo."),
            new Markup($"The simulated Brevo shows itself at [blue]{Markup.Escape(world.Brevo.StatePage.ToString())}[/]."),
            Groups(groups),
            new Markup("[grey]People without a valid address, and who unsubscribed, are in no list.[/]"),
            Runs(runs),
            Calls(),
            Text.Empty,
            new Text(string.Join('\n', world.News.Reverse().Take(Math.Max(2, free - Math.Max(1, runs.Count))))).Overflow(Overflow.Ellipsis));
    }

    private Table Groups(IReadOnlyList<UserGroup> groups)
    {
        var table = Plain("Mixpanel cohort", "State", "#People", "Brevo list", "#Contacts");
        foreach (var (list, cohort) in Lists)
        {
            var group = groups.FirstOrDefault(g => g.Cohort == cohort);
            var state = group switch
            {
                null => "",
                { Syncing: { } sync } => string.Create(CultureInfo.InvariantCulture, $"page {sync.Pages} of {sync.TotalPages}"),
                { Recurring: true } => "recurring",
                _ => "first sync",
            };
            table.AddRow(
                Markup.Escape(group?.Name ?? "not yet sent"), state, Number(group?.Members ?? 0), Markup.Escape(NameOf(list)), Number(world.Brevo.ListCount(list)));
        }

        table.AddRow("all_users", "everybody", "", Markup.Escape(NameOf(DemoWorld.AllUsersList)), Number(world.Brevo.ListCount(DemoWorld.AllUsersList)));
        return table;
    }

    private static Table Runs(IReadOnlyList<Run> runs)
    {
        var table = Plain("Run", "Kind", "#List", "State", "#Took", "#Added", "#Removed", "#Updated", "#Refused", "#Calls");
        foreach (var run in runs)
        {
            string Count(string name) => Number(run.Counts.GetValueOrDefault(name));
            table.AddRow(
                run.StartedAt.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture),
                run.Kind,
                run.List is { } list ? Number(list) : "",
                run.State,
                run.EndedAt is { } ended ? string.Create(CultureInfo.InvariantCulture, $"{(ended - run.StartedAt).TotalSeconds:0.0} s") : "",
                Count("added"), Count("removed"), Count("updated"), Count("refused"), Count("calls"));
        }

        return table;
    }

    private Markup Calls()
    {
        var calls = world.Brevo.Calls;
        var beyond = calls.BudgetViolationCount;
        return new Markup(string.Create(
            CultureInfo.InvariantCulture,
            $"Brevo calls: {calls.Count(BrevoBucket.Contacts):N0} within 10 a second, {calls.Count(BrevoBucket.Other):N0} within 100 an hour, [{(beyond == 0 ? "green" : "red")}]{beyond:N0} beyond[/]"));
    }

    /// <summary>A table of one line a row. A # marks a column of numbers.</summary>
    private static Table Plain(params IEnumerable<string> columns)
    {
        var table = new Table().Border(TableBorder.Simple).Expand();
        foreach (var name in columns)
        {
            var column = new TableColumn($"[bold]{name.TrimStart('#')}[/]").NoWrap().Padding(0, 0);
            table.AddColumn(name[0] == '#' ? column.RightAligned() : column);
        }

        return table;
    }

    private string NameOf(long list)
    {
        var found = world.Brevo.Lists.First(l => l.Id == list);
        return string.Create(CultureInfo.InvariantCulture, $"{found.Id} {found.Name}");
    }

    private static string State(UserGroup group) => group.Syncing is { } sync
        ? string.Create(CultureInfo.InvariantCulture, $"{group.Members:N0} (syncing {sync.Pages}/{sync.TotalPages} pages)")
        : Number(group.Members);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
