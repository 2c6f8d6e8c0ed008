using Sluice.Mixpanel.Client;

namespace Sluice.Mixpanel.Erasure;

/// <summary>Whose people are deleted, and where Mixpanel is asked to.</summary>
public sealed record DataDeletionOptions
{
    /// <summary>The project's token, which names the project.</summary>
    public required string ProjectToken { get; init; }

    /// <summary>The OAuth token of an owner or admin of the organisation: nothing else opens this API. It is never printed.</summary>
    public required string BearerToken { get; init; }

    /// <summary>The root of the app API, see <see cref="AppHost"/>.</summary>
    public required Uri App { get; init; }

    /// <summary>How long one call may take.</summary>
    /// <value>Default 60 seconds.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Drives the deadlines.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Mixpanel's own app API of a residency.</summary>
    /// <param name="residency">Where the project's data lie.</param>
    public static Uri AppHost(MixpanelResidency residency) => new(residency switch
    {
        MixpanelResidency.UnitedStates => "https://mixpanel.com/api/app",
        MixpanelResidency.EuropeanUnion => "https://eu.mixpanel.com/api/app",
        MixpanelResidency.India => "https://in.mixpanel.com/api/app",
        _ => throw new ArgumentOutOfRangeException(nameof(residency), residency, "Not a residency."),
    });

    /// <summary>Names the place, and no token.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"data deletions at {App}";
}
