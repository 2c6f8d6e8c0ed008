using Sluice.Core.Projects;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Health;

public sealed class HealthTests : IAsyncLifetime
{
    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_program_that_answers_is_live_whatever_its_store_does()
    {
        _gateway.Readiness.Answer = _ => throw new IOException("disk");

        var answer = await GetAsync("/health/live");

        Assert.Equal((200, """{"status":"live"}"""), (answer.Status, answer.Body));
        Assert.Equal(0, _gateway.Readiness.Asked);
    }

    [Fact]
    public async Task A_program_whose_checks_are_all_well_is_ready()
    {
        var answer = await GetAsync("/health/ready");

        Assert.Equal((200, """{"status":"ready","checks":{"store":"ok","migrations":"done"}}"""), (answer.Status, answer.Body));
        Assert.Equal("application/json", answer.Headers["Content-Type"]);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
    }

    [Fact]
    public async Task One_check_that_is_not_well_is_503_and_logged_once()
    {
        _gateway.Readiness.Answer = _ => ValueTask.FromResult(new Readiness(
            [new ReadinessCheck("store", Ready: true, "ok"), new ReadinessCheck("migrations", Ready: false, "pending")]));

        var answer = await GetAsync("/health/ready");
        await GetAsync("/health/ready");

        Assert.Equal((503, """{"status":"unavailable","checks":{"store":"ok","migrations":"pending"}}"""), (answer.Status, answer.Body));
        Assert.Equal("Not ready: migrations pending.", Assert.Single(_gateway.Logs.Of(1300)).Text);
    }

    [Fact]
    public async Task A_check_that_fails_is_503_without_its_reason()
    {
        _gateway.Readiness.Answer = _ => throw new IOException("password=hunter2");

        var answer = await GetAsync("/health/ready");

        Assert.Equal((503, """{"status":"unavailable","checks":{"checks":"failed"}}"""), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task A_check_that_hangs_is_503_after_five_seconds()
    {
        _gateway.Readiness.Answer = async _ =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _gateway.Time, CancellationToken.None);
            return FakeReadiness.Ready;
        };
        var asking = GetAsync("/health/ready");
        await Soon.TrueAsync("the check is under way", () => _gateway.Readiness.Asked == 1);

        _gateway.Time.Advance(TimeSpan.FromSeconds(5));

        var answer = await asking;
        Assert.Equal((503, """{"status":"unavailable","checks":{"checks":"timed out"}}"""), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task However_many_ask_the_store_is_asked_once_a_second()
    {
        for (var i = 0; i < 10; i++)
        {
            await GetAsync("/health/ready");
        }

        Assert.Equal(1, _gateway.Readiness.Asked);
        _gateway.Time.Advance(TimeSpan.FromSeconds(1));
        await GetAsync("/health/ready");
        Assert.Equal(2, _gateway.Readiness.Asked);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Health_is_only_read(string path)
    {
        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Head, path, content: null, authorization: null)).Status);
        Assert.Equal(405, (await _gateway.SendAsync(HttpMethod.Post, path, content: null, authorization: null)).Status);
    }

    private Task<Answer> GetAsync(string path) => _gateway.SendAsync(HttpMethod.Get, path, content: null, authorization: null);
}
