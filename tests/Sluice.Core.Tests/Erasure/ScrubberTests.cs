using Sluice.Core.Delivery;
using Sluice.Core.Erasure;

namespace Sluice.Core.Tests.Erasure;

/// <summary>Cleaning the files takes time from whoever writes: a hundredth at most, whether it succeeds or not.</summary>
public sealed class ScrubberTests
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    private readonly SteppedTime _clock = new();
    private readonly DateTimeOffset _start;
    private int _times;

    public ScrubberTests() => _start = _clock.GetUtcNow();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_cleaned_is_remembered_for_whoever_comes_later()
    {
        var scrubber = new Scrubber(CleanAsync, _clock);
        Assert.Null(scrubber.CleanedFrom);
        await scrubber.TryAsync(Token);
        Assert.Equal(_start, scrubber.CleanedFrom);

        await scrubber.TryAsync(Token);
        _clock.Advance((Length * 100) - TimeSpan.FromSeconds(1));
        await scrubber.TryAsync(Token);
        Assert.Equal(1, _times);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await scrubber.TryAsync(Token);
        Assert.Equal((2, _start + (Length * 101)), (_times, scrubber.CleanedFrom));
    }

    [Fact]
    public async Task A_failure_is_not_repeated_at_once_and_takes_nothing_back()
    {
        var fails = false;
        var scrubber = new Scrubber(async token => fails ? await FailAsync() : await CleanAsync(token), _clock);
        await scrubber.TryAsync(Token);
        fails = true;
        _clock.Advance(Length * 100);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => scrubber.TryAsync(Token));
        Assert.Equal((_start, "no room"), (scrubber.CleanedFrom, scrubber.Failure));

        fails = false;
        _clock.Advance(Length * 99);
        await scrubber.TryAsync(Token);
        Assert.Equal(2, _times);
        _clock.Advance(Length);
        await scrubber.TryAsync(Token);
        Assert.Equal((3, null), (_times, scrubber.Failure));
    }

    private Task<DateTimeOffset> CleanAsync(CancellationToken cancellationToken)
    {
        var from = _clock.GetUtcNow();
        _times++;
        _clock.Advance(Length);
        return Task.FromResult(from);
    }

    private Task<DateTimeOffset> FailAsync()
    {
        _times++;
        _clock.Advance(Length);
        throw new StoreUnavailableException("no room");
    }

    private sealed class SteppedTime : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UnixEpoch.AddDays(20_000);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.Ticks;

        public void Advance(TimeSpan by) => _now += by;
    }
}
