using Sluice.Core.Delivery.Limiter;

namespace Sluice.Core.Tests.Delivery.Limiter;

public sealed class PermitBookTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly BudgetWindow TenASecond = new(10, TimeSpan.FromSeconds(1));
    private static readonly BudgetWindow HundredAnHour = new(100, TimeSpan.FromHours(1));
    private static readonly BudgetWindow[] Contacts = [TenASecond, new(36_000, TimeSpan.FromHours(1))];

    [Fact]
    public void A_fast_caller_uses_the_whole_budget_of_an_hour()
    {
        var (calls, largest) = RunAnHour(Contacts, Noon);

        Assert.InRange(calls, 35_820, 36_000);
        Assert.InRange(largest, 1, 4096);
    }

    [Fact]
    public void The_second_hour_is_as_full_as_the_first()
    {
        var book = new PermitBook(1, [new(36_000, TimeSpan.FromHours(1))]);
        var now = Noon;
        var calls = new List<DateTimeOffset>();
        while (now < Noon + TimeSpan.FromHours(3))
        {
            now = TakeAndAnswer(book, now, calls, wanted: 500) ?? now + TimeSpan.FromMilliseconds(100);
        }

        Assert.InRange(calls.Count(at => at >= Noon + TimeSpan.FromHours(2)), 35_820, 36_000);
    }

    [Fact]
    public void A_permit_occupies_the_window_until_one_window_after_its_answer()
    {
        var book = new PermitBook(1, [new(1, TimeSpan.FromSeconds(1))]);
        var permit = Granted(book.Take(Noon, Noon + Minute, 1, 0));

        Assert.Null(book.Take(Noon + TimeSpan.FromSeconds(30), Noon + Minute, 1, 0).Permit);
        Assert.True(book.Complete(permit, Noon + TimeSpan.FromSeconds(40), null));
        var refused = book.Take(Noon + TimeSpan.FromSeconds(41), Noon + Minute, 1, 0);
        Assert.Null(refused.Permit);
        Assert.Equal(WaitCause.Budget, refused.Cause);
        Assert.InRange(refused.NotBefore - Noon, TimeSpan.FromSeconds(41) + TimeSpan.FromMicroseconds(1), TimeSpan.FromSeconds(41.003));
        Granted(book.Take(refused.NotBefore, refused.NotBefore + Minute, 1, 0));
    }

    [Fact]
    public void A_permit_whose_answer_never_came_occupies_the_window_until_one_window_after_its_deadline()
    {
        var book = new PermitBook(1, [new(1, TimeSpan.FromSeconds(1))]);
        Granted(book.Take(Noon, Noon + Minute, 1, 0));
        book = PermitBook.Read(book.Write());

        Assert.Null(book.Take(Noon + Minute + TimeSpan.FromSeconds(1), Noon + (2 * Minute), 1, 0).Permit);
        Granted(book.Take(Noon + Minute + TimeSpan.FromSeconds(1.003), Noon + (2 * Minute), 1, 0));
    }

    [Fact]
    public void The_named_time_is_exact_when_every_answer_is_there()
    {
        var book = new PermitBook(1, Contacts);
        var now = Noon;
        for (var i = 0; i < 200; i++)
        {
            now = TakeAndAnswer(book, now, [], wanted: 1 + (i % 4)) ?? now;
            var result = book.Take(now, now + Minute, 1, 0);
            if (result.Permit is { } permit)
            {
                book.Return(permit, 1);
                continue;
            }

            var just = result.NotBefore - TimeSpan.FromMicroseconds(1);
            Assert.Null(book.Take(just, just + Minute, 1, 0).Permit);
            book.Return(Granted(book.Take(result.NotBefore, result.NotBefore + Minute, 1, 0)), 1);
            now = result.NotBefore;
        }
    }

    [Fact]
    public void All_windows_hold_at_once()
    {
        var book = new PermitBook(1, [TenASecond, new(15, TimeSpan.FromMinutes(1))]);
        var calls = new List<DateTimeOffset>();
        var now = Noon;
        while (now < Noon + TimeSpan.FromSeconds(59))
        {
            now = TakeAndAnswer(book, now, calls, wanted: 1) ?? now;
        }

        Assert.Equal(15, calls.Count);
    }

    [Fact]
    public void A_slice_is_as_large_as_what_is_left()
    {
        var book = new PermitBook(1, [TenASecond]);

        Assert.Equal(7, Granted(book.Take(Noon, Noon + Minute, 7, 0)).Count);
        Assert.Equal(3, Granted(book.Take(Noon, Noon + Minute, 7, 0)).Count);
        Assert.Null(book.Take(Noon, Noon + Minute, 7, 0).Permit);
    }

    [Fact]
    public void Calls_that_were_not_made_are_free_at_once_and_only_once()
    {
        var book = new PermitBook(1, [TenASecond]);
        var permit = Granted(book.Take(Noon, Noon + Minute, 10, 0));
        book.Complete(permit, Noon, null);

        Assert.Equal(4, book.Return(permit, 4));
        Assert.Equal(5, book.Return(permit, 9));
        Assert.Equal(0, book.Return(permit, 1));
        Assert.Equal(9, Granted(book.Take(Noon, Noon + Minute, 10, 0)).Count);
    }

    [Fact]
    public void Completing_twice_changes_nothing()
    {
        var book = new PermitBook(1, [TenASecond]);
        var permit = Granted(book.Take(Noon, Noon + Minute, 1, 0));
        Assert.True(book.Complete(permit, Noon, null));
        var before = book.Write();

        Assert.False(book.Complete(permit, Noon, null));
        Assert.Equal(before, book.Write());
    }

    [Fact]
    public void A_permit_of_an_earlier_book_frees_nothing()
    {
        var old = Granted(new PermitBook(1, [HundredAnHour]).Take(Noon, Noon + Minute, 1, 0));
        var book = new PermitBook(2, [HundredAnHour]);
        Granted(book.Take(Noon, Noon + Minute, 1, 0));

        Assert.False(book.Complete(old, Noon, null));
        Assert.Equal(0, book.Return(old, 1));
        Assert.Equal(1, book.InFlight);
    }

    [Fact]
    public void An_answer_after_the_deadline_occupies_the_window_from_then_on()
    {
        var book = new PermitBook(1, [new(1, TimeSpan.FromSeconds(10))]);
        var permit = Granted(book.Take(Noon, Noon + TimeSpan.FromSeconds(5), 1, 0));
        Assert.Null(book.Take(Noon + TimeSpan.FromSeconds(6), Noon + Minute, 1, 0).Permit);

        Assert.False(book.Complete(permit, Noon + TimeSpan.FromSeconds(7), null));

        Assert.Null(book.Take(Noon + TimeSpan.FromSeconds(16), Noon + Minute, 1, 0).Permit);
        Granted(book.Take(Noon + TimeSpan.FromSeconds(17.1), Noon + Minute, 1, 0));
    }

    [Fact]
    public void Background_work_leaves_the_reserve_to_people()
    {
        var book = new PermitBook(1, [HundredAnHour]);
        Assert.Equal(70, Granted(book.Take(Noon, Noon + Minute, 100, 30)).Count);

        var refused = book.Take(Noon, Noon + Minute, 1, 30);
        Assert.Null(refused.Permit);
        Assert.Equal(WaitCause.Reserve, refused.Cause);
        Assert.Equal(30, Granted(book.Take(Noon, Noon + Minute, 100, 0)).Count);
        Assert.Equal(WaitCause.Budget, book.Take(Noon, Noon + Minute, 1, 30).Cause);
    }

    [Fact]
    public void Who_yields_leaves_more_while_somebody_else_waits()
    {
        var book = new PermitBook(1, [HundredAnHour]);
        Assert.Equal(50, Granted(book.Take(Noon, Noon + TimeSpan.FromSeconds(1), 50, 0)).Count);
        var at = Noon + (50 * Minute);
        Assert.Equal(40, Granted(book.Take(at, at + Minute, 100, 10, 60)).Count);

        // Who yields does not count as waiting: the smaller reserve still holds for it.
        Assert.Null(book.Take(at, at + Minute, 1, 10, 60).Permit);
        book.Return(Granted(book.Take(at, at + Minute, 1, 9, 60)), 1);

        // Somebody else is refused; half of the window becomes free, and who yields leaves it.
        Assert.Null(book.Take(at, at + Minute, 1, 30).Permit);
        book = PermitBook.Read(book.Write());
        at = Noon + (61 * Minute);
        Assert.Null(book.Take(at, at + Minute, 1, 10, 60).Permit);
        Assert.Equal(1, Granted(book.Take(at, at + Minute, 1, 30)).Count);

        at = Noon + (50 * Minute) + PermitBook.WaitIsRemembered;
        Assert.NotNull(book.Take(at, at + Minute, 1, 10, 60).Permit);
    }

    [Fact]
    public void A_reserve_larger_than_a_window_leaves_background_work_an_idle_window()
    {
        var book = new PermitBook(1, Contacts);

        Assert.Equal(1, Granted(book.Take(Noon, Noon + Minute, 5, 500)).Count);
        Assert.Null(book.Take(Noon, Noon + Minute, 5, 500).Permit);
        Assert.Equal(9, Granted(book.Take(Noon, Noon + Minute, 20, 0)).Count);
    }

    [Fact]
    public void A_block_holds_for_everybody_and_is_never_shortened()
    {
        var book = new PermitBook(1, [TenASecond]);
        book.BlockUntil(Noon + TimeSpan.FromSeconds(60));
        book.BlockUntil(Noon + TimeSpan.FromSeconds(5));
        book = PermitBook.Read(book.Write());

        var refused = book.Take(Noon + TimeSpan.FromSeconds(59), Noon + (2 * Minute), 1, 0);
        Assert.Equal(WaitCause.Blocked, refused.Cause);
        Assert.Equal(Noon + TimeSpan.FromSeconds(60), refused.NotBefore);
        Assert.Equal(Noon + TimeSpan.FromSeconds(60), book.BlockedUntil);
        Granted(book.Take(refused.NotBefore, refused.NotBefore + Minute, 1, 0));
        Assert.Null(book.BlockedUntil);
    }

    [Fact]
    public void A_clock_set_back_frees_nothing_early_and_stalls_nobody()
    {
        var book = new PermitBook(1, [HundredAnHour]);
        var permit = Granted(book.Take(Noon, Noon + Minute, 100, 0));
        for (var i = 0; i < 100; i++)
        {
            book.Complete(permit, Noon, null);
        }

        var yesterday = Noon - TimeSpan.FromDays(1);
        Assert.Null(book.Take(yesterday, yesterday + Minute, 1, 0).Permit);
        Assert.Null(book.Take(yesterday + TimeSpan.FromHours(1), yesterday + TimeSpan.FromHours(2), 1, 0).Permit);
        Granted(book.Take(yesterday + TimeSpan.FromHours(1.01), yesterday + TimeSpan.FromHours(2), 1, 0));
    }

    [Fact]
    public void Readings_of_the_clock_that_overtake_each_other_free_nothing_early()
    {
        var book = new PermitBook(1, [new(1, TimeSpan.FromSeconds(1))]);
        book.Complete(Granted(book.Take(Noon, Noon + Minute, 1, 0)), Noon, null);
        Assert.Null(book.Take(Noon - TimeSpan.FromSeconds(5), Noon + Minute, 1, 0).Permit);

        Assert.Null(book.Take(Noon + TimeSpan.FromSeconds(1), Noon + Minute, 1, 0).Permit);
    }

    [Fact]
    public void Usage_tells_what_occupies_each_window()
    {
        var book = new PermitBook(1, Contacts);
        var permit = Granted(book.Take(Noon, Noon + Minute, 3, 0));
        book.Complete(permit, Noon, null);

        var usage = book.Usage(Noon);

        Assert.Equal(new WindowUsage(TenASecond, 10, InFlight: 2, Answered: 1, Free: 7), usage[0]);
        Assert.Equal(35_997, usage[1].Free);
    }

    [Theory]
    [InlineData(0, 0, 60)]
    [InlineData(1, -1, 60)]
    [InlineData(1, 0, 0)]
    [InlineData(1, 0, 90_000)]
    public void Impossible_requests_are_refused(int wanted, int reserve, int seconds)
    {
        var book = new PermitBook(1, Contacts);

        Assert.Throws<ArgumentOutOfRangeException>(() => book.Take(Noon, Noon + TimeSpan.FromSeconds(seconds), wanted, reserve));
    }

    [Fact]
    public void A_book_needs_windows_of_different_lengths()
    {
        Assert.Throws<ArgumentException>(() => new PermitBook(1, []));
        Assert.Throws<ArgumentException>(() => new PermitBook(1, [TenASecond, new(5, TimeSpan.FromSeconds(1))]));
        Assert.Throws<ArgumentException>(() => new PermitBook(1, [default]));
    }

    internal static Permit Granted(TakeResult result)
    {
        Assert.NotNull(result.Permit);
        Assert.Equal(WaitCause.None, result.Cause);
        return result.Permit.Value;
    }

    private static (int Calls, int LargestBytes) RunAnHour(BudgetWindow[] windows, DateTimeOffset from)
    {
        var book = new PermitBook(1, windows);
        var calls = new List<DateTimeOffset>();
        var largest = 0;
        var now = from;
        while (now < from + TimeSpan.FromHours(1))
        {
            var stored = book.Write();
            largest = Math.Max(largest, stored.Length);
            book = PermitBook.Read(stored);
            now = TakeAndAnswer(book, now, calls, wanted: 10) ?? now;
        }

        return (calls.Count, largest);
    }

    /// <summary>Takes and answers at once; returns the time to wait for when there was nothing.</summary>
    private static DateTimeOffset? TakeAndAnswer(PermitBook book, DateTimeOffset now, List<DateTimeOffset> calls, int wanted)
    {
        var result = book.Take(now, now + Minute, wanted, 0);
        if (result.Permit is not { } permit)
        {
            return result.NotBefore;
        }

        for (var i = 0; i < permit.Count; i++)
        {
            Assert.True(book.Complete(permit, now, null));
            calls.Add(now);
        }

        return null;
    }
}
