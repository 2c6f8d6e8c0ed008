using Sluice.Mixpanel.Client;

namespace Sluice.Tests.Delivery;

/// <summary>
/// A step of code that runs past the counted context, as the clients do: it counts from its beginning to its end, except while one of its calls counts
/// in its place (<see cref="Wire"/>) and while it waits for the clock.
/// </summary>
internal sealed class Step(Activity activity)
{
    private static readonly AsyncLocal<Step?> Running = new();

    /// <summary>That to which the running code belongs.</summary>
    public static Step? Current
    {
        get => Running.Value;
        set => Running.Value = value;
    }

    /// <summary>Something else counts from here on, or nothing needs to.</summary>
    public void Lay() => activity.End();

    public void TakeUp() => activity.Begin();

    /// <summary>Waits at a gate, which waits for the clock.</summary>
    public sealed class Gate(IMixpanelGate inner, Activity activity) : IMixpanelGate
    {
        public async ValueTask<IMixpanelPermit> EnterAsync(MixpanelCall call, CancellationToken cancellationToken)
        {
            if (Current is not { } step)
            {
                return await inner.EnterAsync(call, cancellationToken).ConfigureAwait(false);
            }

            IMixpanelPermit? permit = null;
            var entering = activity.RunAsync(async () =>
            {
                try
                {
                    permit = await inner.EnterAsync(call, cancellationToken);
                }
                finally
                {
                    step.TakeUp();
                }
            });
            step.Lay();
            await entering.ConfigureAwait(false);
            return permit!;
        }
    }
}
