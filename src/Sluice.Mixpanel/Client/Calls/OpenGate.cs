namespace Sluice.Mixpanel.Client;

/// <summary>Lets every call pass at once.</summary>
internal sealed class OpenGate : IMixpanelGate, IMixpanelPermit
{
    public static readonly OpenGate Instance = new();

    public ValueTask<IMixpanelPermit> EnterAsync(MixpanelCall call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<IMixpanelPermit>(this);
    }

    public ValueTask CompleteAsync(MixpanelCallOutcome outcome, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
