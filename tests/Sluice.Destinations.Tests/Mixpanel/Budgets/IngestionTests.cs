using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel.Budgets;

public sealed class IngestionTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly MixpanelCallOutcome Done = new(200, null);

    private readonly SetTime _time = new();
    private readonly HeldBooks _books;
    private readonly MixpanelBudgets _one;
    private readonly MixpanelBudgets _other;

    public IngestionTests()
    {
        _books = new HeldBooks(_time);
        _one = new MixpanelBudgets(_books, "mixpanel-api/test", _time);
        _other = new MixpanelBudgets(_books, "mixpanel-api/test", _time);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_no_minute_two_nodes_send_more_than_Mixpanel_takes()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var scenario = new IngestionScenario(seed);
            await scenario.RunAsync(1_500, Token);

            Assert.True(scenario.Refused > 0, $"Seed {seed} never came to the limit.");
            var (bytes, records) = Fullest(scenario.Arrived);
            Assert.InRange(bytes, 1, 2_000_000_000);
            Assert.InRange(records, 1, 1_800_000);
        }
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(66_666, 60, 1)]
    [InlineData(66_667, 1, 2)]
    [InlineData(1, 61, 2)]
    [InlineData(2_097_152, 2_000, 34)]
    [InlineData(100_000_000, 0, 1_501)]
    [InlineData(long.MaxValue / 2, 0, 30_000)]
    public void A_call_costs_what_the_scarcer_of_the_two_asks_for(long bytes, int records, int units) => Assert.Equal(units, IngestionUnits.Of(bytes, records));

    [Fact]
    public async Task Many_calls_cost_one_write()
    {
        for (var i = 0; i < 40; i++)
        {
            await CallAsync(_one, MixpanelBatch.MaxBytes, MixpanelBatch.MaxCount);
            _time.Now += TimeSpan.FromMilliseconds(100);
        }

        Assert.Equal(1, _books.Updates);
        await CallAsync(_other, 1, 1);
        Assert.Equal(2, _books.Updates);
    }

    [Fact]
    public async Task What_a_slice_did_not_spend_comes_back_with_the_next()
    {
        await CallAsync(_one, 1, 1);
        _time.Now += TimeSpan.FromSeconds(6);
        await CallAsync(_one, 1, 1);
        Assert.Equal(2, _books.Updates);

        // The second slice, and the one call of the first.
        Assert.Equal(30_000 - 1_500 - 1, (await _one.ReadAsync(MixpanelBudget.Ingestion, Token)).Left);
    }

    [Fact]
    public async Task What_a_call_turns_out_not_to_need_others_get()
    {
        for (var i = 0; i < 1_000; i++)
        {
            var permit = await _one.EnterIngestionAsync(IngestionUnits.FullCall, Minute, TimeSpan.Zero, Token);
            permit.Shrink(100, 1);
            await permit.CompleteAsync(hold: null);
        }

        Assert.Equal(1, _books.Updates);
        (await _one.EnterIngestionAsync(IngestionUnits.FullCall, Minute, TimeSpan.Zero, Token)).Return();
        Assert.Equal(1, _books.Updates);
    }

    [Fact]
    public async Task The_slices_of_a_node_that_died_end_when_its_calls_would_have()
    {
        var calls = 0;
        while (await TryAsync(_one) is not null)
        {
            calls++;
        }

        // All of the minute, by single calls: the smaller the rest, the smaller the slices.
        Assert.Equal(30_000 / 34, calls);
        var born = new MixpanelBudgets(_books, "mixpanel-api/test", _time);
        _time.Now += TimeSpan.FromSeconds(85) + Minute - TimeSpan.FromSeconds(1);
        Assert.Null(await TryAsync(born));
        _time.Now += TimeSpan.FromSeconds(2);
        Assert.NotNull(await TryAsync(born));
    }

    [Fact]
    public async Task Calls_that_have_ended_make_room_a_minute_later()
    {
        var permits = new List<IMixpanelPermit>();
        while (await TryAsync(_one) is { } permit)
        {
            permits.Add(permit);
        }

        foreach (var permit in permits)
        {
            await permit.CompleteAsync(Done, CancellationToken.None);
        }

        var refused = await Assert.ThrowsAsync<MixpanelBudgetException>(() => CallAsync(_one, 1_000_000, 2_000));
        Assert.Equal((MixpanelBudget.Ingestion, true), (refused.Budget, refused.Message.Contains("used up", StringComparison.Ordinal)));
        Assert.InRange(refused.RetryAfter, Minute, TimeSpan.FromSeconds(61));
        _time.Now += refused.RetryAfter;
        await CallAsync(_one, 1_000_000, 2_000);
    }

    [Fact]
    public async Task A_wait_that_Mixpanel_asks_for_holds_all_nodes()
    {
        var permit = await EnterAsync(_one, 1, 1);
        await permit.CompleteAsync(new MixpanelCallOutcome(429, TimeSpan.FromSeconds(40)), CancellationToken.None);

        foreach (var node in new[] { _one, _other })
        {
            var held = await Assert.ThrowsAsync<MixpanelBudgetException>(() => CallAsync(node, 1, 1));
            Assert.Equal(TimeSpan.FromSeconds(40), held.RetryAfter);
        }

        Assert.Equal(_time.Now + TimeSpan.FromSeconds(40), (await _one.ReadAsync(MixpanelBudget.Ingestion, Token)).HeldUntil);
        _time.Now += TimeSpan.FromSeconds(41);
        await CallAsync(_other, 1, 1);
    }

    [Fact]
    public async Task A_write_that_may_have_failed_frees_nothing_twice()
    {
        for (var i = 0; i < 40; i++)
        {
            await CallAsync(_one, MixpanelBatch.MaxBytes, MixpanelBatch.MaxCount);
        }

        _time.Now += TimeSpan.FromSeconds(6);
        _books.IsAway = true;
        await Assert.ThrowsAsync<Core.Delivery.StoreUnavailableException>(() => CallAsync(_one, 1, 1));
        _books.IsAway = false;
        await CallAsync(_one, 1, 1);

        // The first slice is not spoken of again, and counts as spent.
        Assert.Equal(30_000 - 1_500 - 1_500, (await _one.ReadAsync(MixpanelBudget.Ingestion, Token)).Left);
    }

    [Fact]
    public async Task Who_leaves_while_the_store_writes_takes_no_slice_along()
    {
        for (var i = 0; i < 40; i++)
        {
            await CallAsync(_one, MixpanelBatch.MaxBytes, MixpanelBatch.MaxCount);
        }

        _time.Now += TimeSpan.FromSeconds(6);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _books.Held = held.Task;
        using var leaving = new CancellationTokenSource();
        var asking = _one.EnterIngestionAsync(1, Minute, TimeSpan.Zero, leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        held.SetResult();

        // What the leaver asked for is there for whoever comes next.
        (await _one.EnterIngestionAsync(1_500, Minute, TimeSpan.Zero, Token)).Return();
        Assert.Equal(2, _books.Updates);
        Assert.Equal(30_000 - (40 * 34) - 1_500, (await _one.ReadAsync(MixpanelBudget.Ingestion, Token)).Left);
    }

    [Fact]
    public async Task A_person_takes_what_the_call_needs_and_no_slice()
    {
        var call = new MixpanelCall("/import", MixpanelBudget.Ingestion) { Bytes = 2, Records = 0, Length = Minute };
        await (await _one.For(MixpanelCaller.Person(TimeSpan.Zero)).EnterAsync(call, Token)).CompleteAsync(Done, CancellationToken.None);
        Assert.Equal(30_000 - 1, (await _one.ReadAsync(MixpanelBudget.Ingestion, Token)).Left);
    }

    [Fact]
    public async Task A_file_of_unknown_size_costs_as_the_largest()
    {
        var permit = await _one.For(MixpanelCaller.Job(TimeSpan.Zero)).EnterAsync(
            new MixpanelCall("/lookup-tables", MixpanelBudget.Ingestion) { Length = TimeSpan.FromMinutes(10) }, Token);
        Assert.Equal(30_000 - 1_501, (await _other.ReadAsync(MixpanelBudget.Ingestion, Token)).Left);

        // It may be on its way for as long as that.
        _time.Now += TimeSpan.FromMinutes(9);
        Assert.Equal(30_000 - 1_501, (await _other.ReadAsync(MixpanelBudget.Ingestion, Token)).Left);
        await permit.CompleteAsync(Done, CancellationToken.None);
    }

    [Fact]
    public async Task The_client_says_how_much_it_sends()
    {
        var gate = new Watch();
        using var http = new HttpClient(new Taken()) { Timeout = Timeout.InfiniteTimeSpan };
        var client = new MixpanelIngestionClient(
            http, new MixpanelClientOptions { Credentials = MixpanelCredentials.ProjectToken("token"), Hosts = MixpanelHosts.Of(MixpanelResidency.UnitedStates) }, gate);
        var batch = new MixpanelBatch();
        batch.TryAppend("""{"event":"a"}"""u8);
        batch.TryAppend("""{"event":"b"}"""u8);
        await client.ImportAsync(batch, Token);
        await client.EngageAsync(batch, Token);
        await client.GroupsAsync(batch, Token);

        var size = """[{"event":"a"},{"event":"b"}]""".Length;
        Assert.Equal(
            new[] { "/import", "/engage", "/groups" }.Select(path => ((string, long?, int, TimeSpan))(path, size, 2, Minute)),
            gate.Calls.Select(c => (c.Endpoint, c.Bytes, c.Records, c.Length)));
    }

    private static (long Bytes, long Records) Fullest(List<(DateTimeOffset At, long Bytes, int Records)> arrived)
    {
        arrived.Sort((one, other) => one.At.CompareTo(other.At));
        var (first, bytes, records, mostBytes, mostRecords) = (0, 0L, 0L, 0L, 0L);
        foreach (var call in arrived)
        {
            (bytes, records) = (bytes + call.Bytes, records + call.Records);
            while (call.At - arrived[first].At > Minute)
            {
                (bytes, records) = (bytes - arrived[first].Bytes, records - arrived[first].Records);
                first++;
            }

            (mostBytes, mostRecords) = (Math.Max(mostBytes, bytes), Math.Max(mostRecords, records));
        }

        return (mostBytes, mostRecords);
    }

    private static async Task<IMixpanelPermit?> TryAsync(MixpanelBudgets node)
    {
        try
        {
            return await EnterAsync(node, MixpanelBatch.MaxBytes, MixpanelBatch.MaxCount);
        }
        catch (MixpanelBudgetException)
        {
            return null;
        }
    }

    private static async Task CallAsync(MixpanelBudgets node, int bytes, int records) =>
        await (await EnterAsync(node, bytes, records)).CompleteAsync(Done, CancellationToken.None);

    private static async Task<IMixpanelPermit> EnterAsync(MixpanelBudgets node, int bytes, int records) =>
        await node.For(MixpanelCaller.Job(TimeSpan.Zero)).EnterAsync(
            new MixpanelCall("/import", MixpanelBudget.Ingestion) { Bytes = bytes, Records = records, Length = TimeSpan.FromSeconds(76) }, Token);

    private sealed class Watch : IMixpanelGate, IMixpanelPermit
    {
        public List<MixpanelCall> Calls { get; } = [];

        public ValueTask<IMixpanelPermit> EnterAsync(MixpanelCall call, CancellationToken cancellationToken)
        {
            Calls.Add(call);
            return new ValueTask<IMixpanelPermit>(this);
        }

        public ValueTask CompleteAsync(MixpanelCallOutcome outcome, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }

    private sealed class Taken : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.OK)
            {
                Content = new StringContent(request.RequestUri!.AbsolutePath == "/import" ? """{"code":200,"num_records_imported":2,"status":"OK"}""" : """{"status":1,"error":""}"""),
            });
    }
}
