using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Budgets;

/// <summary>Mixpanel's budgets over a real store: two nodes and restarts share them.</summary>
public abstract class MixpanelBudgetsContract : IAsyncLifetime
{
    private static readonly MixpanelCall Query = new("/engage", MixpanelBudget.Query);
    private static readonly MixpanelCallOutcome Done = new(200, null);
    private static readonly MixpanelCaller Hasty = MixpanelCaller.Person(TimeSpan.Zero);
    private static readonly MixpanelCaller Patient = MixpanelCaller.Person(TimeSpan.FromMinutes(5));

    // Each test has an account of its own: all of them may share a database.
    private readonly string _account = MixpanelBudgets.AccountOf(new Uri("https://mixpanel.com"), Guid.NewGuid().ToString());
    private Store _one = null!;
    private Store _other = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private MixpanelBudgets One => new(_one.PermitBooks, _account, TimeProvider.System);

    private MixpanelBudgets Other => new(_other.PermitBooks, _account, TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        await PrepareAsync();
        _one = await OpenAsync();
        _other = await OpenAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Two_nodes_together_make_sixty_calls_an_hour_and_five_at_once()
    {
        var (running, most, made, refused) = (0, 0, 0, 0);
        var nodes = new[] { One, Other };
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async caller =>
        {
            var gate = nodes[caller % 2].For(Patient);
            for (var call = 0; call < 8; call++)
            {
                try
                {
                    var permit = await gate.EnterAsync(Query, Token);
                    var now = Interlocked.Increment(ref running);
                    int known;
                    while (now > (known = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, now, known) != known)
                    {
                        // Another has written meanwhile.
                    }

                    await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
                    Interlocked.Increment(ref made);
                    Interlocked.Decrement(ref running);
                    await permit.CompleteAsync(Done, CancellationToken.None);
                }
                catch (MixpanelBudgetException e)
                {
                    Interlocked.Increment(ref refused);
                    Assert.Equal((MixpanelBudget.Query, 0), (e.Budget, e.Left));
                    Assert.InRange(e.RetryAfter, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(61));
                }
            }
        }));

        Assert.Equal((60, 36), (made, refused));
        Assert.InRange(most, 2, 5);
    }

    [Fact]
    public async Task A_restart_forgets_nothing()
    {
        for (var i = 0; i < 7; i++)
        {
            await CallAsync(One);
        }

        await One.ReserveAsync(MixpanelBudget.Query, "pull", 20, TimeSpan.FromHours(1), Token);
        await _one.DisposeAsync();
        _one = await OpenAsync();

        var reading = await One.ReadAsync(MixpanelBudget.Query, Token);
        Assert.Equal((60, 33, 20, 0), (reading.Limit, reading.Left, reading.Reserved, reading.Running));
        Assert.NotNull(reading.MoreAt);
    }

    [Fact]
    public async Task The_calls_of_a_node_that_died_still_take_their_places()
    {
        for (var i = 0; i < 5; i++)
        {
            await One.For(Hasty).EnterAsync(Query, Token);
        }

        await _one.DisposeAsync();
        _one = await OpenAsync();
        await Assert.ThrowsAsync<MixpanelBudgetException>(async () => await One.For(Hasty).EnterAsync(Query, Token));
        Assert.Equal(5, (await Other.ReadAsync(MixpanelBudget.Query, Token)).Running);
    }

    [Fact]
    public async Task Who_waits_for_a_place_gets_it_when_another_node_gives_it_back()
    {
        var permits = new List<IMixpanelPermit>();
        for (var i = 0; i < 5; i++)
        {
            permits.Add(await One.For(Hasty).EnterAsync(Query, Token));
        }

        var waiting = Other.For(Patient).EnterAsync(Query, Token).AsTask();
        await Assert.ThrowsAsync<MixpanelBudgetException>(async () => await Other.For(Hasty).EnterAsync(Query, Token));
        Assert.False(waiting.IsCompleted);
        await permits[3].CompleteAsync(Done, CancellationToken.None);

        var granted = await waiting.WaitAsync(TimeSpan.FromMinutes(3), Token);
        await granted.CompleteAsync(Done, CancellationToken.None);
    }

    [Fact]
    public async Task Who_goes_away_while_waiting_takes_nothing()
    {
        for (var i = 0; i < 5; i++)
        {
            await One.For(Hasty).EnterAsync(Query, Token);
        }

        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var waiting = One.For(Patient).EnterAsync(Query, caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(5, (await One.ReadAsync(MixpanelBudget.Query, Token)).Running);
    }

    [Fact]
    public async Task What_one_node_reserves_for_a_job_people_of_the_other_do_not_get()
    {
        Assert.Equal(50, await One.ReserveAsync(MixpanelBudget.Query, "pull", 500, TimeSpan.FromHours(1), Token));
        for (var i = 0; i < 10; i++)
        {
            await CallAsync(Other);
        }

        // A place is free again a moment after its call; who asks within that moment is refused for another reason.
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        var refused = await Assert.ThrowsAsync<MixpanelBudgetException>(async () => await Other.For(Hasty).EnterAsync(Query, Token));
        Assert.Contains("kept for others", refused.Message, StringComparison.Ordinal);
        var permit = await Other.For(MixpanelCaller.Job(TimeSpan.FromMinutes(5), "pull")).EnterAsync(Query, Token);
        await permit.CompleteAsync(Done, CancellationToken.None);

        await One.ReleaseAsync(MixpanelBudget.Query, "pull", Token);
        await CallAsync(Other);
    }

    [Fact]
    public async Task A_429_that_one_node_gets_holds_the_other()
    {
        var permit = await One.For(Hasty).EnterAsync(Query, Token);
        await permit.CompleteAsync(new MixpanelCallOutcome(429, TimeSpan.FromMinutes(9)), CancellationToken.None);

        var held = await Assert.ThrowsAsync<MixpanelBudgetException>(async () => await Other.For(Hasty).EnterAsync(Query, Token));
        Assert.InRange(held.RetryAfter, TimeSpan.FromMinutes(8), TimeSpan.FromMinutes(9));
        Assert.NotNull((await Other.ReadAsync(MixpanelBudget.Query, Token)).HeldUntil);
    }

    [Fact]
    public async Task Two_nodes_together_send_no_more_than_a_minutes_ingestion_and_a_restart_forgets_none_of_it()
    {
        // None of these ends, so that it does not matter how long this takes.
        var large = new MixpanelCall("/import", MixpanelBudget.Ingestion) { Bytes = 100_000_000, Records = 2_000, Length = TimeSpan.FromHours(1) };
        var granted = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async caller =>
        {
            var gate = (caller % 2 == 0 ? One : Other).For(Hasty);
            for (var call = 0; call < 8; call++)
            {
                try
                {
                    await gate.EnterAsync(large, Token);
                    Interlocked.Increment(ref granted);
                }
                catch (MixpanelBudgetException e)
                {
                    Assert.Equal(MixpanelBudget.Ingestion, e.Budget);
                }
            }
        }));
        Assert.Equal(19, granted);

        await _one.DisposeAsync();
        _one = await OpenAsync();
        await Assert.ThrowsAsync<MixpanelBudgetException>(async () => await One.For(Hasty).EnterAsync(large, Token));
        Assert.Equal(30_000 - (19 * 1_501), (await Other.ReadAsync(MixpanelBudget.Ingestion, Token)).Left);
    }

    [Fact]
    public async Task Budgets_are_apart_and_so_are_projects()
    {
        var permit = await One.For(Hasty).EnterAsync(Query, Token);
        await permit.CompleteAsync(new MixpanelCallOutcome(429, TimeSpan.FromMinutes(9)), CancellationToken.None);

        Assert.Equal(60, (await One.ReadAsync(MixpanelBudget.Export, Token)).Left);
        await (await One.For(Hasty).EnterAsync(new MixpanelCall("/export", MixpanelBudget.Export), Token)).CompleteAsync(Done, CancellationToken.None);
        await (await One.For(Hasty).EnterAsync(new MixpanelCall("/me", MixpanelBudget.App), Token)).CompleteAsync(Done, CancellationToken.None);
        await CallAsync(new MixpanelBudgets(_one.PermitBooks, _account + "x", TimeProvider.System));
    }

    protected abstract Task PrepareAsync();

    protected abstract Task<Store> OpenAsync();

    private static async Task CallAsync(MixpanelBudgets budgets)
    {
        var permit = await budgets.For(Patient).EnterAsync(Query, Token);
        await permit.CompleteAsync(Done, CancellationToken.None);
    }
}

public sealed class SqliteMixpanelBudgetsTests : MixpanelBudgetsContract
{
    private readonly TempFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override Task PrepareAsync() => Task.CompletedTask;

    // What is tested does not hang on the disk.
    protected override Task<Store> OpenAsync() => Store.OpenSqliteAsync(_folder.Combine("sluice.db"), TimeProvider.System, Token, durable: false);
}

public sealed class PostgresMixpanelBudgetsTests : MixpanelBudgetsContract
{
    private PostgresDatabase? _database;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _database!.DisposeAsync();
    }

    protected override async Task PrepareAsync() => _database = await (await PostgresServer.SharedAsync(Token)).CreateDatabaseAsync(Token);

    protected override Task<Store> OpenAsync() => Store.OpenPostgresAsync(_database!.ConnectionString, Token);
}
