using Sluice.Core.Delivery;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel.Budgets;

/// <summary>A project that is known by more names than before has spent what it spent under the first.</summary>
public sealed class NamesTests
{
    private static readonly MixpanelCall Query = new("/engage", MixpanelBudget.Query);
    private static readonly MixpanelCallOutcome Done = new(200, null);

    private readonly SetTime _time = new();
    private readonly HeldBooks _books;
    private readonly MixpanelBudgets _secret;
    private readonly MixpanelBudgets _number;
    private readonly MixpanelBudgets _both;

    public NamesTests()
    {
        _books = new HeldBooks(_time);
        _secret = new MixpanelBudgets(_books, ["secret"], _time);
        _number = new MixpanelBudgets(_books, ["number"], _time);
        _both = new MixpanelBudgets(_books, ["number", "secret"], _time);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_of_before_and_after_are_one_hour()
    {
        Assert.Equal(40, await SpendAsync(_secret, 40));
        Assert.Equal(20, await SpendAsync(_both, 60));
        Assert.Equal(0, await SpendAsync(_secret, 1));
        Assert.Equal(0, (await _both.ReadAsync(MixpanelBudget.Query, Token)).Left);

        // Whoever knows only the number sees what was spent since it is known, and takes it from the others.
        Assert.Equal(40, await SpendAsync(_number, 60));
        _time.Now += TimeSpan.FromMinutes(61);
        Assert.Equal(60, (await _both.ReadAsync(MixpanelBudget.Query, Token)).Left);
    }

    [Fact]
    public async Task Who_finds_room_under_one_name_alone_takes_none()
    {
        for (var i = 0; i < 5; i++)
        {
            await _secret.For(MixpanelCaller.Person(TimeSpan.Zero)).EnterAsync(Query, Token);
        }

        Assert.Equal(3, await _number.ReserveAsync(MixpanelBudget.Query, "pull", 3, TimeSpan.FromHours(1), Token));
        var refused = await Assert.ThrowsAsync<MixpanelBudgetException>(
            async () => await _both.For(MixpanelCaller.Job(TimeSpan.Zero, "pull")).EnterAsync(Query, Token));
        Assert.Contains("run at once", refused.Message, StringComparison.Ordinal);
        var number = await _number.ReadAsync(MixpanelBudget.Query, Token);
        Assert.Equal((57, 3, 0), (number.Left, number.Reserved, number.Running));
    }

    [Fact]
    public async Task Where_the_store_is_away_for_one_name_no_other_keeps_a_call_that_is_not_made()
    {
        Assert.Equal(3, await _number.ReserveAsync(MixpanelBudget.Query, "pull", 3, TimeSpan.FromHours(1), Token));
        _books.AwayFor = "secret";
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _both.For(MixpanelCaller.Job(TimeSpan.Zero, "pull")).EnterAsync(Query, Token));
        var number = await _number.ReadAsync(MixpanelBudget.Query, Token);
        Assert.Equal((57, 3, 0), (number.Left, number.Reserved, number.Running));
    }

    [Fact]
    public async Task A_call_is_over_under_each_name_that_the_store_can_write()
    {
        var permit = await _both.For(MixpanelCaller.Person(TimeSpan.Zero)).EnterAsync(Query, Token);
        _books.AwayFor = "number";
        await permit.CompleteAsync(Done, CancellationToken.None);
        _books.AwayFor = null;
        _time.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(0, (await _secret.ReadAsync(MixpanelBudget.Query, Token)).Running);
        Assert.Equal(1, (await _number.ReadAsync(MixpanelBudget.Query, Token)).Running);
    }

    [Fact]
    public async Task A_job_keeps_as_many_as_all_names_have()
    {
        await SpendAsync(_secret, 45);
        Assert.Equal(15, await _both.ReserveAsync(MixpanelBudget.Query, "pull", 30, TimeSpan.FromHours(1), Token));
        Assert.True((await _number.ReadAsync(MixpanelBudget.Query, Token)).Reserved >= 15);
        Assert.True((await _secret.ReadAsync(MixpanelBudget.Query, Token)).Reserved >= 15);

        await _both.ReleaseAsync(MixpanelBudget.Query, "pull", Token);
        Assert.Equal(0, (await _number.ReadAsync(MixpanelBudget.Query, Token)).Reserved);
        Assert.Equal(0, (await _secret.ReadAsync(MixpanelBudget.Query, Token)).Reserved);
    }

    [Fact]
    public async Task What_is_sent_counts_under_both()
    {
        await _secret.EnterIngestionAsync(29_990, TimeSpan.FromSeconds(76), TimeSpan.Zero, Token);
        await Assert.ThrowsAsync<MixpanelBudgetException>(() => _both.EnterIngestionAsync(11, TimeSpan.FromSeconds(76), TimeSpan.Zero, Token));
        Assert.Equal(10, (await _both.ReadAsync(MixpanelBudget.Ingestion, Token)).Left);

        (await _both.EnterIngestionAsync(10, TimeSpan.FromSeconds(76), TimeSpan.Zero, Token)).Return();
        await _both.EnterIngestionAsync(10, TimeSpan.FromSeconds(76), TimeSpan.Zero, Token);
    }

    private async Task<int> SpendAsync(MixpanelBudgets budgets, int most)
    {
        for (var made = 0; made < most; made++)
        {
            _time.Now += TimeSpan.FromMilliseconds(10);
            try
            {
                await (await budgets.For(MixpanelCaller.Person(TimeSpan.Zero)).EnterAsync(Query, Token)).CompleteAsync(Done, CancellationToken.None);
            }
            catch (MixpanelBudgetException)
            {
                return made;
            }
        }

        return most;
    }
}
