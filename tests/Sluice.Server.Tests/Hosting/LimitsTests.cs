using System.Text;
using Sluice.Server.Tests.Fakes;
using Sluice.Testing;

namespace Sluice.Server.Tests.Hosting;

public sealed class LimitsTests
{
    [Fact]
    public async Task A_body_that_drips_in_is_given_up_and_the_caller_asked_to_come_again()
    {
        await using var gateway = await Gateway.StartAsync(options => options with { MinBodyBytesPerSecond = 1_000_000 });
        using var limit = new CancellationTokenSource(Eventually.DefaultLimit, TimeProvider.System);
        using var socket = await RawHttp.ConnectAsync(gateway.Url, limit.Token);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"POST {Gateway.CohortPath} HTTP/1.1\r\nHost: x\r\nAuthorization: {Gateway.ShopBasic}\r\nContent-Length: 1000\r\n\r\n{{"),
            limit.Token);

        var answer = await RawHttp.ReadToEndAsync(socket, limit.Token);

        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains("came too slowly", answer, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 10", answer, StringComparison.Ordinal);
        Assert.Empty(gateway.Intake.Applied);
    }

    [Fact]
    public async Task Headers_that_never_end_are_cut_off()
    {
        await using var gateway = await Gateway.StartAsync(options => options with { HeadersTimeout = TimeSpan.FromSeconds(1) });
        using var limit = new CancellationTokenSource(Eventually.DefaultLimit, TimeProvider.System);
        using var socket = await RawHttp.ConnectAsync(gateway.Url, limit.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {Gateway.CohortPath} HTTP/1.1\r\nHost:"), limit.Token);

        var answer = await RawHttp.ReadToEndAsync(socket, limit.Token);

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer);
    }

    [Theory]
    [InlineData(100, 10)]
    [InlineData(1, 20_000)]
    public async Task Too_many_or_too_long_headers_are_431(int count, int length)
    {
        await using var gateway = await Gateway.StartAsync();
        var headers = string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: {new string('a', length)}\r\n"));

        var answer = await RawHttp.ExchangeAsync(
            gateway.Url, Encoding.ASCII.GetBytes($"GET /health/live HTTP/1.1\r\nHost: x\r\n{headers}\r\n"));

        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_at_once()
    {
        await using var gateway = await Gateway.StartAsync(options => options with { MaxConnections = 2 });
        using var limit = new CancellationTokenSource(Eventually.DefaultLimit, TimeProvider.System);
        using var first = await RawHttp.ConnectAsync(gateway.Url, limit.Token);
        using var second = await RawHttp.ConnectAsync(gateway.Url, limit.Token);
        // Both are known to the server once it has answered them.
        foreach (var socket in new[] { first, second })
        {
            await socket.SendAsync("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), limit.Token);
            Assert.True(await socket.ReceiveAsync(new byte[4096], limit.Token) > 0);
        }

        using var third = await RawHttp.ConnectAsync(gateway.Url, limit.Token);

        Assert.Equal("", await RawHttp.ReadToEndAsync(third, limit.Token));
    }
}
