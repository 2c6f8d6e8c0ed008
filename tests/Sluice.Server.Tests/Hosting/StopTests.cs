using System.Net.Sockets;
using Sluice.Server.Tests.Fakes;
using Sluice.Testing;

namespace Sluice.Server.Tests.Hosting;

public sealed class StopTests
{
    [Fact]
    public async Task A_stop_lets_requests_in_progress_end_and_takes_no_new_ones()
    {
        var gateway = await Gateway.StartAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Intake.Answer = async (_, _) =>
        {
            await gate.Task;
            return FakeCohortIntake.Outcome();
        };
        var working = gateway.PostPageAsync(Pages.Of(""));
        await Soon.TrueAsync("the page is being stored", () => gateway.Intake.Started == 1);

        var stopping = gateway.Host.StopAsync(TestContext.Current.CancellationToken);
        await Eventually.PassesAsync(
            "nobody is let in any more",
            async token =>
            {
                var exception = await Assert.ThrowsAsync<SocketException>(() => RawHttp.ConnectAsync(gateway.Url, token));
                Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
            },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(stopping.IsCompleted);
        gate.SetResult();

        Assert.Equal(200, (await working).Status);
        await stopping.WaitAsync(Eventually.DefaultLimit, TimeProvider.System, TestContext.Current.CancellationToken);
        await gateway.DisposeAsync();
    }

    [Fact]
    public async Task Every_URL_is_announced_once_with_the_port_that_was_taken()
    {
        await using var gateway = await Gateway.StartAsync(options => options with { Urls = ["http://127.0.0.1:0", "http://127.0.0.2:0"] });

        Assert.Equal(2, gateway.Announced.Count);
        Assert.Equal(gateway.Host.Urls.Select(url => $"listening on {url}"), gateway.Announced);
        Assert.All(gateway.Host.Urls, url => Assert.NotEqual(0, new Uri(url).Port));
        using var second = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        Assert.Equal("""{"status":"live"}""", await second.GetStringAsync(
            new Uri(new Uri(gateway.Host.Urls[1]), "/health/live"), TestContext.Current.CancellationToken));
    }
}
