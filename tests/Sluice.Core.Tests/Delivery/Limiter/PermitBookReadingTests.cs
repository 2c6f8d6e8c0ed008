using Sluice.Core.Delivery.Limiter;

namespace Sluice.Core.Tests.Delivery.Limiter;

public sealed class PermitBookReadingTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly BudgetWindow[] Contacts = [new(10, TimeSpan.FromSeconds(1)), new(36_000, TimeSpan.FromHours(1))];
    private static readonly BudgetWindow[] Other = [new(100, TimeSpan.FromHours(1))];

    [Theory]
    [InlineData(20, 1, 20, 36_000)]
    [InlineData(5, 0, 5, 36_000)]
    [InlineData(72_000, 1800, 10, 72_000)]
    [InlineData(72_000, 1, 10, 72_000)]
    [InlineData(18_000, 3600, 10, 18_000)]
    [InlineData(60, 1, 60, 36_000)]
    public void A_limit_sets_the_window_that_it_belongs_to(int limit, int reset, int perSecond, int perHour)
    {
        var book = new PermitBook(1, Contacts);

        Call(book, Noon, new BudgetReading(limit, limit - 1, TimeSpan.FromSeconds(reset)));
        book = PermitBook.Read(book.Write());

        Assert.Equal([perSecond, perHour], book.Usage(Noon).Select(usage => usage.Window.Limit));
    }

    [Fact]
    public void A_higher_tier_is_used_in_full()
    {
        var book = new PermitBook(1, Other);
        Call(book, Noon, new BudgetReading(600, 599, TimeSpan.FromHours(1)));

        Assert.Equal(599, PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 1000, 0)).Count);
    }

    [Fact]
    public void A_limit_that_falls_again_is_followed()
    {
        var book = new PermitBook(1, Other);
        Call(book, Noon, new BudgetReading(200, 199, TimeSpan.FromHours(1)));
        Call(book, Noon, new BudgetReading(100, 98, TimeSpan.FromHours(1)));

        Assert.Equal(98, PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 1000, 0)).Count);
    }

    [Theory]
    [InlineData(1000, 999, 1)]
    [InlineData(10_000, 9999, 60)]
    [InlineData(24, 23, 3600)]
    public void A_limit_that_fits_no_window_raises_nothing(int limit, int remaining, int reset)
    {
        var book = new PermitBook(1, Other);

        Call(book, Noon, new BudgetReading(limit, remaining, TimeSpan.FromSeconds(reset)));

        Assert.Equal(100, book.Usage(Noon)[0].Window.Limit);
        Assert.InRange(PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 2000, 0)).Count, 1, 99);
    }

    [Fact]
    public void A_budget_that_fits_no_window_is_followed_until_its_reset()
    {
        var book = new PermitBook(1, Other);
        Call(book, Noon, new BudgetReading(10, 2, TimeSpan.FromSeconds(20)));
        Assert.Equal(2, PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 5, 0)).Count);
        book = PermitBook.Read(book.Write());

        var refused = book.Take(Noon, Noon + Minute, 1, 0);

        Assert.Equal(WaitCause.Remote, refused.Cause);
        Assert.InRange(refused.NotBefore - Noon, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(21));
        PermitBookTests.Granted(book.Take(refused.NotBefore, refused.NotBefore + Minute, 1, 0));
    }

    [Fact]
    public void Another_program_on_the_account_holds_us_back_until_the_remote_resets()
    {
        var book = new PermitBook(1, Other);
        Call(book, Noon, new BudgetReading(100, 40, TimeSpan.FromMinutes(10)));

        Assert.Equal(40, PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 100, 0)).Count);
        var refused = book.Take(Noon, Noon + Minute, 1, 0);
        Assert.Equal(WaitCause.Remote, refused.Cause);
        Assert.Equal(Noon + TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1), refused.NotBefore);
        Assert.Equal(59, PermitBookTests.Granted(book.Take(refused.NotBefore, refused.NotBefore + Minute, 100, 0)).Count);
    }

    [Fact]
    public void Calls_in_flight_count_against_what_the_remote_has_left()
    {
        var book = new PermitBook(1, Other);
        var permit = PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 5, 0));

        book.Complete(permit, Noon, new BudgetReading(100, 40, TimeSpan.FromMinutes(10)));

        Assert.Equal(36, PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 100, 0)).Count);
    }

    [Fact]
    public void A_late_and_looser_reading_does_not_lift_the_hold()
    {
        var book = new PermitBook(1, Other);
        var early = PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 1, 0));
        Call(book, Noon, new BudgetReading(100, 3, TimeSpan.FromMinutes(10)));
        book.Complete(early, Noon, new BudgetReading(100, 50, TimeSpan.FromMinutes(10)));

        Assert.InRange(PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 100, 0)).Count, 1, 3);
    }

    [Fact]
    public void Background_work_leaves_the_reserve_of_a_held_budget_too()
    {
        var book = new PermitBook(1, Other);
        Call(book, Noon, new BudgetReading(100, 10, TimeSpan.FromMinutes(10)));

        Assert.Null(book.Take(Noon, Noon + Minute, 1, 10).Permit);
        Assert.Equal(10, PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 100, 0)).Count);
    }

    [Fact]
    public void Two_programs_that_share_an_account_stay_within_its_limit()
    {
        var book = new PermitBook(1, Other);
        var remote = 60;
        var now = Noon;
        while (now < Noon + TimeSpan.FromMinutes(50))
        {
            var result = book.Take(now, now + Minute, 1, 0);
            if (result.Permit is { } permit)
            {
                remote++;
                book.Complete(permit, now, new BudgetReading(100, 100 - remote, Noon + TimeSpan.FromHours(1) - now));
            }

            now += TimeSpan.FromSeconds(10);
        }

        Assert.Equal(100, remote);
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(10, -1, 1)]
    [InlineData(10, 11, 1)]
    [InlineData(10, 5, -1)]
    [InlineData(10, 5, 1_000_000_000)]
    public void A_reading_that_cannot_be_true_is_ignored(int limit, int remaining, int reset)
    {
        var book = new PermitBook(1, Contacts);

        Call(book, Noon, new BudgetReading(limit, remaining, TimeSpan.FromSeconds(reset)));

        Assert.Equal(9, PermitBookTests.Granted(book.Take(Noon, Noon + Minute, 100, 0)).Count);
    }

    [Fact]
    public void New_published_windows_keep_what_was_called()
    {
        var book = new PermitBook(1, [new(10, TimeSpan.FromSeconds(1)), new(100, TimeSpan.FromHours(1))]);
        Call(book, Noon, new BudgetReading(20, 19, TimeSpan.FromSeconds(1)));

        book.Publish([new(10, TimeSpan.FromSeconds(1)), new(50, TimeSpan.FromMinutes(1)), new(300, TimeSpan.FromHours(1))], Noon);
        book = PermitBook.Read(book.Write());

        Assert.Equal(
            [new(new(20, TimeSpan.FromSeconds(1)), 10, 0, 1, 19), new(new(50, TimeSpan.FromMinutes(1)), 50, 0, 1, 49), new(new(300, TimeSpan.FromHours(1)), 300, 0, 1, 299)],
            book.Usage(Noon));
    }

    [Fact]
    public void A_new_window_longer_than_all_others_begins_full()
    {
        var book = new PermitBook(1, [new(10, TimeSpan.FromSeconds(1))]);
        book.Publish([new(10, TimeSpan.FromSeconds(1)), new(600, TimeSpan.FromMinutes(1))], Noon);

        Assert.Null(book.Take(Noon + Minute, Noon + (2 * Minute), 1, 0).Permit);
        PermitBookTests.Granted(book.Take(Noon + (1.01 * Minute), Noon + (3 * Minute), 1, 0));
    }

    private static void Call(PermitBook book, DateTimeOffset at, BudgetReading reading) =>
        Assert.True(book.Complete(PermitBookTests.Granted(book.Take(at, at + Minute, 1, 0)), at, reading));
}
