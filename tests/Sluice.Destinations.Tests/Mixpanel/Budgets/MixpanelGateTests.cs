using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel.Budgets;

public sealed class MixpanelGateTests
{
    private static readonly MixpanelCall Query = new("/engage", MixpanelBudget.Query);

    private readonly HeldBooks _books = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_that_goes_away_meanwhile_takes_no_answer_with_it()
    {
        var permit = await Budgets().For(MixpanelCaller.Person(TimeSpan.Zero)).EnterAsync(Query, Token);
        _books.IsAway = true;
        await permit.CompleteAsync(new MixpanelCallOutcome(200, null), CancellationToken.None);

        _books.IsAway = false;
        Assert.Equal(1, (await Budgets().ReadAsync(MixpanelBudget.Query, Token)).Running);
    }

    [Fact]
    public async Task One_at_a_time_asks_the_book_of_a_budget()
    {
        var held = new TaskCompletionSource();
        _books.Held = held.Task;
        var budgets = Budgets();
        var entering = Enumerable.Range(0, 5).Select(_ => budgets.For(MixpanelCaller.Person(TimeSpan.Zero)).EnterAsync(Query, Token).AsTask()).ToList();
        Assert.Equal(1, _books.Inside);

        var other = budgets.For(MixpanelCaller.Person(TimeSpan.Zero)).EnterAsync(new MixpanelCall("/export", MixpanelBudget.Export), Token).AsTask();
        Assert.Equal(2, _books.Inside);
        held.SetResult();
        await Task.WhenAll([.. entering, other]);
    }

    [Fact]
    public async Task The_places_of_a_process_that_was_killed_are_free_after_four_minutes()
    {
        var time = new SetTime();
        var books = new HeldBooks(time);
        var killed = new MixpanelBudgets(books, "mixpanel-api/test", time);
        for (var i = 0; i < 5; i++)
        {
            await killed.For(MixpanelCaller.Person(TimeSpan.Zero)).EnterAsync(Query, Token);
        }

        var gate = new MixpanelBudgets(books, "mixpanel-api/test", time).For(MixpanelCaller.Person(TimeSpan.Zero));
        time.Now += TimeSpan.FromMinutes(4) - TimeSpan.FromSeconds(1);
        await Assert.ThrowsAsync<MixpanelBudgetException>(async () => await gate.EnterAsync(Query, Token));
        time.Now += TimeSpan.FromSeconds(2);
        await gate.EnterAsync(Query, Token);
    }

    private MixpanelBudgets Budgets() => new(_books, "mixpanel-api/test", TimeProvider.System);
}
