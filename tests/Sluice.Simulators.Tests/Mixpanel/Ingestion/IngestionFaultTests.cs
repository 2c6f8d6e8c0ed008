using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class IngestionFaultTests : IAsyncLifetime
{
    private MixpanelHarness _mixpanel = null!;

    private string Batch => $"[{_mixpanel.Event()}]";

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelHarness.StartAsync();

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Fact]
    public async Task Answers_come_as_scripted_and_are_not_processed()
    {
        MixpanelFaultEffect[] effects =
        [
            MixpanelFaultEffect.TooManyRequests(7), MixpanelFaultEffect.TooManyRequests(), MixpanelFaultEffect.Error(500, "x"),
            MixpanelFaultEffect.Gateway(502), MixpanelFaultEffect.Gateway(503),
        ];
        List<Answer> answers = [];
        foreach (var effect in effects)
        {
            _mixpanel.Simulator.Faults.Add("POST", "/import", effect);
            answers.Add(await _mixpanel.ImportAsync(Batch));
        }

        Assert.Equal([429, 429, 500, 502, 503], answers.Select(answer => answer.Status));
        Assert.Equal("7", answers[0].Headers["Retry-After"]);
        Assert.False(answers[1].Headers.ContainsKey("Retry-After"));
        Assert.Equal("""{"code":500,"error":"x","status":"Internal Server Error"}""", answers[2].Text);
        Assert.StartsWith("<html>", answers[3].Text, StringComparison.Ordinal);
        Assert.StartsWith("text/html", answers[4].Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Empty(_mixpanel.Events);
        Assert.Equal((0, 0), (_mixpanel.Simulator.Calls.BudgetViolationCount, _mixpanel.Simulator.Volume(MixpanelHarness.Project).InWindow));
        Assert.Equal(200, (await _mixpanel.ImportAsync(Batch)).Status);
    }

    [Fact]
    public async Task A_cut_call_changes_nothing_and_a_lost_answer_leaves_its_effect()
    {
        _mixpanel.Simulator.Faults.Add("POST", "/import", MixpanelFaultEffect.CutBefore());
        await Assert.ThrowsAsync<HttpRequestException>(() => _mixpanel.ImportAsync(Batch));
        Assert.Empty(_mixpanel.Events);

        _mixpanel.Simulator.Faults.Add("POST", "/import", MixpanelFaultEffect.CutAfter());
        await Assert.ThrowsAsync<HttpRequestException>(() => _mixpanel.ImportAsync(Batch));
        Assert.Single(_mixpanel.Events);
        Assert.Equal(
            [(0, "CutBefore", 0), (0, "CutAfter", 1)],
            _mixpanel.Simulator.Calls.Last.Select(call => (call.Status, call.Fault!, call.Accepted)));
    }

    [Theory]
    [InlineData(MixpanelFaultKind.Delay, 0)]
    [InlineData(MixpanelFaultKind.SlowAnswer, 1)]
    public async Task Waits_follow_the_clock(MixpanelFaultKind kind, int eventsWhileWaiting)
    {
        var batch = Batch;
        _mixpanel.Simulator.Faults.Add("POST", "/import", new MixpanelFaultEffect { Kind = kind, Duration = TimeSpan.FromMinutes(3) });

        var call = _mixpanel.ImportAsync(batch);
        await MixpanelHarness.UntilAsync(() => _mixpanel.Simulator.HeldAnswers == 1);
        Assert.Equal(eventsWhileWaiting, _mixpanel.Events.Count);
        _mixpanel.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.False(call.IsCompleted);
        _mixpanel.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(200, (await call.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken)).Status);
        Assert.Equal(0, _mixpanel.Simulator.HeldAnswers);
    }

    [Fact]
    public async Task A_hanging_call_ends_when_the_caller_gives_up()
    {
        _mixpanel.Simulator.Faults.Add("GET", "/track", MixpanelFaultEffect.Hang());
        using var patience = new CancellationTokenSource();

        var call = _mixpanel.SendAsync("GET", "/track", cancellationToken: patience.Token);
        await MixpanelHarness.UntilAsync(() => _mixpanel.Simulator.Faults.Rules[0].Fired == 1);
        Assert.False(call.IsCompleted);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await MixpanelHarness.UntilAsync(() => _mixpanel.Simulator.Calls.Total == 1);
        Assert.Equal(0, _mixpanel.Simulator.Calls.Last[0].Status);
        Assert.Equal(0, _mixpanel.Simulator.HeldAnswers);
    }

    [Fact]
    public async Task Rules_choose_by_method_path_and_turn()
    {
        var effect = MixpanelFaultEffect.Gateway(503);
        _mixpanel.Simulator.Faults.Add(new MixpanelFault { Method = "GET", Path = "/lookup-tables*", Nth = 2, Effect = effect });
        var statuses = new int[4];
        for (var i = 0; i < statuses.Length; i++)
        {
            statuses[i] = (await _mixpanel.GetAsync("/lookup-tables?project_id=12345", MixpanelHarness.ServiceAccount)).Status;
        }

        Assert.Equal([200, 503, 200, 200], statuses);
        Assert.Equal(200, (await _mixpanel.ImportAsync(Batch)).Status);
    }
}
