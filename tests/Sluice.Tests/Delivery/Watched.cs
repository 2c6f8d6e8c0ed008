using System.Reflection;
using Sluice.Simulators;

namespace Sluice.Tests.Delivery;

/// <summary>Knows whether anything is going on: the clock stands still until nothing is, so that a slow machine does not look like a slow Brevo.</summary>
internal sealed class Activity
{
    private long _begun;
    private int _under;

    /// <summary>Rises with everything that begins.</summary>
    public long Begun => Interlocked.Read(ref _begun);

    public bool IsQuiet => Volatile.Read(ref _under) == 0;

    public void Begin()
    {
        Interlocked.Increment(ref _under);
        Interlocked.Increment(ref _begun);
    }

    public void End() => Interlocked.Decrement(ref _under);

    /// <summary>Waits until nothing goes on, then moves the clock to what happens next.</summary>
    /// <param name="answersWaitForTheClock">Something goes on that only the clock ends.</param>
    public async Task TickAsync(ManualClock clock, TimeSpan longestStep, bool answersWaitForTheClock)
    {
        var started = TimeProvider.System.GetTimestamp();
        var begun = -1L;
        for (var calm = 0; calm < 3;)
        {
            var quiet = IsQuiet && Begun == begun;
            begun = Begun;
            calm = quiet ? calm + 1 : 0;
            if (TimeProvider.System.GetElapsedTime(started) > (answersWaitForTheClock ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(20)))
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(quiet ? 0.2 : 1), TimeProvider.System);
        }

        var now = clock.GetUtcNow();
        var step = clock.NextTimer is { } next && next - now < longestStep ? next - now : longestStep;
        clock.Advance(step > TimeSpan.Zero ? step : TimeSpan.FromTicks(1));
    }
}

/// <summary>A port whose calls are counted as long as they run, and which a test can make fail.</summary>
public class Watched<T> : DispatchProxy
    where T : class
{
    private T _inner = null!;
    private Activity _activity = null!;
    private Func<string, Exception?> _fault = null!;
    private string? _waits;

    /// <param name="after">Asked after a method has done its work: an exception takes the place of its answer.</param>
    /// <param name="waits">A method that waits for the clock, and so does not keep it from moving.</param>
    internal static T Of(T inner, Activity activity, Func<string, Exception?>? after = null, string? waits = null)
    {
        var proxy = Create<T, Watched<T>>();
        ((Watched<T>)(object)proxy)._inner = inner;
        ((Watched<T>)(object)proxy)._activity = activity;
        ((Watched<T>)(object)proxy)._fault = after ?? (_ => null);
        ((Watched<T>)(object)proxy)._waits = waits;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        ArgumentNullException.ThrowIfNull(targetMethod);
        if (targetMethod.Name == _waits)
        {
            return targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
        }

        _activity.Begin();
        object? result;
        try
        {
            result = targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
        }
        catch
        {
            _activity.End();
            throw;
        }

        if (result is not Task task)
        {
            _activity.End();
            return result;
        }

        if (targetMethod.ReturnType == typeof(Task))
        {
            return WatchAsync(task, targetMethod.Name);
        }

        var watch = typeof(Watched<T>).GetMethod(nameof(WatchResultAsync), BindingFlags.NonPublic | BindingFlags.Instance)!;
        return watch.MakeGenericMethod(targetMethod.ReturnType.GetGenericArguments()[0]).Invoke(this, [task, targetMethod.Name]);
    }

    private async Task WatchAsync(Task task, string method)
    {
        try
        {
            await task;
            Fail(method);
        }
        finally
        {
            _activity.End();
        }
    }

    private async Task<TResult> WatchResultAsync<TResult>(Task<TResult> task, string method)
    {
        try
        {
            var result = await task;
            Fail(method);
            return result;
        }
        finally
        {
            _activity.End();
        }
    }

    private void Fail(string method)
    {
        if (_fault(method) is { } exception)
        {
            throw exception;
        }
    }
}
