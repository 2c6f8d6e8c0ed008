namespace Sluice.Mixpanel.Client;

/// <summary>A token that a person made, and only a person can renew.</summary>
internal sealed class FixedToken(string token) : IMixpanelTokenSource
{
    public ValueTask<string> GetAsync(CancellationToken cancellationToken) => new(token);

    public ValueTask<bool> RenewAsync(string refused, CancellationToken cancellationToken) => new(false);
}
