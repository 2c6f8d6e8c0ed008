using Sluice.Core.Delivery;
using Sluice.Destinations.Mixpanel.Erasure;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel;

public sealed class MixpanelErasureTests
{
    [Fact]
    public async Task A_spent_budget_is_asked_again_when_it_returns()
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var options = new MixpanelClientOptions { Credentials = MixpanelCredentials.OAuth("token", projectId: null), Hosts = MixpanelHosts.Of(MixpanelResidency.UnitedStates) };
        var erasure = new MixpanelErasure(new MixpanelPersonalDataClient(http, options, "token", new Spent()), TimeProvider.System);

        var failure = await Assert.ThrowsAsync<DeliveryException>(() => erasure.RequestAsync(["u1"], TestContext.Current.CancellationToken));
        Assert.Equal((DecisionKind.Retry, TimeSpan.FromMinutes(7)), (failure.Decision.Kind, failure.Decision.After));
    }

    private sealed class Spent : IMixpanelGate
    {
        public ValueTask<IMixpanelPermit> EnterAsync(MixpanelCall call, CancellationToken cancellationToken) =>
            throw new MixpanelBudgetException(call.Budget, left: 0, DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(7), "Mixpanel has refused a call and asked to wait");
    }
}
