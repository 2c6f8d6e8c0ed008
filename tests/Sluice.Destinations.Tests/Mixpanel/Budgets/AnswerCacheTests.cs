using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel.Budgets;

public sealed class AnswerCacheTests
{
    private readonly Clock _time = new();
    private readonly AnswerCache _cache;
    private int _asked;

    public AnswerCacheTests() => _cache = new AnswerCache(TimeSpan.FromMinutes(1), maxBytes: 800, _time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Those_who_ask_the_same_at_once_share_one_answer()
    {
        var gate = new TaskCompletionSource<MixpanelRawAnswer>();
        var all = Enumerable.Range(0, 8).Select(_ => _cache.GetAsync("q", _ => Ask(gate.Task), Token)).ToList();
        gate.SetResult(Answer(200, 10));

        var answers = await Task.WhenAll(all);
        Assert.Equal(1, _asked);
        Assert.All(answers, answer => Assert.Same(answers[0], answer));
    }

    [Fact]
    public async Task A_success_is_given_again_for_a_minute()
    {
        await AskAsync("q", Answer(200, 10));
        _time.Now += TimeSpan.FromSeconds(59);
        await AskAsync("q", Answer(200, 10));
        Assert.Equal(1, _asked);

        _time.Now += TimeSpan.FromSeconds(1);
        await AskAsync("q", Answer(200, 10));
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task A_failure_is_not_given_again()
    {
        await AskAsync("q", Answer(400, 10));
        await AskAsync("q", Answer(200, 10));
        await Assert.ThrowsAsync<MixpanelException>(() => _cache.GetAsync("other", _ => Task.FromException<MixpanelRawAnswer>(new MixpanelException("cut")), Token));
        await AskAsync("other", Answer(200, 10));
        Assert.Equal(3, _asked);
    }

    [Fact]
    public async Task No_more_is_kept_than_there_is_room_for()
    {
        for (var i = 0; i < 20; i++)
        {
            await AskAsync("q" + i, Answer(200, 100));
            Assert.InRange(_cache.Bytes, 0, 800);
        }

        // The newest are kept, and what is too large is not.
        await AskAsync("q19", Answer(200, 100));
        Assert.Equal(20, _asked);
        await AskAsync("large", Answer(200, 101));
        await AskAsync("large", Answer(200, 101));
        Assert.Equal(22, _asked);
    }

    [Fact]
    public async Task Who_goes_away_takes_the_answer_from_nobody_else()
    {
        var gate = new TaskCompletionSource<MixpanelRawAnswer>();
        using var first = new CancellationTokenSource();
        var gone = _cache.GetAsync("q", token => Ask(gate.Task.WaitAsync(token)), first.Token);
        var stays = _cache.GetAsync("q", _ => throw new InvalidOperationException("asked twice"), Token);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);

        gate.SetResult(Answer(200, 10));
        Assert.Equal(200, (await stays).Status);
    }

    [Fact]
    public async Task When_nobody_waits_any_more_the_call_ends()
    {
        var ended = new TaskCompletionSource();
        using var caller = new CancellationTokenSource();
        var gone = _cache.GetAsync(
            "q",
            async token =>
            {
                await using var _ = token.Register(ended.SetResult);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return Answer(200, 1);
            },
            caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await ended.Task.WaitAsync(TimeSpan.FromMinutes(2), Token);

        await AskAsync("q", Answer(200, 10));
        Assert.Equal(1, _asked);
    }

    private static MixpanelRawAnswer Answer(int status, int bytes) => new(status, "application/json", new byte[bytes], null);

    private Task<MixpanelRawAnswer> AskAsync(string key, MixpanelRawAnswer answer) => _cache.GetAsync(key, _ => Ask(Task.FromResult(answer)), Token);

    private Task<MixpanelRawAnswer> Ask(Task<MixpanelRawAnswer> answer)
    {
        _asked++;
        return answer;
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
