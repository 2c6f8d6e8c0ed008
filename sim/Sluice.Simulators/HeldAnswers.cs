namespace Sluice.Simulators;

/// <summary>Counts the answers that are kept back until the clock has moved, or for ever: nobody needs to hurry for these.</summary>
internal sealed class HeldAnswers
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Keeps an answer back.</summary>
    public async Task WaitAsync(TimeSpan length, TimeProvider clock, CancellationToken cancellationToken)
    {
        // The clock knows of the wait before it counts: whoever sees the count can move the clock past it.
        await WhileAsync(Task.Delay(length, clock, cancellationToken));
    }

    /// <summary>Keeps an answer back until something has happened.</summary>
    public async Task WhileAsync(Task wait)
    {
        Interlocked.Increment(ref _count);
        try
        {
            await wait;
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
