using Sluice.Core.Delivery.Forwarding;
using Sluice.Tests.Configuration;
using HostForwarding = Sluice.Hosting.Forwarding;

namespace Sluice.Tests.Delivery.Forwarding;

public sealed class ForwardingSettingsTests
{
    [Theory]
    [InlineData("", false, false)]
    [InlineData("connectors: { mixpanel: { project_token: t } }", false, false)]
    [InlineData("connectors: { mixpanel: { project_token: t, forward: true } }", true, false)]
    [InlineData("connectors: { mixpanel: { project_token: t, forward: true, enabled: false } }", true, false)]
    [InlineData("connectors: { mixpanel: { project_token: t }, brevo: { api_key: k, campaign_events: true } }", false, true)]
    [InlineData("connectors: { mixpanel: { project_token: t, forward: true }, brevo: { api_key: k, campaign_events: true } }", true, true)]
    public void The_settings_say_what_is_passed_on(string yaml, bool received, bool told) =>
        Assert.Equal(new ForwardScope(received, told), HostForwarding.ScopeOf(Given.Project(yaml)));

    [Theory]
    [InlineData("service_account: { username: u, secret: s }, project_id: 1, project_secret: p", "service account")]
    [InlineData("oauth_token: o, project_id: 1, project_secret: p", "OAuth token")]
    [InlineData("oauth_token: o, project_secret: p", "project secret")]
    [InlineData("project_id: 1", "project token")]
    public void The_strongest_credentials_that_are_complete_open_import(string keys, string expected) =>
        Assert.Equal(expected, HostForwarding.SettingsOf(Given.Project($"connectors: {{ mixpanel: {{ project_token: t, {keys} }} }}").Mixpanel!).Credentials.ToString());

    [Theory]
    [InlineData("data_residency: US", "https://api.mixpanel.com/")]
    [InlineData("data_residency: EU", "https://api-eu.mixpanel.com/")]
    [InlineData("data_residency: IN", "https://api-in.mixpanel.com/")]
    [InlineData("data_residency: EU, endpoints: { ingestion: 'https://proxy.example.test/mp' }", "https://proxy.example.test/mp")]
    public void The_residency_names_the_host_unless_another_is_given(string keys, string expected) =>
        Assert.Equal(expected, HostForwarding.SettingsOf(Given.Project($"connectors: {{ mixpanel: {{ project_token: t, {keys} }} }}").Mixpanel!).Ingestion.AbsoluteUri);
}
