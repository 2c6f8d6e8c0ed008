using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel.Budgets;

/// <summary>Calls that a job expects before they are free.</summary>
public sealed class BookTurnTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly MixpanelCaller Person = MixpanelCaller.Person(TimeSpan.Zero);
    private static readonly MixpanelCaller Pull = MixpanelCaller.Job(TimeSpan.Zero, "pull");

    private ulong _ids;
    private TimeSpan _spent;

    [Fact]
    public void Who_waits_gets_the_calls_that_become_free_before_those_who_snatch_them()
    {
        var book = Open(null);
        Assert.Equal(60, Spend(book, Person, Now));
        Assert.Equal(0, book.Expect("pull", 30, Now + TimeSpan.FromMinutes(1), Now + TimeSpan.FromHours(2)));

        // An hour later all are free, and people take them first: as many as are not expected.
        var later = Now + Hour + TimeSpan.FromMinutes(2);
        book = Open(book.Write(), later);
        Assert.Equal(30, Spend(book, Person, later));
        Assert.Equal(30, Spend(book, Pull, later));
        Assert.Equal(0, Spend(book, Person, later));
    }

    [Fact]
    public void Who_has_had_jobs_part_of_the_hour_gets_the_next_call_when_the_first_is_an_hour_old()
    {
        var book = Open(null);
        book.Expect("pull", 60, Now, Now + TimeSpan.FromHours(2));
        Assert.Equal(50, Spend(book, Pull, Now));
        Assert.Equal(10, Spend(book, Person, Now + TimeSpan.FromMinutes(30)));

        var before = Now + TimeSpan.FromMinutes(59);
        var refused = book.Take(before + _spent, BookScenario.Reach, BookScenario.Length, Pull);
        Assert.Null(refused.Permits);
        Assert.InRange(refused.Wait, TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(61));

        // By then it goes before people, who take what is left.
        var later = Now + Hour + TimeSpan.FromMinutes(1);
        book = Open(book.Write(), later);
        Assert.Equal(40, Spend(book, Person, later));
        Assert.Equal(10, Spend(book, Pull, later));
    }

    [Fact]
    public void Whatever_jobs_expect_people_have_their_share_of_every_hour()
    {
        var book = Open(null);
        var (people, jobs) = (0, 0);
        for (var minute = 0; minute < 600; minute++)
        {
            var now = Now + TimeSpan.FromMinutes(minute);
            book = Open(book.Write(), now);
            book.Expect("pull", 10_000, now, now + Hour);
            book.Expect("other", 10_000, now, now + Hour);
            people += Spend(book, Person, now);
            jobs += Spend(book, Pull, now) + Spend(book, MixpanelCaller.Job(TimeSpan.Zero, "other"), now);
        }

        // Ten hours: sixty an hour, of which ten are people's, and as many at the beginning as an hour has.
        Assert.InRange(people, 95, 130);
        Assert.InRange(jobs, 450, 510);
    }

    [Fact]
    public void Turns_end_by_themselves_with_their_release_and_with_the_calls_that_were_expected()
    {
        var book = Open(null);
        book.Expect("pull", 50, Now, Now + TimeSpan.FromMinutes(5));
        Assert.Equal((50, 10), (book.Usage(MixpanelBudget.Query, Now).Reserved, book.Usage(MixpanelBudget.Query, Now).Left));
        Assert.Equal(0, Open(book.Write(), Now + TimeSpan.FromMinutes(5)).Usage(MixpanelBudget.Query, Now + TimeSpan.FromMinutes(5)).Reserved);

        book.Expect("pull", 20, Now, Now + TimeSpan.FromMinutes(5));
        Assert.Equal(20, Open(book.Write()).Usage(MixpanelBudget.Query, Now).Reserved);
        Assert.NotNull(book.Take(Now, BookScenario.Reach, BookScenario.Length, Pull).Permits);
        Assert.Equal(19, Open(book.Write()).Usage(MixpanelBudget.Query, Now).Reserved);
        book.Release("pull");
        Assert.Equal(0, book.Usage(MixpanelBudget.Query, Now).Reserved);
    }

    [Fact]
    public void A_call_that_is_given_back_is_expected_again()
    {
        var book = Open(null);
        book.Expect("pull", 20, Now, Now + Hour);
        var permits = book.Take(Now, BookScenario.Reach, BookScenario.Length, Pull).Permits!;
        book.Return(permits, Pull);
        Assert.Equal((20, 40), (book.Usage(MixpanelBudget.Query, Now).Reserved, book.Usage(MixpanelBudget.Query, Now).Left));
        Assert.Equal(50, book.Expect("pull", 60, Now, Now + Hour));
    }

    [Fact]
    public void A_book_that_was_written_before_there_were_turns_is_read()
    {
        var book = Open(null);
        Spend(book, Person, Now);

        // Without turns and jobs' calls the tail is two zeros.
        var written = book.Write();
        Assert.Equal([0, 0], written[^2..]);
        Assert.Equal(Open(written).Write(), Open(written[..^2]).Write());
        Assert.Equal(0, Open(written[..^2]).Usage(MixpanelBudget.Query, Now + _spent).Left);
    }

    private int Spend(MixpanelBook book, MixpanelCaller caller, DateTimeOffset now)
    {
        for (var calls = 0; ; calls++)
        {
            _spent += TimeSpan.FromMilliseconds(1);
            if (book.Take(now + _spent, BookScenario.Reach, BookScenario.Length, caller).Permits is not { } permits)
            {
                return calls;
            }

            book.Complete(permits, now + _spent, hold: null);
        }
    }

    private MixpanelBook Open(byte[]? stored, DateTimeOffset? now = null) => MixpanelBook.Open(stored, MixpanelLimit.Of(MixpanelBudget.Query), now ?? Now, () => ++_ids);
}
