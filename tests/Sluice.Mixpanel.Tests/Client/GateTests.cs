using Sluice.Mixpanel.Client;

namespace Sluice.Mixpanel.Tests.Client;

/// <summary>The gate is asked once for a call, and told once how it ended, when nothing more is read.</summary>
public sealed class GateTests
{
    private static readonly DateOnly Day = new(2026, 1, 1);

    private static CancellationToken Token => WireServer.Token;

    [Fact]
    public async Task Every_family_counts_against_its_own_budget()
    {
        var gate = new RecordingGate();
        await using var server = WireServer.Start(request => WireReply.Json(
            request.Line.Contains("data-deletions", StringComparison.Ordinal) ? """{"results":{"status":"PENDING"}}"""
            : request.Line.Contains("/api/app/", StringComparison.Ordinal) ? """{"results":[]}"""
            : request.Line.Contains("/import", StringComparison.Ordinal) ? """{"code":200}"""
            : "[]"));
        await server.Query(gate).CohortsAsync(Token);
        await DrainAsync(server.Export(gate));
        await server.App(gate).SchemasAsync(cancellationToken: Token);
        await server.App(gate).AnnotationsAsync(Day, Day, Token);
        await server.PersonalData(gate).DeletionAsync("t-1", Token);
        await new MixpanelIngestionClient(server.Http, server.Options(), gate).ImportAsync(new MixpanelBatch(), Token);
        Assert.Equal(
            [
                "enter /cohorts/list Query", "complete 200", "enter /export Export", "complete 200", "enter /schemas Schemas", "complete 200",
                "enter /annotations App", "complete 200", "enter /data-deletions/v3.0 Gdpr", "complete 200", "enter /import Ingestion", "complete 200",
            ],
            gate.Said);
    }

    [Fact]
    public async Task A_stream_holds_its_permit_to_the_last_byte()
    {
        var gate = new RecordingGate();
        await using var server = WireServer.Start("""[1,2,3]""");
        await using (var rows = server.Query(gate).JqlAsync("x", cancellationToken: Token).GetAsyncEnumerator(Token))
        {
            Assert.True(await rows.MoveNextAsync());
            Assert.Equal(["enter /jql Query"], gate.Said);
        }

        // Leaving early ends it as well.
        Assert.Equal(["enter /jql Query", "complete 200"], gate.Said);
    }

    [Fact]
    public async Task What_was_observed_is_told_also_when_the_call_failed()
    {
        var gate = new RecordingGate();
        await using var limited = WireServer.Start(_ => WireReply.Json("{}", 429) with { Headers = ["Retry-After: 30"] });
        await Assert.ThrowsAsync<MixpanelException>(() => limited.Query(gate).CohortsAsync(Token));
        await using var cut = WireServer.Start(_ => WireReply.Json("[") with { IsCut = true });
        await Assert.ThrowsAsync<MixpanelException>(() => cut.Query(gate).CohortsAsync(Token));
        await using var still = WireServer.Start(_ => WireReply.Json("[") with { StandsStill = true });
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Token);
        impatient.CancelAfter(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => still.Query(gate).CohortsAsync(impatient.Token));
        Assert.Equal(
            ["enter /cohorts/list Query", "complete 429 30s", "enter /cohorts/list Query", "complete 200", "enter /cohorts/list Query"],
            gate.Said.Take(5));
        Assert.StartsWith("complete", Assert.Single(gate.Said.Skip(5)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_gate_throws_passes_and_no_call_is_made()
    {
        await using var server = WireServer.Start("[]");
        var refusal = new MixpanelBudgetException(MixpanelBudget.Query, 0, DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(3), "it is used up");
        Assert.Same(refusal, await Assert.ThrowsAsync<MixpanelBudgetException>(() => server.Query(new RecordingGate { Refusal = refusal }).CohortsAsync(Token)));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Trouble_of_the_gate_never_hides_that_of_the_call()
    {
        var gate = new RecordingGate { Trouble = new InvalidOperationException("the store is away") };
        await using var cut = WireServer.Start(_ => WireReply.Json("[") with { IsCut = true });
        await Assert.ThrowsAsync<MixpanelException>(() => cut.Query(gate).CohortsAsync(Token));
        await using var refused = WireServer.Start("{}", 402);
        await Assert.ThrowsAsync<MixpanelException>(() => refused.Query(gate).CohortsAsync(Token));
        await using var well = WireServer.Start("[]");
        await Assert.ThrowsAsync<InvalidOperationException>(() => well.Query(gate).CohortsAsync(Token));
    }

    [Fact]
    public async Task The_deadline_begins_behind_the_gate()
    {
        var time = new CountingTime();
        var gate = new WatchingGate(() => time.Timers);
        await using var server = WireServer.Start("[]");
        Assert.Empty(await new MixpanelQueryClient(server.Http, server.Options() with { TimeProvider = time }, gate).CohortsAsync(Token));
        Assert.Equal(0, gate.TimersAtEntry);
        Assert.NotEqual(0, time.Timers);
    }

    private static async Task DrainAsync(MixpanelExportClient client)
    {
        try
        {
            await foreach (var batch in client.ExportAsync(new ExportRequest(Day, Day), Token))
            {
                Assert.Empty(batch.Records);
            }
        }
        catch (ExportInterruptedException)
        {
            // A list is no record.
        }
    }

    /// <summary>Every deadline is a timer.</summary>
    private sealed class CountingTime : TimeProvider
    {
        public int Timers { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class WatchingGate(Func<int> timers) : IMixpanelGate
    {
        public int? TimersAtEntry { get; private set; }

        public async ValueTask<IMixpanelPermit> EnterAsync(MixpanelCall call, CancellationToken cancellationToken)
        {
            await Task.Yield();
            TimersAtEntry = timers();
            return await new RecordingGate().EnterAsync(call, cancellationToken);
        }
    }
}
