namespace Sluice.Client;

/// <summary>How a <see cref="SluiceClient"/> calls.</summary>
public sealed record SluiceClientOptions
{
    /// <summary>API key of the Brevo account. <see cref="ConnectorsApi.ConnectAsync(string, MixpanelConnection, CancellationToken)"/> connects it beside Mixpanel.</summary>
    /// <value>Default null: Brevo stays as it is.</value>
    public string? BrevoKey { get; init; }

    /// <summary>How often a call is tried that may be tried again: one that has not arrived, or was answered with 503.</summary>
    /// <value>1 to 10. Default 4.</value>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>The wait before the second try; each further one waits twice as long. Ignored when the server says how long to wait.</summary>
    /// <value>Default 500 ms.</value>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long one try may take. A sync may take as long as it is told to wait, and this besides.</summary>
    /// <value>Default 30 seconds.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock for waits and time-outs.</summary>
    /// <value>Default the system's.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Never the key.</summary>
    public override string ToString() => nameof(SluiceClientOptions);
}
