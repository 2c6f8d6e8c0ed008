using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Sluice.Core.Reports;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Destinations.Mixpanel.Reports;
using Sluice.Destinations.Tests.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel.Reports;

public sealed class MixpanelReportsTests : IDisposable
{
    private readonly Standing _time = new();
    private readonly Remote _remote = new();
    private readonly HttpClient _http;
    private readonly HeldBooks _books;
    private readonly MixpanelReports _reports;

    public MixpanelReportsTests()
    {
        _http = new HttpClient(_remote) { Timeout = Timeout.InfiniteTimeSpan };
        _books = new HeldBooks(_time);
        var options = new MixpanelClientOptions
        {
            Credentials = MixpanelCredentials.ServiceAccount("robot", "secret", "12345"), Hosts = MixpanelHosts.Of(MixpanelResidency.UnitedStates), TimeProvider = _time, MaxAnswerBytes = 1_024,
        };
        _reports = new MixpanelReports(_http, options, new MixpanelBudgets(_books, "mixpanel-api/test", _time));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _remote.Dispose();
    }

    [Fact]
    public async Task Without_the_store_nobody_is_asked_and_that_is_told()
    {
        _books.IsAway = true;
        Assert.IsType<ReportAnswer.Unreachable>(await AskAsync(1, Token));
        Assert.Empty(_remote.Calls);
    }

    [Fact]
    public async Task An_answer_counts_though_the_store_went_away()
    {
        _remote.Answer = _ =>
        {
            _books.IsAway = true;
            return Task.FromResult("[]"u8.ToArray());
        };
        Assert.Equal(200, Assert.IsType<ReportAnswer.Whole>(await AskAsync(1, Token)).Status);
    }

    [Fact]
    public async Task An_answer_too_large_to_pass_on_is_not_to_be_asked_for_again()
    {
        _remote.Answer = _ => Task.FromResult(new byte[1_025]);
        var unusable = Assert.IsType<ReportAnswer.Unusable>(await AskAsync(1, Token));
        Assert.Contains("Ask for less", unusable.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Twenty_wait_and_the_next_is_told_at_once()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var five = new TaskCompletionSource();
        _remote.Answer = async token =>
        {
            if (_remote.Calls.Count == 5)
            {
                five.TrySetResult();
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return [];
        };
        var running = Enumerable.Range(0, 5).Select(i => AskAsync(i, stop.Token)).ToList();
        await five.Task.WaitAsync(TimeSpan.FromMinutes(1), Token);

        // Time stands: nobody's patience ends, and nobody goes in.
        var more = Enumerable.Range(5, 495).Select(i => AskAsync(i, stop.Token)).ToList();
        var told = new List<Task<ReportAnswer>>();
        await foreach (var answer in Task.WhenEach(more).WithCancellation(Token))
        {
            told.Add(answer);
            if (told.Count == 475)
            {
                break;
            }
        }

        Assert.All(await Task.WhenAll(told), answer => Assert.Contains("wait", Assert.IsType<ReportAnswer.Spent>(answer).Message, StringComparison.Ordinal));
        Assert.Equal(20, more.Count(one => !one.IsCompleted));
        Assert.InRange(_books.Updates, 5, 5 + 20);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll([.. running, .. more.Except(told)]));
    }

    private Task<ReportAnswer> AskAsync(int number, CancellationToken cancellationToken) => _reports.AskAsync(
        new ReportQuestion("/api/query/segmentation", [KeyValuePair.Create("n", number.ToString(CultureInfo.InvariantCulture))]), cancellationToken);

    private sealed class Remote : HttpMessageHandler
    {
        public ConcurrentQueue<Uri> Calls { get; } = new();

        public Func<CancellationToken, Task<byte[]>> Answer { get; set; } = _ => Task.FromResult("[]"u8.ToArray());

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Calls.Enqueue(request.RequestUri!);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(await Answer(cancellationToken)) };
        }
    }

    /// <summary>A clock that stands, and whose timers never end.</summary>
    private sealed class Standing : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public override DateTimeOffset GetUtcNow() => new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
