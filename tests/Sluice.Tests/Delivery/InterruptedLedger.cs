using System.Reflection;
using Sluice.Core.Delivery;

namespace Sluice.Tests.Delivery;

/// <summary>Lets something happen just before a call to the ledger. Neither sealed nor private: the class that is made at run time derives from it.</summary>
public class InterruptedLedger : DispatchProxy
{
    private ILedger _inner = null!;
    private Func<string, object?[], Task?> _before = null!;

    /// <param name="before">Given a method's name and its arguments; null where nothing happens.</param>
    public static ILedger Around(ILedger inner, Func<string, object?[], Task?> before)
    {
        var proxy = Create<ILedger, InterruptedLedger>();
        var interrupted = (InterruptedLedger)(object)proxy;
        (interrupted._inner, interrupted._before) = (inner, before);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (_before(targetMethod!.Name, args!) is not { } before)
        {
            return targetMethod.Invoke(_inner, args);
        }

        if (targetMethod.ReturnType == typeof(Task))
        {
            return AfterAsync(before, targetMethod, args!);
        }

        var after = typeof(InterruptedLedger).GetMethod(nameof(ResultAfterAsync), BindingFlags.NonPublic | BindingFlags.Instance)!;
        return after.MakeGenericMethod(targetMethod.ReturnType.GetGenericArguments()[0]).Invoke(this, [before, targetMethod, args]);
    }

    private async Task AfterAsync(Task before, MethodInfo method, object?[] args)
    {
        await before;
        await (Task)method.Invoke(_inner, args)!;
    }

    private async Task<TResult> ResultAfterAsync<TResult>(Task before, MethodInfo method, object?[] args)
    {
        await before;
        return await (Task<TResult>)method.Invoke(_inner, args)!;
    }
}
