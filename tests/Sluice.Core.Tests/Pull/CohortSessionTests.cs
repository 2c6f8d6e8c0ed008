using System.Globalization;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Core.Pull;

namespace Sluice.Core.Tests.Pull;

/// <summary>What Mixpanel may answer to page after page, and which session the intake is given.</summary>
public sealed class CohortSessionTests
{
    private const int Size = 10;

    private static readonly RemoteCohort Cohort = new("7", "Seven", null, null, IsVisible: true);

    [Fact]
    public async Task Pages_are_one_full_session_that_ends_with_the_last()
    {
        var source = new Script([10, 10, 3], total: 23);
        var (done, pages, tally) = await RunAsync(source);
        Assert.True(done);
        Assert.Equal([(1, 3), (2, 3), (3, 3)], pages.Select(p => (p.Page, p.TotalPages)));
        Assert.Single(pages.Select(p => p.Session).Distinct());
        Assert.All(pages, p => Assert.Equal(("p1", CohortAction.Members), (p.Project, p.Action)));
        Assert.Equal((3, 23), (tally.Counts["calls"], tally.Counts["people"]));
        Assert.Null(tally.Notes);
    }

    [Fact]
    public async Task Without_a_total_the_session_is_open_until_a_page_is_not_full()
    {
        var (done, pages, _) = await RunAsync(new Script([10, 10, 0], total: null));
        Assert.True(done);
        Assert.Equal([(1, 2), (2, 3), (3, 3)], pages.Select(p => (p.Page, p.TotalPages)));
    }

    [Fact]
    public async Task A_total_of_the_first_page_alone_does_not_end_it()
    {
        var (done, pages, _) = await RunAsync(new Script([10, 10, 4], total: 10));
        Assert.True(done);

        Assert.Equal([(1, 2), (2, 3), (3, 3)], pages.Select(p => (p.Page, p.TotalPages)));
    }

    [Fact]
    public async Task Fewer_people_than_promised_begin_a_new_session_and_count_when_the_same_comes_again()
    {
        var (done, pages, tally) = await RunAsync(new Script([10, 5, 0, 10, 5, 0], total: 23, perSession: 3));
        Assert.True(done);
        Assert.Equal(2, pages.Select(p => p.Session).Distinct().Count());
        var first = pages.Where(p => p.Session == pages[0].Session).ToList();
        Assert.All(first, p => Assert.True(p.TotalPages > first.Count, "The first session never ends."));
        Assert.Equal((3, 3), (pages[^1].Page, pages[^1].TotalPages));
        Assert.Contains("promised 23 people and gave 15, twice", tally.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_number_each_time_leaves_the_user_group_as_it_was()
    {
        var (done, pages, tally) = await RunAsync(new Script([10, 5, 0, 10, 6, 0, 10, 7, 0], total: 23, perSession: 3));
        Assert.False(done);
        Assert.All(pages.GroupBy(p => p.Session), session => Assert.All(session, p => Assert.True(p.TotalPages > session.Count())));
        Assert.Contains("gave another number each time", tally.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_forgotten_every_time_is_given_up()
    {
        var source = new Script([10, -1, 10, -1, 10, -1], total: 23, perSession: 2);
        var (done, pages, tally) = await RunAsync(source);
        Assert.False(done);
        Assert.Equal((3, 6), (tally.Counts["sessions_lost"], tally.Counts["calls"]));
        Assert.All(pages, p => Assert.True(p.TotalPages > 1));
    }

    private static async Task<(bool Done, IReadOnlyList<CohortPage> Pages, PullTally Tally)> RunAsync(Script source)
    {
        var intake = new Kept();
        var tally = new PullTally(TimeProvider.System);
        var done = await new CohortSessions("p1", source, intake).RunAsync(Cohort, null, null, 0, tally, _ => Task.CompletedTask, TestContext.Current.CancellationToken);
        return (done, intake.Pages, tally);
    }

    private sealed class Kept : ICohortIntake
    {
        public List<CohortPage> Pages { get; } = [];

        private List<string> Begun { get; } = [];

        public Task<CohortPageOutcome> ApplyAsync(CohortPage page, CancellationToken cancellationToken)
        {
            Pages.Add(page);
            Assert.Equal(Begun[^1], page.Session);
            return Task.FromResult(new CohortPageOutcome(CohortPageEffect.Applied, 1, page.Page == page.TotalPages, false, null));
        }

        public Task<long> BeginAsync(string project, string cohort, string session, Lease? lease, CancellationToken cancellationToken)
        {
            Assert.Equal(("p1", Cohort.Id), (project, cohort));
            Begun.Add(session);
            return Task.FromResult((long)Begun.Count);
        }

        public Task AbandonAsync(string project, string cohort, string session, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Answers with so many people each time; -1: has forgotten the answer.</summary>
    private sealed class Script(int[] pages, long? total, int perSession = int.MaxValue) : IMixpanelSource
    {
        private int _asked;

        public Task<SourcePage<CohortPage>> CohortPageAsync(RemoteCohort cohort, IReadOnlyList<string>? properties, PagePlace? place, CancellationToken cancellationToken)
        {
            // A session asks for its pages in order, under the name that the first one gave.
            Assert.Equal(_asked % perSession, place?.Page ?? 0);
            var session = string.Create(CultureInfo.InvariantCulture, $"remote-{_asked / perSession}");
            Assert.Equal(place is null ? null : session, place?.Session);
            var count = pages[_asked++];
            return count < 0
                ? throw new MixpanelSourceException("Forgotten.") { Problem = SourceProblem.SessionGone }
                : Task.FromResult(new SourcePage<CohortPage>(
                    new CohortPage("", cohort.Id, cohort.Name, null, "1", "-", CohortAction.Members, 1, 1, (UInt128)_asked, [.. Enumerable.Range(_asked * 100, count).Select(Member)], []),
                    count, Size, total, session));
        }

        public Task<TimeSpan> RestAsync(long pagesLeft, long later, CancellationToken cancellationToken) => Task.FromResult(TimeSpan.Zero);

        public Task KeepQueriesAsync(long queries, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task KeepExportsAsync(long exports, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task ReleaseAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<IReadOnlyList<RemoteCohort>> CohortsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<SourcePage<ProfileUpdates>> ProfilePageAsync(string? where, IReadOnlyList<string>? properties, PagePlace? place, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<SourceEvents> EventsAsync(DateOnly day, IReadOnlyList<string> names, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IAsyncEnumerable<JqlRow> JqlAsync(string script, string key, IReadOnlyList<string> columns, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<CohortPage> MembersOfAsync(RemoteCohort group, IReadOnlyList<string> distinctIds, CancellationToken cancellationToken) => throw new NotSupportedException();

        private static CohortMember Member(int number)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"u{number}");
            return new CohortMember(PersonKey.Of("p1", id), id, "{}", null, null);
        }
    }
}
