using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Sluice.Server.Hosting;
using Sluice.Server.Telemetry;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Hosting;

public sealed class ProxyTests
{
    [Theory]
    [InlineData("127.0.0.1", "203.0.113.9", "203.0.113.9")]
    [InlineData("127.0.0.0/8", "203.0.113.9", "203.0.113.9")]
    [InlineData("127.0.0.1,10.0.0.0/8", "203.0.113.9, 10.1.2.3", "203.0.113.9")]
    [InlineData("127.0.0.1", "203.0.113.9, 10.1.2.3", "10.1.2.3")]
    [InlineData("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("127.0.0.1", "not an address", "127.0.0.1")]
    [InlineData("10.0.0.0/8", "203.0.113.9", "127.0.0.1")]
    [InlineData("", "203.0.113.9", "127.0.0.1")]
    public async Task The_caller_is_the_first_address_before_the_declared_proxies(string proxies, string forwardedFor, string source)
    {
        await using var gateway = await Gateway.StartAsync(options => options with
        {
            TrustedProxies = proxies.Split(',', StringSplitOptions.RemoveEmptyEntries),
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, Gateway.CohortPath) { Content = new StringContent(Pages.Of("")) };
        request.Headers.Authorization = Gateway.ShopBasic;
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwardedFor);

        Assert.Equal(200, (await gateway.SendAsync(request)).Status);
        Assert.Equal(source, Assert.Single(gateway.Directory.Sources));
    }

    [Theory]
    [InlineData("127.0.0.1", false, 200)]
    [InlineData("127.9.9.9", false, 200)]
    [InlineData("::1", false, 200)]
    [InlineData("::ffff:127.0.0.1", false, 200)]
    [InlineData(null, false, 200)]
    [InlineData("10.1.2.3", false, 200)]
    [InlineData("::ffff:10.1.2.3", false, 200)]
    [InlineData("fd00::7", false, 200)]
    [InlineData("203.0.113.9", false, 403)]
    [InlineData("::ffff:203.0.113.9", false, 403)]
    [InlineData("11.0.0.1", false, 403)]
    [InlineData("2001:db8::1", false, 403)]
    [InlineData("203.0.113.9", true, 200)]
    public async Task Plain_HTTP_is_for_this_machine_and_declared_proxies(string? remote, bool tls, int status)
    {
        using var meters = new MeterCapture();
        var gate = new PlainHttpGate(
            _ => Task.CompletedTask, new TrustedProxies(["10.0.0.0/8", "fd00::7"]), new GatewayMetrics(meters));
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = remote is null ? null : IPAddress.Parse(remote);
        context.Request.Scheme = "https";
        context.Request.Headers["X-Forwarded-Proto"] = "https";
        context.Request.Headers["X-Forwarded-For"] = "127.0.0.1";
        using var body = new MemoryStream();
        context.Response.Body = body;
        if (tls)
        {
            context.Features.Set<ITlsHandshakeFeature>(new Handshake());
        }

        await gate.InvokeAsync(context);

        Assert.Equal(status, context.Response.StatusCode);
        Assert.Equal(status == 403, body.Length > 0);
        Assert.Equal(status == 403 ? 1 : 0, meters.Sum("sluice.gateway.plain_http.refusals"));
    }

#pragma warning disable SYSLIB0058 // The framework's interface still names these; nobody reads them here.
    private sealed class Handshake : ITlsHandshakeFeature
    {
        public System.Security.Authentication.SslProtocols Protocol => System.Security.Authentication.SslProtocols.Tls13;

        public System.Security.Authentication.CipherAlgorithmType CipherAlgorithm => default;

        public int CipherStrength => 0;

        public System.Security.Authentication.HashAlgorithmType HashAlgorithm => default;

        public int HashStrength => 0;

        public System.Security.Authentication.ExchangeAlgorithmType KeyExchangeAlgorithm => default;

        public int KeyExchangeStrength => 0;
    }
#pragma warning restore SYSLIB0058
}
