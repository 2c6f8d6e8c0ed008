using Sluice.Simulators.Brevo;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Tests.Commands;

namespace Sluice.Tests.Doctor;

/// <summary>The doctor against the simulators, which answer as the remote systems' own pages say.</summary>
public sealed class SimulatedRemotesTests : IAsyncLifetime
{
    private CommandHome _home = null!;
    private MixpanelSimulator? _mixpanel;

    public async ValueTask InitializeAsync() => _home = await CommandHome.CreateAsync(new Unhurried());

    public async ValueTask DisposeAsync()
    {
        if (_mixpanel is not null)
        {
            await _mixpanel.DisposeAsync();
        }

        await _home.DisposeAsync();
    }

    [Fact]
    public async Task Where_all_is_well_nothing_is_wrong_and_no_event_comes_of_it()
    {
        await StartAsync();
        Assert.Empty(await FindAsync());
        Assert.Empty(_mixpanel!.QueryEvents("12345"));
        Assert.Equal((0, 0), (_mixpanel.Calls.BudgetViolationCount, _home.Brevo.Calls.BudgetViolationCount));
    }

    [Theory]
    [InlineData("mixpanel_credentials", "secret: simulator-secret", "secret: another")]
    [InlineData("mixpanel_token", "project_token: simulator-token", "project_token: another-token")]
    [InlineData("brevo_key", CommandHome.ApiKey, "xkeysib-another")]
    [InlineData("brevo_list_missing", "list: 16", "list: 999")]
    [InlineData("brevo_attribute_wrong", "$first_name: FIRSTNAME", "$first_name: { attribute: FIRSTNAME, type: float }")]
    public async Task What_the_config_says_wrong_is_found(string code, string right, string wrong)
    {
        await StartAsync();
        Assert.Contains(code, await FindAsync(c => c.Replace(right, wrong, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("mixpanel_plan", 402)]
    [InlineData("mixpanel_role", 403)]
    [InlineData("mixpanel_budget", 429)]
    [InlineData("mixpanel_answer", 500)]
    public async Task What_Mixpanel_answers_is_found(string code, int status)
    {
        await StartAsync();
        _mixpanel!.Faults.Add("POST", "/api/query/cohorts/list", MixpanelFaultEffect.Error(status, "no"));
        Assert.Equal([code], await FindAsync());
    }

    [Theory]
    [InlineData("brevo_ip", 401, "unauthorized", "We have detected you are using an unrecognised IP address 203.0.113.7")]
    [InlineData("brevo_refuses", 403, "permission_denied", "not allowed")]
    public async Task What_Brevo_answers_is_found(string code, int status, string word, string message)
    {
        await StartAsync();
        _home.Brevo.Faults.Add("GET", "/account", BrevoFaultEffect.Error(status, word, message));
        Assert.Equal([code], await FindAsync());
    }

    [Fact]
    public async Task Who_may_not_import_is_found()
    {
        await StartAsync(new MixpanelProject { ServiceAccounts = [new("simulator.account", "simulator-secret", MixpanelRole.Analyst)] });
        Assert.Equal(["mixpanel_role"], await FindAsync());
    }

    private async Task StartAsync(MixpanelProject? project = null)
    {
        _mixpanel = await MixpanelSimulator.StartAsync(new MixpanelSimulatorOptions { Projects = [project ?? new MixpanelProject()] }, CommandHome.Token);
        await _home.WithStoreAsync(_ => Task.CompletedTask);
    }

    /// <summary>The codes of the errors and warnings.</summary>
    private async Task<IReadOnlyList<string>> FindAsync(Func<string, string>? change = null)
    {
        var config = $$"""
            server: { urls: "http://127.0.0.1:0", data: ./data }
            project: { id: {{CommandHome.Project}}, access_key: access-key-of-the-shop, secret_key: secret-key-of-the-shop-123456 }
            connectors:
              mixpanel:
                project_id: "12345"
                project_token: simulator-token
                service_account: { username: simulator.account, secret: simulator-secret }
                forward: true
                endpoints:
                  ingestion: {{Root(_mixpanel!.BaseUrl)}}
                  query: "{{Root(_mixpanel.QueryUrl)}}/api/query"
                  export: "{{Root(_mixpanel.ExportUrl)}}/api/2.0"
                  app: "{{Root(_mixpanel.AppUrl)}}/api/app"
                lists: { all_users: { list: 16 } }
              brevo: { api_key: {{CommandHome.ApiKey}}, base_url: {{_home.Brevo.BaseUrl}} }
            property_mapping: { $email: email, $first_name: FIRSTNAME, plan: PLAN_TYPE }
            """;
        await File.WriteAllTextAsync(_home.ConfigFile, change?.Invoke(config) ?? config, CommandHome.Token);
        var found = (await _home.RunAsync("doctor", "--format", "json")).Json.GetProperty("findings").EnumerateArray();
        return [.. found.Where(f => f.GetProperty("severity").GetString() != "note").Select(f => f.GetProperty("code").GetString()!)];
    }

    private static string Root(Uri url) => url.GetLeftPart(UriPartial.Authority);

    /// <summary>The true time, for the answers bear its date, on which no call and no run comes to its limit: a slow machine must not look like a slow remote.</summary>
    private sealed class Unhurried : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
