using Sluice.Simulators.Brevo;

namespace Sluice.Simulators.Tests.Brevo;

public sealed class FaultTests : IAsyncLifetime
{
    private const string Jane = """{"email":"jane@example.test"}""";

    private BrevoHarness _brevo = null!;

    public async ValueTask InitializeAsync() => _brevo = await BrevoHarness.StartAsync();

    public ValueTask DisposeAsync() => _brevo.DisposeAsync();

    [Fact]
    public async Task A_call_cut_before_processing_changes_nothing()
    {
        _brevo.Simulator.Faults.Add("POST", "/contacts", BrevoFaultEffect.CutBefore());

        await Assert.ThrowsAsync<HttpRequestException>(() => _brevo.PostAsync("/contacts", Jane));

        Assert.Equal(0, _brevo.Simulator.ContactCount);
        Assert.Equal(201, (await _brevo.PostAsync("/contacts", Jane)).Status);
    }

    [Fact]
    public async Task A_lost_answer_leaves_its_effect()
    {
        _brevo.Simulator.Faults.Add("POST", "/contacts", BrevoFaultEffect.CutAfter());

        await Assert.ThrowsAsync<HttpRequestException>(() => _brevo.PostAsync("/contacts", Jane));

        Assert.Equal(1, _brevo.Simulator.ContactCount);
        Assert.Equal((0, "CutAfter"), (_brevo.Simulator.Calls.Last[^1].Status, _brevo.Simulator.Calls.Last[^1].Fault));
    }

    [Fact]
    public async Task Answers_come_as_scripted_and_are_not_processed()
    {
        BrevoFaultEffect[] effects =
        [
            BrevoFaultEffect.Error(500, "internal_error", "x"),
            BrevoFaultEffect.Gateway(502),
            BrevoFaultEffect.Gateway(524),
            BrevoFaultEffect.Error(503, "unavailable", "x"),
            BrevoFaultEffect.TooEarly(),
            BrevoFaultEffect.UnrecognisedAddress(),
            BrevoFaultEffect.TooManyRequests(17),
            BrevoFaultEffect.TooManyRequests(null),
        ];
        List<Reply> replies = [];
        foreach (var effect in effects)
        {
            _brevo.Simulator.Faults.Add("POST", "/contacts", effect);
            replies.Add(await _brevo.PostAsync("/contacts", Jane));
        }

        Assert.Equal([500, 502, 524, 503, 425, 401, 429, 429], replies.Select(reply => reply.Status));
        Assert.StartsWith("<html>", replies[1].Text, StringComparison.Ordinal);
        Assert.StartsWith("text/html", replies[2].Headers["Content-Type"], StringComparison.Ordinal);
        Assert.StartsWith("We have detected you are using an unrecognised IP address", replies[5].Message, StringComparison.Ordinal);
        Assert.Equal((0, 17), (replies[6].Limit("remaining"), replies[6].Limit("reset")));
        Assert.False(replies[7].Headers.ContainsKey("x-sib-ratelimit-reset"));
        Assert.Equal(0, _brevo.Simulator.ContactCount);
        Assert.Equal(0, _brevo.Simulator.Calls.BudgetViolationCount);
    }

    [Theory]
    [InlineData(BrevoFaultKind.Delay, 0)]
    [InlineData(BrevoFaultKind.SlowAnswer, 1)]
    public async Task Waits_follow_the_clock(BrevoFaultKind kind, int contactsWhileWaiting)
    {
        _brevo.Simulator.Faults.Add(
            "POST", "/contacts", new BrevoFaultEffect { Kind = kind, Duration = TimeSpan.FromMinutes(3) });

        var call = _brevo.PostAsync("/contacts", Jane);
        await UntilAsync(() => _brevo.Simulator.HeldAnswers == 1);
        Assert.Equal(contactsWhileWaiting, _brevo.Simulator.ContactCount);
        _brevo.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.False(call.IsCompleted);
        _brevo.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(201, (await call.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken)).Status);
        Assert.Equal(0, _brevo.Simulator.HeldAnswers);
    }

    [Fact]
    public async Task A_hanging_call_ends_when_the_caller_gives_up()
    {
        _brevo.Simulator.Faults.Add("GET", "/account", BrevoFaultEffect.Hang());
        using var patience = new CancellationTokenSource();

        var call = _brevo.ImpatientAsync("GET", "/account", body: null, "xkeysib-simulator", patience.Token);
        await UntilAsync(() => _brevo.Simulator.Faults.Rules[0].Fired == 1);
        Assert.False(call.IsCompleted);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await UntilAsync(() => _brevo.Simulator.Calls.Total == 1);
        Assert.Equal(0, _brevo.Simulator.Calls.Last[0].Status);
        Assert.Equal(0, _brevo.Simulator.HeldAnswers);
    }

    [Fact]
    public async Task Headers_can_be_left_out_of_a_normal_answer()
    {
        _brevo.Simulator.Faults.Add("GET", "/account", BrevoFaultEffect.NoRateLimitHeaders());

        var bare = await _brevo.GetAsync("/account");

        Assert.Equal(200, bare.Status);
        Assert.False(bare.Headers.ContainsKey("x-sib-ratelimit-limit"));
        Assert.True((await _brevo.GetAsync("/account")).Headers.ContainsKey("x-sib-ratelimit-limit"));
    }

    [Fact]
    public async Task Rules_choose_by_method_path_and_turn()
    {
        var effect = BrevoFaultEffect.Error(500, "internal_error", "x");
        _brevo.Simulator.CreateList("l", 15);
        _brevo.Simulator.Faults.Add(new BrevoFault { Method = "GET", Path = "/contacts/lists/*", Nth = 2, Effect = effect });
        Assert.Equal([200, 500, 200, 200], await StatusesAsync(4, "/contacts/lists/15"));
        Assert.Equal([200], await StatusesAsync(1, "/contacts/lists"));

        _brevo.Simulator.Faults.Clear();
        _brevo.Simulator.Faults.Add(new BrevoFault { Every = 3, Count = 2, Effect = effect });
        Assert.Equal([200, 200, 500, 200, 200, 500, 200, 200, 200], await StatusesAsync(9, "/account"));
    }

    [Fact]
    public async Task Probability_is_drawn_from_the_seed()
    {
        var fault = new BrevoFault { Probability = 0.5, Effect = BrevoFaultEffect.Error(500, "internal_error", "x") };
        _brevo.Simulator.Faults.Add(fault);
        var first = await StatusesAsync(40, "/account");
        _brevo.Simulator.Faults.Clear();
        _brevo.Simulator.Faults.Add(fault);

        Assert.Equal(first, await StatusesAsync(40, "/account"));
        Assert.InRange(first.Count(status => status == 500), 8, 32);
    }

    private async Task<IReadOnlyList<int>> StatusesAsync(int count, string path)
    {
        var statuses = new int[count];
        for (var i = 0; i < count; i++)
        {
            statuses[i] = (await _brevo.GetAsync(path)).Status;
        }

        return statuses;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
