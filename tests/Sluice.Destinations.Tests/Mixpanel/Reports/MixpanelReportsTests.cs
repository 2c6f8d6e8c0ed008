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

    [Fact]
    public async Task Who_leaves_leaves_the_place_to_the_query_that_may_still_run()
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _remote.Answer = async token =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return [];
        };
        var asking = AskAsync(1, leaving.Token);
        await asked.Task.WaitAsync(TimeSpan.FromMinutes(1), Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);

        // Its end is written down, and says that.
        await _books.UpdatedAsync(2).WaitAsync(TimeSpan.FromMinutes(1), Token);
        _time.Now += TimeSpan.FromSeconds(119);
        Assert.Equal(1, (await new MixpanelBudgets(_books, "mixpanel-api/test", _time).ReadAsync(MixpanelBudget.Query, Token)).Running);
    }

    [Fact]
    public async Task A_call_that_never_reached_Mixpanel_keeps_no_place()
    {
        _remote.Answer = _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused");
        Assert.IsType<ReportAnswer.Unreachable>(await AskAsync(1, Token));
        Assert.Equal(2, _books.Updates);

        // A place is free a moment after its call.
        _time.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(0, (await new MixpanelBudgets(_books, "mixpanel-api/test", _time).ReadAsync(MixpanelBudget.Query, Token)).Running);
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

    /// <summary>A clock that stands until a test moves it, and whose timers never end.</summary>
    private sealed class Standing : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
