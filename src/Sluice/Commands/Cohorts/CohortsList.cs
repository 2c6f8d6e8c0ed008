using System.Globalization;
using Sluice.Commands.Output;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;

namespace Sluice.Commands.Cohorts;

/// <summary><c>sluice cohorts list</c></summary>
internal static class CohortsList
{
    /// <summary>Mixpanel keeps at most so many cohorts of a project in sync.</summary>
    private const int RecurringSlots = 60;

    /// <summary>Mixpanel sends every 30 minutes: after four that did not come something is wrong there, or on the way.</summary>
    private static readonly TimeSpan QuietAfter = TimeSpan.FromHours(2);

    public static async Task<int> RunAsync(ProjectSession session, CancellationToken cancellationToken)
    {
        var groups = await session.Store.Groups.ListAsync(session.Project, cancellationToken);
        var scope = await session.ScopeAsync(groups, cancellationToken);
        var cohorts = groups.Select(g => Answer(g, scope, session.Host.Time.GetUtcNow())).ToList();
        var slots = new SlotsAnswer(cohorts.Count(c => c.Recurring), RecurringSlots, cohorts.Count(c => c.Quiet));
        var waiting = scope.Rules.SelectMany(r => r.Waiting).Distinct(StringComparer.Ordinal).ToList();
        if (session.Json)
        {
            session.Console.Json(new CohortListAnswer(session.Project, slots, cohorts, waiting), AnswerJson.Readable.CohortListAnswer);
            return ExitCode.Ok;
        }

        if (cohorts.Count > 0)
        {
            session.Console.Table(
                ["Id", "Name", ">Members", "State", "Last page", "Lists"],
                [.. cohorts.Select(c => (IReadOnlyList<string?>)
                [
                    c.Id, c.Name, CommandConsole.Number(c.Members), State(c), CommandConsole.Time(c.LastPageAt),
                    string.Join(", ", c.Lists.Select(l => l.ToString(CultureInfo.InvariantCulture))),
                ])]);
        }
        else
        {
            session.Console.Tell("Mixpanel has sent no cohort yet: connect the webhook there and sync one.");
        }

        session.Console.Tell($"{slots.InUse} of Mixpanel's {RecurringSlots} recurring slots are in use.");
        foreach (var quiet in cohorts.Where(c => c.Quiet))
        {
            session.Console.Tell($"{quiet.Name} ({quiet.Id}) has gone quiet: its last page came at {CommandConsole.Time(quiet.LastPageAt)}. See the cohort's sync in Mixpanel.");
        }

        foreach (var key in waiting)
        {
            session.Console.Tell($"lists.{key} waits: no cohort has this id, name or slug yet.");
        }

        return ExitCode.Ok;
    }

    public static CohortAnswer Answer(UserGroup group, DeliveryScope scope, DateTimeOffset now) => new(
        group.Cohort,
        group.Name,
        group.Slug,
        group.Description,
        group.Members,
        group.Syncing is not null ? "syncing" : group.Recurring ? "recurring" : "oneTime",
        group.Recurring,
        group.Recurring && now - group.LastPageAt > QuietAfter,
        group.Syncing is { } sync ? new SyncingAnswer(sync.Pages, sync.TotalPages, sync.StartedAt) : null,
        group.CreatedAt,
        group.LastPageAt,
        [.. scope.Rules.Where(r => r.Cohorts.Contains(group.Cohort)).Select(r => r.List)]);

    public static string State(CohortAnswer cohort)
    {
        var state = cohort switch
        {
            { Syncing: { } sync } => string.Create(CultureInfo.InvariantCulture, $"syncing {sync.Pages}/{sync.TotalPages}"),
            { Recurring: true } => "recurring",
            _ => "one-time",
        };
        return cohort.Quiet ? $"{state}, quiet" : state;
    }
}
