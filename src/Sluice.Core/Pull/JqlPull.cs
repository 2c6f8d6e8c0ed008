using Sluice.Core.People;
using Sluice.Core.Pull.Schedules;

namespace Sluice.Core.Pull;

/// <summary>Fetches what a script of JQL comes to: values of people, which become properties; people, who become a user group; or rows of a lookup table.</summary>
internal sealed class JqlPull(PullPlan plan, JqlPullRule rule, IMixpanelSource source, PullIntakes intakes) : IPull
{
    private const int PageSize = 1_000;

    private readonly PulledUpdates _updates = new(intakes);
    private DateTimeOffset _askedAt;

    public string Name => rule.Group;

    public Schedule Schedule => rule.Schedule;

    public IMixpanelSource Source => source;

    public async Task RunAsync(PullRun run, CancellationToken cancellationToken)
    {
        // A script has no pages: whoever is interrupted asks again.
        var script = rule.Script();
        await source.KeepQueriesAsync(1, cancellationToken);
        run.Count("calls");
        var rows = new List<JqlRow>(PageSize);

        // Before the script is asked: what is stored while it runs is newer.
        var group = rule.Attributes is null && rule.Table is null ? await GroupPages.BeginAsync(plan, rule, source, intakes, run, cancellationToken) : null;
        var table = rule.Table is { } of ? await JqlTable.BeginAsync(plan.Project, of, intakes.Lookups, run, cancellationToken) : null;
        _askedAt = await run.PatientlyAsync(() => intakes.Profiles.NowAsync(cancellationToken), cancellationToken);
        var refusals = new JqlRefusals(plan.Project, Wanted(rule), intakes, run);
        try
        {
            await foreach (var row in source.JqlAsync(script, rule.Table?.Key ?? JqlRow.Person, rule.Table?.Columns ?? rule.Attributes ?? [], cancellationToken))
            {
                run.Count("rows");
                if (row.Key is null)
                {
                    await refusals.AddAsync(row, cancellationToken);
                    group?.Refuse();
                    continue;
                }

                rows.Add(row);
                if (rows.Count == PageSize)
                {
                    await TakeAsync(rows, group, table, run, cancellationToken);
                    rows.Clear();
                }
            }

            await TakeAsync(rows, group, table, run, cancellationToken);
            await (group?.EndAsync(cancellationToken) ?? table?.EndAsync(cancellationToken) ?? Task.CompletedTask);
        }
        finally
        {
            refusals.Tell();
            await (group?.CloseAsync() ?? table?.CloseAsync() ?? Task.CompletedTask);
        }
    }

    /// <summary>What the rows have to look like.</summary>
    private static string Wanted(JqlPullRule rule) => rule.Table is { } table
        ? $"Let the script give [{table.Key}, value, …] or objects with {table.Key}, which is a text or a number."
        : "Let the script give [distinct_id, value, …], or a groupByUser.";

    private async Task TakeAsync(List<JqlRow> rows, GroupPages? group, JqlTable? table, PullRun run, CancellationToken cancellationToken)
    {
        if (group is not null)
        {
            await group.AddAsync([.. rows.Select(r => r.Key!)], cancellationToken);
        }
        else if (table is not null)
        {
            await table.AddAsync(rows, cancellationToken);
        }
        else if (rows.Count > 0)
        {
            await _updates.ApplyAsync(Updates(rows), [], run, cancellationToken);
        }
    }

    /// <summary>A value that a row does not have leaves the property alone.</summary>
    private ProfileUpdates Updates(List<JqlRow> rows) => new(
        plan.Project, plan.Identity,
        [
            .. rows.Select((row, i) => new ProfileUpdate(
                i, row.Key!, null, false,
                [.. rule.Attributes!.Zip(row.Values, (name, value) => new ProfileOperation(ProfileOperationKind.Set, name, value))])),
        ])
    {
        AsOf = _askedAt,
    };

    /// <summary>The pages of a full session whose end is known only when the rows have ended: the last page is held back until then.</summary>
    private sealed class GroupPages(PullPlan plan, JqlPullRule rule, IMixpanelSource source, PullIntakes intakes, PullRun run, AskedSession session)
    {
        private readonly RemoteCohort _group = new(rule.Group, rule.Name, null, null, true);
        private IReadOnlyList<string> _held = [];
        private int _number;
        private long _people;
        private long _refused;

        public static async Task<GroupPages> BeginAsync(
            PullPlan plan, JqlPullRule rule, IMixpanelSource source, PullIntakes intakes, PullRun run, CancellationToken cancellationToken) =>
            new(plan, rule, source, intakes, run, await AskedSession.BeginAsync(plan.Project, rule.Group, intakes.Cohorts, run, cancellationToken));

        /// <summary>A row that gives nobody.</summary>
        public void Refuse() => _refused++;

        public async Task AddAsync(IReadOnlyList<string> people, CancellationToken cancellationToken)
        {
            if (people.Count == 0)
            {
                return;
            }

            if (_held.Count > 0)
            {
                await GiveAsync(last: false, cancellationToken);
            }

            _held = people;
        }

        public Task EndAsync(CancellationToken cancellationToken) => GiveAsync(last: true, cancellationToken);

        /// <summary>Takes back the session of a script that has given no page.</summary>
        public Task CloseAsync() => _number == 0 ? session.AbandonAsync() : Task.CompletedTask;

        private async Task GiveAsync(bool last, CancellationToken cancellationToken)
        {
            var members = await source.MembersOfAsync(_group, _held, cancellationToken);
            _people += members.Members.Count;
            _refused += members.Rejected.Count;
            run.Count("refused", members.Rejected.Count);
            if (last && _people == 0 && _refused > 0)
            {
                // A script that has gone wrong does not empty the user group; one that gives no rows does.
                throw new MixpanelSourceException($"None of the script's {_refused} rows gives a person. The user group stays as it was.") { Problem = SourceProblem.BadQuestion };
            }

            _number++;
            var page = members with { Project = plan.Project, Session = session.Id, Page = _number, TotalPages = last ? _number : _number + 1, IsFetched = true };
            var outcome = await run.PatientlyAsync(() => intakes.Cohorts.ApplyAsync(page, cancellationToken), cancellationToken);
            run.Count("people", page.Members.Count - outcome.Erased);
            run.Count("erased", outcome.Erased);
        }
    }
}
