using Sluice.Hosting;
using Sluice.Tests.Configuration;

namespace Sluice.Tests.Budgets;

/// <summary>Under which names a project's calls are counted.</summary>
public sealed class AccountNameTests
{
    [Theory]
    [InlineData("project_id: 1, project_token: t, project_secret: s", 3)]
    [InlineData("project_token: t, project_secret: t", 1)]
    [InlineData("enabled: true", 1)]
    public void Every_name_counts_once(string mixpanel, int names) =>
        Assert.Equal(names, MixpanelAccess.AccountsOf(Given.Project($"connectors: {{ mixpanel: {{ {mixpanel} }} }}").Mixpanel!).Count);
}
