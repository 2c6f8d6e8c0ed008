using Sluice.Core.Cohorts;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Ingestion;

public sealed class CorsTests : IAsyncLifetime
{
    private const string Origin = "https://shop.example.org";

    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("/track/?verbose=1&ip=1")]
    [InlineData("/engage/")]
    [InlineData("/groups")]
    public async Task A_browser_that_asks_first_is_told_that_it_may(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "content-type, x-something");

        var answer = await _gateway.SendAsync(request);

        Assert.Equal((204, ""), (answer.Status, answer.Body));
        AssertAllowed(answer);
        Assert.Contains("POST", answer.Headers["Access-Control-Allow-Methods"], StringComparison.Ordinal);
        Assert.Equal("content-type, x-something", answer.Headers["Access-Control-Allow-Headers"]);
        Assert.Equal("86400", answer.Headers["Access-Control-Max-Age"]);
    }

    [Theory]
    [InlineData("/track")]
    [InlineData("/engage")]
    [InlineData("/groups")]
    public async Task Every_answer_names_the_origin_the_failures_too(string path)
    {
        AssertAllowed(await SendAsync(path, "[]"));
        AssertAllowed(await SendAsync(path, $"[{string.Join(',', Enumerable.Repeat("{}", 2_001))}]"));
        _gateway.Events.Before = () => throw new IntakeBusyException();
        _gateway.Profiles.Before = () => throw new IntakeBusyException();
        var busy = await SendAsync(
            path,
            $$$"""{"event":"a","properties":{"token":"{{{Gateway.ShopToken}}}"},"$token":"{{{Gateway.ShopToken}}}","$distinct_id":"u","$group_key":"k","$group_id":"g","$set":{"a":1}}""");
        Assert.Equal(503, busy.Status);
        AssertAllowed(busy);
        Assert.Equal("Retry-After", busy.Headers["Access-Control-Expose-Headers"]);
    }

    [Fact]
    public async Task Who_has_no_origin_gets_none()
    {
        var answer = await _gateway.SendAsync("/track", "[]");

        Assert.DoesNotContain(answer.Headers.Keys, h => h.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("Origin", answer.Headers["Vary"]);
    }

    [Theory]
    [InlineData("/import")]
    [InlineData("/lookup-tables")]
    [InlineData("/mixpanel/projects/shop/cohorts")]
    public async Task Paths_that_take_credentials_are_for_no_page(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", Origin);

        var answer = await _gateway.SendAsync(request);

        Assert.Equal(405, answer.Status);
        Assert.DoesNotContain(answer.Headers.Keys, h => h.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    private Task<Answer> SendAsync(string path, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) };
        request.Headers.Add("Origin", Origin);
        return _gateway.SendAsync(request);
    }

    private static void AssertAllowed(Answer answer)
    {
        Assert.Equal(Origin, answer.Headers["Access-Control-Allow-Origin"]);
        Assert.Equal("true", answer.Headers["Access-Control-Allow-Credentials"]);
        Assert.Equal("Origin", answer.Headers["Vary"]);
    }
}
