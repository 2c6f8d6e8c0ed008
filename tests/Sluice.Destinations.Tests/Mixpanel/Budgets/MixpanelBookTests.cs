using FsCheck;
using FsCheck.Fluent;
using Sluice.Core.Delivery.Limiter;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel.Budgets;

public sealed class MixpanelBookTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
    private TimeSpan _spent;
    private ulong _ids;

    [Theory]
    [InlineData(MixpanelBudget.Query)]
    [InlineData(MixpanelBudget.Export)]
    [InlineData(MixpanelBudget.Gdpr)]
    [InlineData(MixpanelBudget.Schemas)]
    public void No_window_ever_holds_more_than_Mixpanel_allows(MixpanelBudget budget) =>
        Prop.ForAll(
            ArbMap.Default.GeneratorFor<int>().ToArbitrary(),
            seed =>
            {
                var scenario = new BookScenario(seed, budget);
                scenario.Run(600);

                Assert.True(scenario.Arrived.Count > 20);
                foreach (var limit in MixpanelLimit.Of(budget))
                {
                    var fullest = limit.Kind == MixpanelLimitKind.AtOnce ? MostAtOnce(scenario.Ran) : Fullest(scenario.Arrived, limit.Window.Length);
                    Assert.InRange(fullest, 1, limit.Window.Limit);
                }

                Assert.False(scenario.ReservationWasEaten);
                Assert.False(scenario.ShareWasEaten);
                Assert.False(scenario.PeopleWereShutOut);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(1_000_000));

    [Fact]
    public void Five_queries_run_at_once_and_the_sixth_begins_when_one_has_ended()
    {
        var book = Open(null);
        var running = Enumerable.Range(0, 5).Select(_ => Take(book, Now).Permits!).ToList();

        var sixth = Take(book, Now);
        Assert.Null(sixth.Permits);
        Assert.True(sixth.OnPlace);

        book.Complete(running[2], Now + TimeSpan.FromSeconds(30), hold: null);
        Assert.NotNull(Take(book, Now + TimeSpan.FromSeconds(31)).Permits);
        Assert.Null(Take(book, Now + TimeSpan.FromSeconds(31)).Permits);
    }

    [Fact]
    public void The_places_of_a_node_that_died_are_free_again_after_the_longest_call()
    {
        var book = Open(null);
        for (var i = 0; i < 5; i++)
        {
            Take(book, Now);
        }

        var restarted = Open(book.Write(), Now + TimeSpan.FromMinutes(9));
        Assert.True(Take(restarted, Now + TimeSpan.FromMinutes(9)).OnPlace);
        Assert.NotNull(Take(Open(restarted.Write()), Now + BookScenario.Length + TimeSpan.FromSeconds(1)).Permits);
    }

    [Fact]
    public void A_query_that_nobody_waits_for_keeps_its_place_as_long_as_it_may_run()
    {
        var book = Open(null);
        var running = Enumerable.Range(0, 5).Select(_ => Take(book, Now).Permits!).ToList();
        book.Complete(running[2], Now + TimeSpan.FromSeconds(10), hold: null, mayRunFor: TimeSpan.FromMinutes(2));

        var meanwhile = Now + TimeSpan.FromSeconds(129);
        Assert.True(Take(Open(book.Write(), meanwhile), meanwhile).OnPlace);
        Assert.Equal(5, Open(book.Write(), meanwhile).Usage(MixpanelBudget.Query, meanwhile).Running);
        Assert.NotNull(Take(Open(book.Write(), Now + TimeSpan.FromSeconds(131)), Now + TimeSpan.FromSeconds(131)).Permits);

        // No longer than if it had been forgotten.
        var late = Now + BookScenario.Length - TimeSpan.FromSeconds(1);
        book.Complete(running[3], late, hold: null, mayRunFor: TimeSpan.FromMinutes(2));
        Assert.Equal(0, Open(book.Write(), Now + BookScenario.Length + TimeSpan.FromSeconds(1)).Usage(MixpanelBudget.Query, Now + BookScenario.Length + TimeSpan.FromSeconds(1)).Running);
    }

    [Fact]
    public void Of_sixty_calls_a_job_leaves_ten_to_people()
    {
        var book = Open(null);
        var job = MixpanelCaller.Job(TimeSpan.Zero);
        Assert.Equal(50, Spend(book, job));
        Assert.Equal(WaitCause.Reserve, Take(book, Now + TimeSpan.FromSeconds(1), job).Cause);
        _spent += TimeSpan.FromSeconds(1);
        Assert.Equal(10, Spend(book, MixpanelCaller.Person(TimeSpan.Zero)));
    }

    [Fact]
    public void What_a_job_has_reserved_people_do_not_get()
    {
        var book = Open(null);
        Assert.Equal(20, book.Reserve("pull", 20, Now + _spent, Now + TimeSpan.FromHours(1)));

        Assert.Equal(40, Spend(book, MixpanelCaller.Person(TimeSpan.Zero)));
        Assert.Equal(10, Spend(book, MixpanelCaller.Job(TimeSpan.Zero, "pull")));
        Assert.Equal(10, book.Usage(MixpanelBudget.Query, Now).Reserved);

        book.Release("pull");
        Assert.Equal(10, Spend(book, MixpanelCaller.Person(TimeSpan.Zero)));
    }

    [Fact]
    public void Jobs_together_reserve_at_most_what_peoples_share_leaves()
    {
        var book = Open(null);
        Assert.Equal(40, book.Reserve("one", 40, Now + _spent, Now + TimeSpan.FromHours(1)));
        Assert.Equal(10, book.Reserve("two", 40, Now + _spent, Now + TimeSpan.FromHours(1)));
        Assert.Equal(0, book.Reserve("three", 1, Now + _spent, Now + TimeSpan.FromHours(1)));
        Assert.Equal(5, book.Reserve("one", 5, Now + _spent, Now + TimeSpan.FromHours(1)));
        Assert.Equal(15, Open(book.Write()).Usage(MixpanelBudget.Query, Now).Reserved);
    }

    [Fact]
    public void What_is_used_already_is_not_kept_for_a_job()
    {
        var book = Open(null);
        Assert.Equal(50, Spend(book, MixpanelCaller.Job(TimeSpan.Zero)));
        Assert.Equal(0, book.Reserve("pull", 50, Now + _spent, Now + TimeSpan.FromHours(1)));
        Assert.Equal(10, Spend(book, MixpanelCaller.Person(TimeSpan.Zero)));
    }

    [Fact]
    public void A_reservation_ends_by_itself()
    {
        var book = Open(null);
        book.Reserve("pull", 50, Now, Now + TimeSpan.FromMinutes(5));
        var later = Now + TimeSpan.FromMinutes(5);
        Assert.Equal(0, Open(book.Write(), later).Usage(MixpanelBudget.Query, later).Reserved);
    }

    [Fact]
    public void A_refusal_of_Mixpanels_holds_the_budget_for_all()
    {
        var book = Open(null);
        var permits = Take(book, Now).Permits!;
        book.Complete(permits, Now + TimeSpan.FromSeconds(1), hold: TimeSpan.FromMinutes(7));

        var held = Take(Open(book.Write()), Now + TimeSpan.FromSeconds(2));
        Assert.Equal(WaitCause.Blocked, held.Cause);
        Assert.Equal(Now + TimeSpan.FromMinutes(7) + TimeSpan.FromSeconds(1), Open(book.Write()).Usage(MixpanelBudget.Query, Now + TimeSpan.FromSeconds(2)).HeldUntil);
        Assert.NotNull(Take(Open(book.Write()), Now + TimeSpan.FromSeconds(422)).Permits);
    }

    [Fact]
    public void A_reading_says_what_is_left_and_when_more_comes()
    {
        var book = Open(null);
        Assert.Null(book.Usage(MixpanelBudget.Query, Now).MoreAt);
        var permits = Take(book, Now).Permits!;
        book.Complete(permits, Now, hold: null);
        Spend(book, MixpanelCaller.Person(TimeSpan.Zero), Now + TimeSpan.FromMinutes(30));

        var reading = book.Usage(MixpanelBudget.Query, Now + TimeSpan.FromMinutes(31));
        Assert.Equal((60, 0, 0), (reading.Limit, reading.Left, reading.Running));
        Assert.InRange(reading.MoreAt!.Value, Now + TimeSpan.FromHours(1), Now + TimeSpan.FromHours(1) + TimeSpan.FromSeconds(8));
    }

    private static int Fullest(List<DateTimeOffset> arrived, TimeSpan length)
    {
        arrived.Sort();
        var (fullest, first) = (0, 0);
        for (var last = 0; last < arrived.Count; last++)
        {
            while (arrived[last] - arrived[first] > length)
            {
                first++;
            }

            fullest = Math.Max(fullest, last - first + 1);
        }

        return fullest;
    }

    private static int MostAtOnce(List<(DateTimeOffset From, DateTimeOffset To)> ran) => ran.Max(one => ran.Count(other => other.From <= one.From && one.From < other.To));

    /// <summary>Takes and ends calls until there are none.</summary>
    private int Spend(MixpanelBook book, MixpanelCaller caller, DateTimeOffset? at = null)
    {
        for (var calls = 0; ; calls++)
        {
            _spent += TimeSpan.FromMilliseconds(2);
            var now = (at ?? Now) + _spent;
            if (Take(book, now, caller).Permits is not { } permits)
            {
                return calls;
            }

            book.Complete(permits, now, hold: null);
        }
    }

    private static BookAnswer Take(MixpanelBook book, DateTimeOffset now, MixpanelCaller? caller = null) =>
        book.Take(now, BookScenario.Reach, BookScenario.Length, caller ?? MixpanelCaller.Person(TimeSpan.Zero));

    private MixpanelBook Open(byte[]? stored, DateTimeOffset? now = null) => MixpanelBook.Open(stored, MixpanelLimit.Of(MixpanelBudget.Query), now ?? Now, () => ++_ids);
}
