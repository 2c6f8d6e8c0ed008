using Sluice.Mixpanel.Client;
using Sluice.Simulators.Mixpanel.Ingestion;
using MixpanelResidency = Sluice.Simulators.Mixpanel.Ingestion.MixpanelResidency;

namespace Sluice.Tests.Rows;

/// <summary>
/// Leads calls to Mixpanel's own hosts to those of the simulator, by the table that Mixpanel publishes. A host that is not in it, or is called
/// without TLS, is nobody's.
/// </summary>
internal sealed class NamedHosts : DelegatingHandler
{
    private readonly Dictionary<string, Uri> _hosts;

    public NamedHosts(MixpanelSimulator mixpanel)
        : base(MixpanelClientOptions.CreateHandler()) => _hosts = new Dictionary<string, Uri>(StringComparer.Ordinal)
        {
            ["https://api.mixpanel.com"] = mixpanel.UrlOf(MixpanelResidency.US),
            ["https://mixpanel.com"] = mixpanel.UrlOf(MixpanelResidency.US, MixpanelFamily.Query),
            ["https://data.mixpanel.com"] = mixpanel.UrlOf(MixpanelResidency.US, MixpanelFamily.Export),
            ["https://api-eu.mixpanel.com"] = mixpanel.UrlOf(MixpanelResidency.EU),
            ["https://eu.mixpanel.com"] = mixpanel.UrlOf(MixpanelResidency.EU, MixpanelFamily.Query),
            ["https://data-eu.mixpanel.com"] = mixpanel.UrlOf(MixpanelResidency.EU, MixpanelFamily.Export),
            ["https://api-in.mixpanel.com"] = mixpanel.UrlOf(MixpanelResidency.IN),
            ["https://in.mixpanel.com"] = mixpanel.UrlOf(MixpanelResidency.IN, MixpanelFamily.Query),
            ["https://data-in.mixpanel.com"] = mixpanel.UrlOf(MixpanelResidency.IN, MixpanelFamily.Export),
        };

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var host = request.RequestUri!.GetLeftPart(UriPartial.Authority);
        request.RequestUri = _hosts.TryGetValue(host, out var root)
            ? new Uri(root, request.RequestUri.PathAndQuery)
            : throw new InvalidOperationException($"Mixpanel has no host {host}.");
        return base.SendAsync(request, cancellationToken);
    }
}
