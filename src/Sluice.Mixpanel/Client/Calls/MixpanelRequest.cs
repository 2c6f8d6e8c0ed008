namespace Sluice.Mixpanel.Client;

/// <summary>A call as it goes out. It can be made more than once: each time it makes a body of its own.</summary>
internal sealed record MixpanelRequest(MixpanelCall Call, HttpMethod Method, string Address, TimeSpan Deadline)
{
    public Func<HttpContent>? Content { get; init; }

    public bool WithCredentials { get; init; } = true;

    public string Accept { get; init; } = "application/json";

    /// <summary>Whether a refusal says what became of each record, so that half of it is as bad as none.</summary>
    public bool RefusalsCount { get; init; }

    /// <summary>Whether the answer may come compressed.</summary>
    public bool TakesGzip { get; init; }
}
