using Sluice.Server.Hosting;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Hosting;

public sealed class ServerOptionsTests
{
    [Fact]
    public void New_options_have_no_problems()
    {
        Assert.Empty(new ServerOptions().Problems());
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://[::1]:8080")]
    [InlineData("http://0.0.0.0:80")]
    [InlineData("http://*:8080")]
    [InlineData("http://localhost:8080")]
    [InlineData("HTTP://127.0.0.1:0/")]
    public void An_address_that_can_be_listened_on_is_taken(string url)
    {
        Assert.Empty(new ServerOptions { Urls = [url] }.Problems());
    }

    [Theory]
    [InlineData("", "is not a URL")]
    [InlineData("127.0.0.1:8080", "is not a URL")]
    [InlineData("ftp://127.0.0.1:21", "neither http:// nor https://")]
    [InlineData("http://127.0.0.1:8080/sluice", "has a path")]
    [InlineData("http://example.org:8080", "names a host")]
    [InlineData("http://127.0.0.1:70000", "port")]
    [InlineData("http://localhost:0", "port 0")]
    [InlineData("http://127.1:8080", "short or octal form")]
    [InlineData("http://010.0.0.1:8080", "short or octal form")]
    [InlineData("http://unix:/tmp/socket", "neither http:// nor https://")]
    [InlineData("https://127.0.0.1:8443", "needs a certificate")]
    public void An_address_that_cannot_is_named_with_the_reason(string url, string reason)
    {
        var problem = Assert.Single(new ServerOptions { Urls = [url] }.Problems());

        Assert.Equal("Urls", problem.Option);
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
        Assert.Contains($"\"{url}\"", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_problem_is_named_at_once()
    {
        var options = new ServerOptions
        {
            Urls = [],
            Tls = new TlsFiles("a", "b"),
            TrustedProxies = ["10.0.0.0/99", "proxy.example.org"],
            MaxBodyBytes = 0,
            MaxInboxBodyBytes = -1,
            BodyBudgetBytes = -5,
            BodyBudgetWait = TimeSpan.FromSeconds(-1),
            MaxConnections = 0,
            MinBodyBytesPerSecond = double.NaN,
            HeadersTimeout = TimeSpan.Zero,
            LookupBodyTimeout = TimeSpan.Zero,
            RetryAfter = TimeSpan.Zero,
            StopTimeout = TimeSpan.FromSeconds(-1),
            TlsCheckInterval = TimeSpan.Zero,
        };

        Assert.Equal(
            [
                "BodyBudgetBytes", "BodyBudgetWait", "HeadersTimeout", "LookupBodyTimeout", "MaxBodyBytes", "MaxConnections", "MaxInboxBodyBytes",
                "MinBodyBytesPerSecond", "RetryAfter", "StopTimeout", "Tls", "TlsCheckInterval", "TrustedProxies", "TrustedProxies", "Urls",
            ],
            options.Problems().Select(problem => problem.Option).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_server_with_problems_is_not_made()
    {
        using var meters = new MeterCapture();
        var services = FakeServices.Make(meters);

        var exception = Assert.Throws<ArgumentException>(() => ServerHost.Create(new ServerOptions { MaxConnections = 0 }, services));

        Assert.Contains("MaxConnections: 0 is not above 0.", exception.Message, StringComparison.Ordinal);
    }
}
