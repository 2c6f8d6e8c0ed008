namespace Sluice.Mixpanel.Client;

/// <summary>How a client calls Mixpanel.</summary>
public sealed record MixpanelClientOptions
{
    /// <summary>Opens <c>/import</c> and lookup tables; <c>/engage</c> and <c>/groups</c> are opened by the token in each record.</summary>
    public required MixpanelCredentials Credentials { get; init; }

    /// <summary>The root of the ingestion API, see <see cref="IngestionHost"/>.</summary>
    public required Uri Ingestion { get; init; }

    /// <summary>The name that the client gives itself.</summary>
    public string UserAgent { get; init; } = "Sluice.Mixpanel/" + (typeof(MixpanelClientOptions).Assembly.GetName().Version?.ToString(3) ?? "0");

    /// <summary>How long one call may take, to the last byte of the answer.</summary>
    /// <value>Default 60 seconds.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same for the replacement of a lookup table, which can have 100 MB.</summary>
    /// <value>Default 10 minutes.</value>
    public TimeSpan LookupTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Drives the deadlines.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Mixpanel's own ingestion host of a residency.</summary>
    /// <param name="residency">Where the project's data lie.</param>
    public static Uri IngestionHost(MixpanelResidency residency) => new(residency switch
    {
        MixpanelResidency.UnitedStates => "https://api.mixpanel.com",
        MixpanelResidency.EuropeanUnion => "https://api-eu.mixpanel.com",
        MixpanelResidency.India => "https://api-in.mixpanel.com",
        _ => throw new ArgumentOutOfRangeException(nameof(residency), residency, "Not a residency."),
    });

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Credentials);
        ArgumentException.ThrowIfNullOrWhiteSpace(UserAgent);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(LookupTimeout, TimeSpan.Zero);
        if (Ingestion is not { IsAbsoluteUri: true, Scheme: "https" or "http" })
        {
            throw new ArgumentException("The address of the ingestion API must be absolute, with http or https.");
        }
    }
}
