using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Gdpr;

public sealed class RetrievalTests : IAsyncLifetime
{
    private const string Path = "/data-retrievals/v3.0/";
    private const string Query = "?token=simulator-token";
    private const string Bearer = "Bearer owner";

    private MixpanelHarness _mixpanel = null!;

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelHarness.StartAsync(new MixpanelProject { OAuthTokens = ["owner"] });

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Fact]
    public async Task A_retrieval_ends_with_a_link_to_what_is_known()
    {
        await _mixpanel.ImportAsync($"[{_mixpanel.Event()},{_mixpanel.Event("u-2", "i-2")}]");
        _mixpanel.Simulator.Desk(MixpanelHarness.Project).SetProfile("u-1", """{"plan":"pro"}""");
        var asked = await AskAsync("""{"distinct_ids":["u-1"],"compliance_type":"CCPA","disclosure_type":"Data"}""");
        var id = asked.Json.GetProperty("results").GetProperty("task_id").GetString();

        Assert.Equal(201, asked.Status);
        var pending = (await ShowAsync(id)).Json.GetProperty("results");
        Assert.Equal(("PENDING", ""), (pending.GetProperty("status").GetString(), pending.GetProperty("result").GetString()));
        Assert.Equal(404, (await _mixpanel.AppAsync("GET", $"{Path}{id}/file")).Status);
        _mixpanel.Clock.Advance(TimeSpan.FromHours(10));
        var ready = (await ShowAsync(id)).Json.GetProperty("results");
        var link = new Uri(ready.GetProperty("result").GetString()!);

        Assert.Equal(("SUCCESS", link.AbsoluteUri), (ready.GetProperty("status").GetString(), ready.GetProperty("results").GetString()));
        var file = await _mixpanel.SendAsync("GET", link.AbsolutePath, family: MixpanelFamily.App);
        Assert.Equal(_mixpanel.Simulator.AppUrl.Authority, link.Authority);
        Assert.Equal(["""{"$distinct_id":"u-1","$properties":{"plan":"pro"}}"""], file.Text.Split('\n')[..1]);
        Assert.Equal(2, file.Text.Count(letter => letter == '\n'));
        Assert.DoesNotContain("u-2", file.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"distinct_ids":[]}""")]
    [InlineData("""{"distinct_ids":[1]}""")]
    [InlineData("""{"distinct_ids":["a"],"disclosure_type":"Data"}""")]
    [InlineData("""{"distinct_ids":["a"],"compliance_type":"HIPAA"}""")]
    [InlineData("{")]
    public async Task A_wrong_request_is_refused(string body) => Assert.Equal(400, (await AskAsync(body)).Status);

    [Fact]
    public async Task It_shares_the_call_a_second_with_deletions()
    {
        Assert.Equal(201, (await AskAsync("""{"distinct_ids":["a"]}""")).Status);
        Assert.Equal(429, (await _mixpanel.AppAsync("POST", $"/data-deletions/v3.0/{Query}", """{"distinct_ids":["a"]}""", Bearer)).Status);
        Assert.Equal(401, (await _mixpanel.AppAsync("POST", Path + Query, """{"distinct_ids":["a"]}""")).Status);
    }

    private Task<Answer> AskAsync(string body) => _mixpanel.AppAsync("POST", Path + Query, body, Bearer);

    private Task<Answer> ShowAsync(string? id)
    {
        _mixpanel.Clock.Advance(TimeSpan.FromSeconds(1));
        return _mixpanel.AppAsync("GET", $"{Path}{id}{Query}", authorization: Bearer);
    }
}
