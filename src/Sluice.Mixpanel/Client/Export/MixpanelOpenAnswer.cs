namespace Sluice.Mixpanel.Client;

/// <summary>An answer as Mixpanel gives it, whatever its status, while it is read. Until it is disposed, the call counts among those that run at once.</summary>
public sealed class MixpanelOpenAnswer : IAsyncDisposable
{
    private readonly MixpanelExchange _exchange;

    internal MixpanelOpenAnswer(MixpanelExchange exchange) => _exchange = exchange;

    /// <summary>The status.</summary>
    public int Status => _exchange.Status;

    /// <summary>What the body is; null when that was not said.</summary>
    public string? ContentType => _exchange.ContentType;

    /// <summary>How long it asks to wait; an hour at most.</summary>
    public TimeSpan? RetryAfter => _exchange.RetryAfter;

    /// <summary>The body, unpacked. It throws a <see cref="MixpanelException"/> when it is cut or stands still.</summary>
    public Stream Body => _exchange;

    /// <summary>Ends the call, also in the midst of the body.</summary>
    /// <returns>A task that ends when the gate knows.</returns>
    public ValueTask DisposeAsync() => _exchange.DisposeAsync();
}
