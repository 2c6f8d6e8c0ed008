using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Sluice.Testing;

namespace Sluice.Tests.Ingestion;

/// <summary>The real program, killed while clients import. What it has acknowledged is there, and what is sent again is there once.</summary>
public sealed class ImportKillTests
{
    private const int Rounds = 3;
    private const int Senders = 4;
    private const int EventsAtOnce = 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_kill_and_what_is_sent_again_is_there_once()
    {
        var random = new Random(Environment.TickCount);
        await using var sluice = await RunningSluice.StartAsync("simplified", tls: false, Token);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("access:secret"u8));
        var sent = new ConcurrentDictionary<int, bool>();
        var next = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var before = sent.Values.Count(acknowledged => acknowledged);
            var until = before + random.Next(5, 60);
            var sending = Enumerable.Range(0, Senders).Select(_ => SendUntilItEndsAsync(http, sluice.Url, sent, () => Interlocked.Increment(ref next))).ToArray();
            await Eventually.TrueAsync("some requests to be acknowledged", () => sent.Values.Count(acknowledged => acknowledged) >= until, cancellationToken: Token);
            await sluice.KillAsync(Token);
            await Task.WhenAll(sending);
            await sluice.RestartAsync(Token);

            var stored = Stored(sluice);
            Assert.All(sent.Where(s => s.Value), s => Assert.Equal(EventsAtOnce, stored.GetValueOrDefault(s.Key)));
            Assert.All(stored, s => Assert.Equal(EventsAtOnce, s.Value));
        }

        // As clients do: whatever had no answer is sent again, and one that had an answer that was lost.
        foreach (var request in sent.Keys.Order())
        {
            Assert.True(await SendAsync(http, sluice.Url, request));
        }

        Assert.Equal(sent.Keys.Order().Select(request => (request, EventsAtOnce)), Stored(sluice).OrderBy(s => s.Key).Select(s => (s.Key, s.Value)));
        await sluice.StopAsync(Token);
    }

    private static async Task SendUntilItEndsAsync(HttpClient http, Uri url, ConcurrentDictionary<int, bool> sent, Func<int> next)
    {
        var acknowledged = true;
        while (acknowledged)
        {
            var request = next();
            sent[request] = false;
            acknowledged = await SendAsync(http, url, request);
            sent[request] = acknowledged;
        }
    }

    private static async Task<bool> SendAsync(HttpClient http, Uri url, int request)
    {
        var events = Enumerable.Range(0, EventsAtOnce).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"event":"Order","properties":{"time":{{{1_767_225_600 + i}}},"distinct_id":"u-{{{i}}}","$insert_id":"r{{{request}}}-{{{i}}}","request":{{{request}}}}}"""));
        try
        {
            using var answer = await http.PostAsync(new Uri(url, "/import?strict=1"), new StringContent($"[{string.Join(',', events)}]", Encoding.UTF8, "application/json"), Token);
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}");
            return true;
        }
        catch (HttpRequestException)
        {
            // Killed.
            return false;
        }
    }

    /// <summary>How many events of each request are in the store.</summary>
    private static Dictionary<int, int> Stored(RunningSluice sluice) =>
        sluice.Events().GroupBy(e => e.Properties.GetProperty("request").GetInt32()).ToDictionary(g => g.Key, g => g.Count());
}
