using System.Reflection;

namespace Sluice.Tests.Delivery;

/// <summary>A port whose calls are counted as long as they run, and which a test can make fail.</summary>
public class Watched<T> : DispatchProxy
    where T : class
{
    private T _inner = null!;
    private Activity _activity = null!;
    private Func<string, Exception?> _fault = null!;
    private string? _waits;
    private bool _isStep;

    /// <param name="after">Asked after a method has done its work: an exception takes the place of its answer.</param>
    /// <param name="waits">A method that waits for the clock, and so does not keep it from moving.</param>
    /// <param name="isStep">True where a call makes calls of its own, which count in its place (<see cref="Step"/>).</param>
    internal static T Of(T inner, Activity activity, Func<string, Exception?>? after = null, string? waits = null, bool isStep = false)
    {
        var proxy = Create<T, Watched<T>>();
        ((Watched<T>)(object)proxy)._inner = inner;
        ((Watched<T>)(object)proxy)._activity = activity;
        ((Watched<T>)(object)proxy)._fault = after ?? (_ => null);
        ((Watched<T>)(object)proxy)._waits = waits;
        ((Watched<T>)(object)proxy)._isStep = isStep;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        ArgumentNullException.ThrowIfNull(targetMethod);
        if (targetMethod.Name == _waits)
        {
            return targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
        }

        var outer = Step.Current;
        Step.Current = _isStep ? new Step(_activity) : outer;
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
        finally
        {
            Step.Current = outer;
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
