using Sluice.Simulators;

namespace Sluice.Tests.Delivery;

/// <summary>
/// Knows whether anything is going on, and moves the clock only when nothing is: a slow machine must not look like a slow Brevo, and
/// nobody waits for a clock that has nothing to wait for. Counted is each step of the code that <see cref="RunAsync"/> has begun, what the
/// store does for it (<see cref="Watched{T}"/>), and each of its calls until the answer is read (<see cref="Wire"/>).
/// </summary>
internal sealed class Activity
{
    private static readonly TimeSpan RealLimit = TimeSpan.FromMinutes(6);
    private readonly CountingContext _context;
    private long _begun;
    private long _begunBeforeStep = -1;
    private int _under;
    private TaskCompletionSource? _ended;

    public Activity() => _context = new CountingContext(this);

    /// <summary>Whoever is busy for longer waits for the clock in a way that nobody has told us of: that is a fault of the test, and told as one.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How many calls wait for the clock at the other end: these alone do not keep it from moving.</summary>
    public Func<int> Held { get; set; } = () => 0;

    /// <summary>Whether the other end has nothing on its way to us.</summary>
    public Func<bool> IsFarEndQuiet { get; set; } = () => true;

    /// <summary>Rises with everything that begins.</summary>
    private long Begun => Interlocked.Read(ref _begun);

    /// <summary>More that is held than goes on is a caller who gave up, of which the other end does not know yet.</summary>
    private bool IsQuiet => Volatile.Read(ref _under) == Held() && IsFarEndQuiet();

    public void Begin()
    {
        Interlocked.Increment(ref _under);
        Interlocked.Increment(ref _begun);
    }

    public void End()
    {
        if (Interlocked.Decrement(ref _under) == 0)
        {
            Interlocked.Exchange(ref _ended, null)?.TrySetResult();
        }
    }

    /// <summary>Ends a moment later: what the thread that ends it does next may begin something.</summary>
    public void EndSoon() => ThreadPool.UnsafeQueueUserWorkItem(static activity => activity.End(), this, preferLocal: false);

    /// <summary>Runs something of which each step counts.</summary>
    public Task RunAsync(Func<Task> work)
    {
        var begun = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        _context.Post(_ => begun.SetResult(BeginAsync()), null);
        return begun.Task.Unwrap();

        async Task BeginAsync() => await work();
    }

    /// <summary>Lets time pass until something holds; it is looked at when nothing goes on.</summary>
    /// <param name="state">What is told when it never holds.</param>
    /// <param name="lookEvery">While only time passes, it is looked at after so many steps.</param>
    public async Task UntilAsync(ManualClock clock, Func<Task<bool>> condition, TimeSpan longestStep, Func<Task<string>> state, TimeSpan? realLimit = null, int lookEvery = 1)
    {
        var started = TimeProvider.System.GetTimestamp();
        var looked = -1L;
        for (var step = 0; ; step++)
        {
            await QuietAsync();
            var begun = Begun;
            if ((begun != looked || step % lookEvery == 0) && await condition())
            {
                return;
            }

            looked = begun;
            if (TimeProvider.System.GetElapsedTime(started) > (realLimit ?? RealLimit))
            {
                throw new TimeoutException($"Not reached by {clock.GetUtcNow():O}: {await state()}");
            }

            Advance(clock, longestStep);
        }
    }

    /// <summary>Lets time pass.</summary>
    /// <returns>How often something was to happen meanwhile.</returns>
    public async Task<int> PassAsync(ManualClock clock, TimeSpan length, TimeSpan longestStep)
    {
        var until = clock.GetUtcNow() + length;
        var steps = 0;
        await QuietAsync();
        for (; until - clock.GetUtcNow() is var left && left > TimeSpan.Zero; steps++)
        {
            Advance(clock, left < longestStep ? left : longestStep);
            await QuietAsync();
        }

        return steps;
    }

    /// <summary>Waits until nothing goes on: what is left to happen waits for the clock.</summary>
    private async Task QuietAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (TimeProvider.System.GetElapsedTime(started) > LongestWait)
            {
                throw new TimeoutException(
                    $"Never quiet for {LongestWait}: {Volatile.Read(ref _under)} go on, {Held()} of them wait for the clock, the other end is {(IsFarEndQuiet() ? "quiet" : "busy")}, {Begun} have begun.");
            }

            var begun = Begun;
            if (!IsQuiet)
            {
                await ChangeAsync();
                continue;
            }

            if (Held() > 0)
            {
                // A caller who has just given up does not show until the connection is closed.
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }

            // Behind whatever stands in the queue of the thread pool.
            await Task.Yield();
            await Task.Yield();
            if (begun != _begunBeforeStep)
            {
                // The clients go on without the counted context after an answer: a thread of theirs may have been interrupted before it is back.
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }

            if (IsQuiet && Begun == begun)
            {
                return;
            }
        }
    }

    private void Advance(ManualClock clock, TimeSpan longestStep)
    {
        _begunBeforeStep = Begun;
        var now = clock.GetUtcNow();
        var step = clock.NextTimer is { } next && next - now < longestStep ? next - now : longestStep;
        clock.Advance(step > TimeSpan.Zero ? step : TimeSpan.FromTicks(1));
    }

    private async Task ChangeAsync()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _ended, ended);

        // The other end tells nobody when it becomes quiet.
        var aWhile = Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        await (Volatile.Read(ref _under) == 0 ? aWhile : Task.WhenAny(ended.Task, aWhile));
    }

    /// <summary>Runs on the thread pool what comes after each wait, and counts it from the moment when it can run.</summary>
    private sealed class CountingContext(Activity activity) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            activity.Begin();
            ThreadPool.UnsafeQueueUserWorkItem(
                work =>
                {
                    SetSynchronizationContext(this);
                    try
                    {
                        work.d(work.state);
                    }
                    finally
                    {
                        SetSynchronizationContext(null);
                        activity.End();
                    }
                },
                (d, state),
                preferLocal: false);
        }

        public override void Send(SendOrPostCallback d, object? state) => d(state);

        public override SynchronizationContext CreateCopy() => this;
    }
}
