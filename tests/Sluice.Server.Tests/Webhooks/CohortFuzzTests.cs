using System.Text;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Webhooks;

public sealed class CohortFuzzTests
{
    private const int Requests = 2_000;
    private const int AtOnce = 8;
    private const int Seed = 20261102;

    // Follows every request, so that the server never waits for bytes that the damage made it expect: ends a line, ends the headers,
    // and is longer than any body may be.
    private static readonly byte[] Tail = Encoding.ASCII.GetBytes("\r\n\r\n" + new string(' ', 48 * 1024) + "\r\n\r\n");

    [Fact]
    public async Task No_damaged_request_brings_a_5xx_and_none_is_acknowledged_without_being_stored()
    {
        await using var gateway = await Gateway.StartAsync(options => options with { MaxBodyBytes = 16 * 1024 });
        var body = Encoding.UTF8.GetBytes(Pages.WithMembers(3));
        byte[] request =
        [
            .. Encoding.ASCII.GetBytes(
                $"POST {Gateway.CohortPath} HTTP/1.1\r\nHost: x\r\nAuthorization: {Gateway.ShopBasic}\r\nContent-Type: application/json\r\n" +
                $"Connection: close\r\nContent-Length: {body.Length}\r\n\r\n"),
            .. body,
        ];
        var random = new Random(Seed);
        var mutations = Enumerable.Range(0, Requests).Select(_ => Mutate(request, random)).ToList();
        var statuses = new int[Requests];

        await Parallel.ForAsync(
            0,
            Requests,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (i, _) => statuses[i] = StatusOf(await RawHttp.ExchangeAsync(gateway.Url, mutations[i])));

        // Where the damage hit the version of HTTP, the web server says so in the one way the protocol has: 505.
        Assert.DoesNotContain(statuses, status => status >= 500 && status != 505);
        Assert.InRange(statuses.Count(status => status == 200), 1, gateway.Intake.Applied.Count);
        // The damage is neither always harmless nor always fatal, or nothing was tested.
        Assert.Contains(400, statuses);
        Assert.Contains(401, statuses);
        Assert.Contains(404, statuses);
        Assert.Equal(200, (await gateway.PostPageAsync(Pages.WithMembers(3))).Status);
        Assert.Equal(0, gateway.Meters.Sum("sluice.gateway.body_budget.used"));
    }

    private static int StatusOf(string answer) => answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(answer[9..12]) : 0;

    private static byte[] Mutate(byte[] request, Random random)
    {
        var bytes = new List<byte>(request);
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 12), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                    break;
                case 4:
                    bytes.InsertRange(at, "\r\n{}[]\",:\0\uFFFF"u8[..random.Next(1, 12)]);
                    break;
                default:
                    bytes.RemoveRange(at, random.Next(4) == 0 ? bytes.Count - at : length);
                    break;
            }

            if (bytes.Count == 0)
            {
                break;
            }
        }

        return [.. bytes, .. Tail];
    }
}
