namespace Sluice.Brevo.Tests;

/// <summary>Lets every call pass and keeps what was asked and what was completed.</summary>
internal sealed class RecordingGate : IBrevoGate
{
    public List<BrevoCall> Entered { get; } = [];

    public List<BrevoRateLimit?> Completed { get; } = [];

    public List<CancellationToken> CompletionTokens { get; } = [];

    public Func<CancellationToken, ValueTask>? OnEnter { get; set; }

    public Exception? CompletionFailure { get; set; }

    public async ValueTask<IBrevoPermit> EnterAsync(BrevoCall call, CancellationToken cancellationToken)
    {
        if (OnEnter is { } onEnter)
        {
            await onEnter(cancellationToken);
        }

        Entered.Add(call);
        return new Permit(this);
    }

    private sealed class Permit(RecordingGate gate) : IBrevoPermit
    {
        private bool _completed;

        public ValueTask CompleteAsync(BrevoRateLimit? observed, CancellationToken cancellationToken)
        {
            Assert.False(_completed, "The permit was completed twice.");
            _completed = true;
            gate.Completed.Add(observed);
            gate.CompletionTokens.Add(cancellationToken);
            return gate.CompletionFailure is { } failure ? ValueTask.FromException(failure) : ValueTask.CompletedTask;
        }
    }
}
