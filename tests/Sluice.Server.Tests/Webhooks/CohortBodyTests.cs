using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Webhooks;

public sealed class CohortBodyTests : IAsyncLifetime
{
    private const int MaxBodyBytes = 64 * 1024;

    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync(
        options => options with { MaxBodyBytes = MaxBodyBytes, MaxInboxBodyBytes = MaxBodyBytes, MaxIngestionBodyBytes = MaxBodyBytes, BodyBudgetBytes = MaxBodyBytes });

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("GZIP")]
    public async Task A_gzip_body_is_read_like_a_plain_one(string encoding)
    {
        var answer = await PostAsync(Gzip(Encoding.UTF8.GetBytes(Pages.WithMembers(100))), encoding);

        Assert.Equal(200, answer.Status);
        Assert.Equal(100, Assert.Single(_gateway.Intake.Applied).Members.Count);
    }

    [Fact]
    public async Task A_chunked_body_is_read_to_its_end()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Gateway.CohortPath);
        request.Content = new StringContent(Pages.WithMembers(100));
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Authorization = Gateway.ShopBasic;

        Assert.Equal(200, (await _gateway.SendAsync(request)).Status);
        Assert.Equal(100, Assert.Single(_gateway.Intake.Applied).Members.Count);
    }

    [Fact]
    public async Task A_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not()
    {
        var fits = await _gateway.PostPageAsync(Pages.OfSize(MaxBodyBytes));
        var exceeds = await _gateway.PostPageAsync(Pages.OfSize(MaxBodyBytes + 1));

        Assert.Equal(200, fits.Status);
        Assert.Equal(413, exceeds.Status);
        Assert.Equal(
            """{"action":null,"status":"failure","error":{"message":"The body is larger than 65536 bytes.","code":413}}""", exceeds.Body);
    }

    [Fact]
    public async Task An_announced_size_over_the_limit_is_refused_before_a_byte_is_sent()
    {
        var head = $"POST {Gateway.CohortPath} HTTP/1.1\r\nHost: x\r\nAuthorization: {Gateway.ShopBasic}\r\nConnection: close\r\nContent-Length: 999999999\r\n\r\n";

        var answer = await RawHttp.ExchangeAsync(_gateway.Url, Encoding.ASCII.GetBytes(head));

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chunked_body_over_the_limit_is_413_and_echoes_the_action_that_was_read_by_then()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Gateway.CohortPath);
        request.Content = new StringContent(Pages.OfSize(3 * MaxBodyBytes));
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Authorization = Gateway.ShopBasic;

        var answer = await _gateway.SendAsync(request);

        Assert.Equal(413, answer.Status);
        Assert.StartsWith("""{"action":"members","status":"failure",""", answer.Body, StringComparison.Ordinal);
        Assert.Empty(_gateway.Intake.Applied);
    }

    [Fact]
    public async Task What_a_gzip_body_unpacks_to_has_the_same_limit()
    {
        var bomb = Gzip(Encoding.UTF8.GetBytes(Pages.OfSize(400 * MaxBodyBytes)));
        Assert.True(bomb.Length < MaxBodyBytes);

        var answer = await PostAsync(bomb, "gzip");

        Assert.Equal(413, answer.Status);
        Assert.Empty(_gateway.Intake.Applied);
    }

    [Fact]
    public async Task A_body_that_only_says_gzip_is_400()
    {
        var answer = await PostAsync(Encoding.UTF8.GetBytes(Pages.Of("")), "gzip");

        Assert.Equal(400, answer.Status);
        Assert.Equal(
            """{"action":null,"status":"failure","error":{"message":"The body says gzip, but cannot be decompressed.","code":400}}""", answer.Body);
    }

    [Fact]
    public async Task A_gzip_body_that_was_cut_changes_nothing()
    {
        var whole = Gzip(Encoding.UTF8.GetBytes(Pages.WithMembers(200)));

        var answer = await PostAsync(whole[..(whole.Length / 2)], "gzip");

        Assert.Equal(400, answer.Status);
        Assert.Empty(_gateway.Intake.Applied);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("gzip, gzip")]
    public async Task Another_content_encoding_is_415_and_says_what_is_read(string encoding)
    {
        var answer = await PostAsync(Encoding.UTF8.GetBytes(Pages.Of("")), encoding);

        Assert.Equal(415, answer.Status);
        Assert.Equal("gzip, identity", answer.Headers["Accept-Encoding"]);
        Assert.Contains("\"code\":415", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_waits_for_room_and_is_sent_back_when_none_comes_free()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gateway.Intake.Answer = async (_, _) =>
        {
            await gate.Task;
            return FakeCohortIntake.Outcome();
        };
        var first = _gateway.PostPageAsync(Pages.OfSize(40 * 1024));
        await Soon.TrueAsync("the first page is being stored", () => _gateway.Intake.Started == 1);

        var second = _gateway.PostPageAsync(Pages.OfSize(40 * 1024));
        await Soon.TrueAsync("the second waits for room", () => _gateway.Time.HasTimer(TimeSpan.FromSeconds(2)));
        _gateway.Time.Advance(TimeSpan.FromSeconds(2));
        var sentBack = await second;

        Assert.Equal(503, sentBack.Status);
        Assert.Equal("10", sentBack.Headers["Retry-After"]);
        Assert.Equal(
            """{"action":null,"status":"failure","error":{"message":"Too many pages are being worked on; send it again.","code":503}}""",
            sentBack.Body);

        var third = _gateway.PostPageAsync(Pages.OfSize(40 * 1024));
        await Soon.TrueAsync("the third waits for room", () => _gateway.Time.HasTimer(TimeSpan.FromSeconds(2)));
        gate.SetResult();
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await third).Status);
        Assert.Equal(0, _gateway.Meters.Sum("sluice.gateway.body_budget.used"));
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_refused_and_leaves_no_room_taken()
    {
        var head = $"POST {Gateway.CohortPath} HTTP/1.1\r\nHost: x\r\nAuthorization: {Gateway.ShopBasic}\r\nContent-Length: 1000\r\n\r\n{{\"action\":";

        await RawHttp.ExchangeAsync(_gateway.Url, Encoding.ASCII.GetBytes(head), thenLeave: true);

        await Soon.TrueAsync("the room is given back", () =>
            _gateway.Meters.All.Any(one => one.Instrument == "sluice.gateway.request.duration")
            && _gateway.Meters.Sum("sluice.gateway.body_budget.used") == 0);
        Assert.Empty(_gateway.Intake.Applied);
        Assert.DoesNotContain(_gateway.Logs.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    private async Task<Answer> PostAsync(byte[] body, string encoding)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return await _gateway.SendAsync(HttpMethod.Post, Gateway.CohortPath, content, Gateway.ShopBasic);
    }

    private static byte[] Gzip(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(body);
        }

        return packed.ToArray();
    }
}
