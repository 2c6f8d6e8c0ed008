using System.Globalization;
using Sluice.Core.Cohorts;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Storage.Tests.Cohorts.Model;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>
/// A user group equals what Mixpanel last said, for every order, repetition and interruption of pages and sessions: random stories,
/// compared with a model after every page. <c>SLUICE_TEST_SEED</c> repeats one story.
/// </summary>
public abstract class OrderOfSessionsContract : StoreContract
{
    private const int Steps = 40;
    private const long Month = 32L * 24 * 3_600_000;

    protected abstract int Stories { get; }

    [Fact]
    public async Task Every_story_ends_with_what_was_said_last()
    {
        var given = Environment.GetEnvironmentVariable("SLUICE_TEST_SEED");
        var seeds = given is null ? Enumerable.Range(1, Stories) : [int.Parse(given, CultureInfo.InvariantCulture)];
        foreach (var seed in seeds)
        {
            var story = Story.Of(seed, Steps);
            if (await FailureAsync(story) is { } failure)
            {
                var (shortest, last) = await ShortenAsync(story, failure);
                Assert.Fail($"Seed {seed}: {last}\nThe shortest story that fails:\n  {string.Join("\n  ", shortest)}");
            }
        }
    }

    /// <summary>Leaves out whatever the failure does not need.</summary>
    private async Task<(IReadOnlyList<StoryStep> Story, string Failure)> ShortenAsync(IReadOnlyList<StoryStep> story, string failure)
    {
        for (var shorter = true; shorter;)
        {
            shorter = false;
            for (var i = story.Count - 1; i >= 0; i--)
            {
                var candidate = story.Where((_, at) => at != i).ToArray();
                if (await FailureAsync(candidate) is { } found)
                {
                    (story, failure, shorter) = (candidate, found, true);
                }
            }
        }

        return (story, failure);
    }

    private async Task<string?> FailureAsync(IReadOnlyList<StoryStep> story)
    {
        var project = "s" + Guid.NewGuid().ToString("N")[..12];
        await Store.Projects.PutAsync(new StoredProject(project, project, [1]), Token);
        var model = new CohortModel();
        foreach (var step in story)
        {
            if (await PlayAsync(step, project, model) is { } failure)
            {
                return $"{step}: {failure}";
            }
        }

        return null;
    }

    private async Task<string?> PlayAsync(StoryStep step, string project, CohortModel model)
    {
        switch (step)
        {
            case Arrival arrival:
                return await ArriveAsync(arrival, project, model);
            case SettleOnce:
                await Store.Settling.SettleAsync(project, Token);
                return await CompareAllAsync(project, model);
            case SettleAll:
                for (var slice = 0; await Store.Settling.SettleAsync(project, Token); slice++)
                {
                    if (slice > 1_000)
                    {
                        return "settling does not end";
                    }
                }

                return await CompareAllAsync(project, model) ?? await CompareSettledAsync(project, model);
            case Reopen:
                await ReopenAsync();
                return await CompareAllAsync(project, model);
            case MonthPasses:
                await Home.ExecuteAsync($"UPDATE cohort_session SET last_page_at = last_page_at - {Month} WHERE project = '{project}'", Token);
                model.MonthPasses();
                return null;
            case Clear:
                await Store.Settling.ClearAsync(project, Token);
                model.Clear();
                return await CompareAllAsync(project, model);
            default:
                Home.Advance(TimeSpan.FromMinutes(1));
                return null;
        }
    }

    private async Task<string?> ArriveAsync(Arrival arrival, string project, CohortModel model)
    {
        var sync = new Sync(p => Store.Intake.ApplyAsync(p, Token), project, arrival.Cohort, arrival.Session, arrival.Action);
        var outcome = await sync.SendAsync(arrival.Page, arrival.Of, [.. arrival.Ids]);
        var said = (outcome.Effect, outcome.Number, outcome.Finished, outcome.Swapped, outcome.Warning is not null);
        var expected = model.Apply(arrival);
        return said != expected ? $"the outcome is {said}, by the rules {expected}" : await CompareAsync(project, arrival.Cohort, model);
    }

    private async Task<string?> CompareAllAsync(string project, CohortModel model)
    {
        foreach (var cohort in model.Cohorts)
        {
            if (await CompareAsync(project, cohort, model) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private async Task<string?> CompareAsync(string project, string cohort, CohortModel model)
    {
        var expected = model.Members(cohort).Order(StringComparer.Ordinal).ToArray();
        var keys = await Store.Groups.KeysAsync(project, cohort, KeyRange.All, Token);
        if (!keys.SequenceEqual(expected.Select(id => PersonKey.Of(project, id)).Order()))
        {
            return $"cohort {cohort} has {keys.Count} people, by the rules {string.Join(' ', expected)}";
        }

        var members = await Store.Groups.MembersAsync(project, cohort, null, 1_000, Token);
        return members.Select(m => m.DistinctId).Order(StringComparer.Ordinal).SequenceEqual(expected)
            ? null
            : $"cohort {cohort} lists {string.Join(' ', members.Select(m => m.DistinctId))}, by the rules {string.Join(' ', expected)}";
    }

    private async Task<string?> CompareSettledAsync(string project, CohortModel model)
    {
        foreach (var cohort in model.Cohorts)
        {
            var members = model.Members(cohort);
            var group = (await Store.Groups.FindAsync(project, cohort, Token))!;
            if (group.Members != members.Count || group.Base != model.BaseOf(cohort))
            {
                return $"cohort {cohort} counts {group.Members} people on base {group.Base}, by the rules {members.Count} on {model.BaseOf(cohort)}";
            }

            var old = await Home.CountAsync(
                $"SELECT count(*) FROM membership WHERE project = '{project}' AND cohort = '{cohort}' AND number < {group.Base}", Token);
            if (old != 0)
            {
                return $"cohort {cohort} keeps {old} claims that have no say any more";
            }
        }

        if (await Home.CountAsync($"SELECT count(*) FROM unsettled WHERE project = '{project}'", Token) is > 0 and var left)
        {
            return $"{left} people are left unsettled";
        }

        foreach (var id in Enumerable.Range(0, 9).Select(i => ((char)('a' + i)).ToString()))
        {
            var history = await Store.Groups.HistoryAsync(project, PersonKey.Of(project, id), Token);
            foreach (var cohort in model.Cohorts)
            {
                if (Wrong([.. history.Where(s => s.Cohort == cohort)], model.Members(cohort).Contains(id)) is { } wrong)
                {
                    return $"the history of {id} in cohort {cohort} {wrong}: {string.Join(", ", history)}";
                }
            }
        }

        return null;
    }

    private static string? Wrong(MembershipSpan[] newestFirst, bool member)
    {
        if (newestFirst.Any(s => s.LeftAt is null) != member)
        {
            return member ? "has no open stay" : "has an open stay";
        }

        if (newestFirst.Skip(1).Any(s => s.LeftAt is null))
        {
            return "has an open stay before its last";
        }

        if (newestFirst.Any(s => s.LeftAt < s.EnteredAt) || newestFirst.Zip(newestFirst.Skip(1)).Any(p => p.First.EnteredAt < p.Second.LeftAt))
        {
            return "runs backwards";
        }

        return null;
    }
}

public sealed class SqliteOrderOfSessionsTests : OrderOfSessionsContract
{
    protected override int Stories => 400;

    // What is compared here does not depend on the disk.
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome { Durable = false });
}

public sealed class PostgresOrderOfSessionsTests : OrderOfSessionsContract
{
    protected override int Stories => 40;

    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
