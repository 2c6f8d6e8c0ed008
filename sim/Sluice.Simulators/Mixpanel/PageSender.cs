using System.Globalization;
using System.Net.Http.Headers;

namespace Sluice.Simulators.Mixpanel;

/// <summary>A body on its way.</summary>
internal sealed record OutgoingPage(
    CohortConnection Connection,
    string CohortId,
    Guid SessionId,
    SyncAction Action,
    int Page,
    int TotalPages,
    int MemberCount,
    ReadOnlyMemory<byte> Body);

/// <summary>Sends pages, repeats them after transient failures, and writes everything down.</summary>
internal sealed class PageSender(HttpClient http, CohortSyncOptions options, TimeProvider time, SyncJournal journal, ClockActivity activity)
{
    private const int MaxAnswerBytes = 64 * 1024;

    /// <summary>Sends a page until it is answered with success, refused for good, or out of retries.</summary>
    /// <param name="actor">Who waits during the pauses between attempts.</param>
    /// <param name="page">The page.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    public async Task<(Judgement Judgement, int Attempts)> SendAsync(object actor, OutgoingPage page, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var judgement = await SendOnceAsync(page, attempt == 1 ? SendKind.First : SendKind.Retry, attempt, cancellationToken);
            if (judgement.Verdict != Verdict.Transient || attempt > options.RetryDelays.Count)
            {
                return (judgement, attempt);
            }

            await activity.DelayAsync(actor, options.RetryDelays[attempt - 1], cancellationToken);
        }
    }

    /// <summary>Makes one attempt.</summary>
    public async Task<Judgement> SendOnceAsync(OutgoingPage page, SendKind kind, int attempt, CancellationToken cancellationToken)
    {
        var sentAt = time.GetUtcNow();
        var started = time.GetTimestamp();
        int? status = null;
        Judgement judgement;
        using var timeout = new CancellationTokenSource(options.RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = Request(page);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var body = await ReadAsync(response, either.Token);
            status = (int)response.StatusCode;
            judgement = body.Length > MaxAnswerBytes
                ? new Judgement(Verdict.Transient, "the answer is too long", ["the answer is longer than 64 KiB"])
                : AnswerJudge.Judge(status.Value, response.Content.Headers.ContentType?.MediaType, body, page.Action);
        }
        catch (Exception exception) when (exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            var seconds = options.RequestTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            judgement = new Judgement(Verdict.Transient, $"no answer within {seconds} s", []);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            judgement = new Judgement(Verdict.Transient, $"connection error: {exception.Message}", []);
        }

        journal.Add(
            new SentRequest(
                0, sentAt, time.GetElapsedTime(started), page.CohortId, page.SessionId, page.Action, page.Page, page.TotalPages,
                page.MemberCount, page.Body.Length, kind, attempt, status, judgement.Error),
            succeeded: judgement.Verdict == Verdict.Success,
            judgement.Violations.Select(problem =>
                new AnswerViolation(time.GetUtcNow(), page.CohortId, page.SessionId, page.Action, page.Page, problem)));
        return judgement;
    }

    private static HttpRequestMessage Request(OutgoingPage page)
    {
        var content = new ReadOnlyMemoryContent(page.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, page.Connection.Url) { Content = content };
        request.Headers.Authorization = page.Connection.Authorization;
        return request;
    }

    /// <summary>Reads the answer, and at most one byte more than it may have.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[1024];
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            length += read;
            if (read == 0 || length > MaxAnswerBytes)
            {
                return buffer.AsMemory(0, length);
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 4, MaxAnswerBytes + 1));
            }
        }
    }
}
