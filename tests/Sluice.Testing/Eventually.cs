using System.Collections;
using System.Globalization;

namespace Sluice.Testing;

/// <summary>
/// Waits, within a limit, for something that happens elsewhere. Reads the state again and again until it is the wanted one; a read that
/// throws or hangs counts as a state that is not. When time is up the failure names what was awaited and the last state seen.
/// </summary>
public static class Eventually
{
    /// <summary>Long enough for a slow, loaded machine; a passing test never waits for it.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>The first state for which <paramref name="isReached"/> holds.</summary>
    /// <exception cref="TimeoutException">The state was not reached within the limit.</exception>
    public static async Task<T> GetAsync<T>(
        string what,
        Func<CancellationToken, Task<T>> read,
        Func<T, bool> isReached,
        TimeSpan? within = null,
        TimeProvider? timeProvider = null,
        CancellationToken cancellationToken = default)
    {
        var clock = timeProvider ?? TimeProvider.System;
        var limit = within ?? DefaultLimit;
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var reads = 0;
        var last = "no read has ended";
        Exception? lastError = null;
        while (true)
        {
            try
            {
                reads++;
                var state = await read(either.Token).WaitAsync(either.Token);
                if (isReached(state))
                {
                    return state;
                }

                last = Describe(state);
                lastError = null;
            }
            catch (Exception error) when (!either.IsCancellationRequested)
            {
                last = $"{error.GetType().Name}: {error.Message}";
                lastError = error;
            }
            catch (OperationCanceledException)
            {
                // Which of the two tokens it was is decided below.
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (!deadline.IsCancellationRequested)
            {
                await Task.Delay(Interval, clock, either.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (deadline.IsCancellationRequested)
            {
                var seconds = limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
                throw new TimeoutException($"Not within {seconds} s: {what}. Reads: {reads}. Last state: {last}", lastError);
            }
        }
    }

    /// <inheritdoc cref="GetAsync{T}(string, Func{CancellationToken, Task{T}}, Func{T, bool}, TimeSpan?, TimeProvider?, CancellationToken)"/>
    public static Task<T> GetAsync<T>(
        string what,
        Func<T> read,
        Func<T, bool> isReached,
        TimeSpan? within = null,
        TimeProvider? timeProvider = null,
        CancellationToken cancellationToken = default)
    {
        return GetAsync(what, _ => Task.FromResult(read()), isReached, within, timeProvider, cancellationToken);
    }

    /// <summary>Waits until a condition holds.</summary>
    /// <exception cref="TimeoutException">It did not hold within the limit.</exception>
    public static Task TrueAsync(
        string what,
        Func<bool> condition,
        TimeSpan? within = null,
        TimeProvider? timeProvider = null,
        CancellationToken cancellationToken = default)
    {
        return GetAsync(what, condition, isReached: holds => holds, within, timeProvider, cancellationToken);
    }

    /// <summary>Waits until an assertion passes; its last failure is what the time-out tells.</summary>
    /// <exception cref="TimeoutException">The assertion still failed when time was up.</exception>
    public static Task PassesAsync(
        string what,
        Func<CancellationToken, Task> assertion,
        TimeSpan? within = null,
        TimeProvider? timeProvider = null,
        CancellationToken cancellationToken = default)
    {
        return GetAsync(what, RunAsync, isReached: passed => passed, within, timeProvider, cancellationToken);

        async Task<bool> RunAsync(CancellationToken token)
        {
            await assertion(token);
            return true;
        }
    }

    private static string Describe<T>(T state)
    {
        const int MaximumItems = 20;
        return state switch
        {
            null => "null",
            string text => text,
            IEnumerable items => "[" + string.Join(", ", items.Cast<object?>().Take(MaximumItems)) + "]",
            _ => Convert.ToString(state, CultureInfo.InvariantCulture) ?? "",
        };
    }
}
