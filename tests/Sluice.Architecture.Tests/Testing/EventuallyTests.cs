using Sluice.Testing;

namespace Sluice.Architecture.Tests.Testing;

public sealed class EventuallyTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_wanted_state_is_returned()
    {
        var reads = 0;

        var state = await Eventually.GetAsync("three reads", () => ++reads, isReached: count => count >= 3, cancellationToken: Token);

        Assert.Equal(3, state);
        Assert.Equal(3, reads);
    }

    [Fact]
    public async Task Time_up_tells_what_was_awaited_and_the_last_state()
    {
        var failure = await Assert.ThrowsAsync<TimeoutException>(
            () => Eventually.GetAsync("the list is full", () => new[] { "a", "b" }, isReached: _ => false, Short, cancellationToken: Token));

        Assert.StartsWith("Not within 0.2 s: the list is full. Reads: ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("Last state: [a, b]", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_that_throws_is_tried_again()
    {
        var reads = 0;

        await Eventually.TrueAsync("it works", () => ++reads >= 2 ? true : throw new InvalidOperationException("not yet"), cancellationToken: Token);

        Assert.Equal(2, reads);
    }

    [Fact]
    public async Task An_assertion_that_never_passes_is_the_last_state()
    {
        var failure = await Assert.ThrowsAsync<TimeoutException>(() => Eventually.PassesAsync(
            "one is two",
            _ =>
            {
                Assert.Equal(1, 2);
                return Task.CompletedTask;
            },
            Short,
            cancellationToken: Token));

        Assert.Contains("EqualException", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.InnerException);
    }

    [Fact]
    public async Task A_read_that_hangs_does_not_outlast_the_limit()
    {
        var never = new TaskCompletionSource<int>();

        var failure = await Assert.ThrowsAsync<TimeoutException>(
            () => Eventually.GetAsync("an answer", _ => never.Task, isReached: _ => true, Short, cancellationToken: Token));

        Assert.EndsWith("no read has ended", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_callers_cancel_stays_a_cancel()
    {
        using var cancel = new CancellationTokenSource();
        var wait = Eventually.GetAsync(
            "never",
            () =>
            {
                cancel.Cancel();
                return 0;
            },
            isReached: _ => false,
            cancellationToken: cancel.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }
}
