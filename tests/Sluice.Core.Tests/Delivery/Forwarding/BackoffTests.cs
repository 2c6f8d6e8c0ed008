using Sluice.Core.Delivery.Forwarding;

namespace Sluice.Core.Tests.Delivery.Forwarding;

public sealed class BackoffTests
{
    [Fact]
    public void It_doubles_from_two_seconds_to_a_minute_and_begins_anew_after_a_success()
    {
        var time = new StillTime();
        var backoff = new Backoff(new ForwardOptions(), time, () => 0);
        Assert.Equal([3, 5, 9, 17, 33, 61, 61], Enumerable.Range(0, 7).Select(_ => Wait(backoff, time, TimeSpan.Zero)));
        backoff.Succeeded();
        Assert.Equal(3, Wait(backoff, time, TimeSpan.Zero));
    }

    [Fact]
    public void It_waits_some_seconds_at_random_and_never_less_than_it_was_asked_to()
    {
        var time = new StillTime();
        Assert.Equal(7, Wait(new Backoff(new ForwardOptions(), time, () => 1), time, TimeSpan.Zero));
        Assert.Equal(30, Wait(new Backoff(new ForwardOptions(), time, () => 1), time, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Whoever_is_asked_to_wait_for_years_waits_for_an_hour()
    {
        var time = new StillTime();
        var backoff = new Backoff(new ForwardOptions(), time, () => 0);
        backoff.Failed(TimeSpan.FromDays(20_000));
        using var asking = new CancellationTokenSource();
        var wait = backoff.WaitAsync(asking.Token);
        Assert.False(wait.IsCompleted);
        await asking.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        time.Now += TimeSpan.FromHours(1);
        Assert.True(backoff.WaitAsync(CancellationToken.None).IsCompletedSuccessfully);
    }

    [Fact]
    public void Calls_that_fail_together_are_one_failure()
    {
        var time = new StillTime();
        var backoff = new Backoff(new ForwardOptions(), time, () => 0);
        for (var i = 0; i < 8; i++)
        {
            backoff.Failed(TimeSpan.Zero);
        }

        time.Now += TimeSpan.FromSeconds(4);
        Assert.True(backoff.WaitAsync(CancellationToken.None).IsCompletedSuccessfully);
        Assert.Equal(5, Wait(backoff, time, TimeSpan.Zero));
    }

    /// <summary>How long it holds after a failure, in seconds.</summary>
    private static int Wait(Backoff backoff, StillTime time, TimeSpan asked)
    {
        backoff.Failed(asked);
        for (var seconds = 0; seconds < 1_000; seconds++)
        {
            using var asking = new CancellationTokenSource();
            var wait = backoff.WaitAsync(asking.Token);
            if (wait.IsCompletedSuccessfully)
            {
                return seconds;
            }

            asking.Cancel();
            time.Now += TimeSpan.FromSeconds(1);
        }

        return -1;
    }

    private sealed class StillTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddDays(20_000);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
