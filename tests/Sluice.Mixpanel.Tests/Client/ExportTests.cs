using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text;
using Sluice.Mixpanel.Client;
using Sluice.Mixpanel.Tests.Cohorts;

namespace Sluice.Mixpanel.Tests.Client;

/// <summary>Raw export: what is asked, how bytes become records, and how an end that is none is told.</summary>
public sealed class ExportTests
{
    private const string Three = "{\"event\":\"a\",\"properties\":{\"time\":1,\"distinct_id\":\"ü\u2028\",\"$insert_id\":\"i\"}}\n{\"event\":\"b\\n\",\"properties\":{}}\r\n\n{\"event\":\"c\",\"properties\":{\"x\":{\"y\":[1,{}]}}}\n";
    private static readonly string[] ThreeRecords =
    [
        "{\"event\":\"a\",\"properties\":{\"time\":1,\"distinct_id\":\"ü\u2028\",\"$insert_id\":\"i\"}}", "{\"event\":\"b\\n\",\"properties\":{}}",
        "{\"event\":\"c\",\"properties\":{\"x\":{\"y\":[1,{}]}}}",
    ];

    private static readonly DateOnly Day = new(2026, 1, 1);

    private static CancellationToken Token => WireServer.Token;

    [Fact]
    public async Task An_export_names_its_days_events_and_expression()
    {
        await using var server = WireServer.Start(_ => WireReply.Lines(Three));
        var request = new ExportRequest(Day, Day.AddDays(1)) { Events = ["signup", "purchase"], Where = "properties[\"a\"] > 1", Limit = 100 };
        Assert.Equal(ThreeRecords, await ReadAsync(server.Export(), request));
        Assert.Equal(
            "GET /api/2.0/export?project_id=4100200&from_date=2026-01-01&to_date=2026-01-02&event=%5B%22signup%22%2C%22purchase%22%5D&where=properties%5B%22a%22%5D%20%3E%201&time_in_ms=true&limit=100 HTTP/1.1",
            server.Request.Line);
        Assert.Equal("gzip", server.Request.Header("accept-encoding"));

        await ReadAsync(server.Export(credentials: MixpanelCredentials.ProjectSecret("s")), new ExportRequest(Day, Day) { TimeInMs = false });
        Assert.Equal("GET /api/2.0/export?from_date=2026-01-01&to_date=2026-01-01 HTTP/1.1", server.Requests[1].Line);
    }

    [Fact]
    public async Task Records_are_the_same_wherever_the_bytes_are_split()
    {
        var bytes = Encoding.UTF8.GetBytes(Three);
        for (var size = 1; size <= bytes.Length; size++)
        {
            Assert.Equal(ThreeRecords, await ReadAsync(Over(new ChunkedStream(bytes, size)), new ExportRequest(Day, Day)));
        }

        // And at every byte: two pieces, of every length.
        for (var at = 0; at <= bytes.Length; at++)
        {
            Assert.Equal(ThreeRecords, await ReadAsync(Over(new PiecesStream(bytes[..at], bytes[at..])), new ExportRequest(Day, Day)));
        }
    }

    [Fact]
    public async Task A_compressed_export_is_unpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Three), Token);
        }

        await using var server = WireServer.Start(_ => new WireReply(200, packed.ToArray()) { ContentType = "text/plain", Headers = ["Content-Encoding: gzip"] });
        Assert.Equal(ThreeRecords, await ReadAsync(server.Export(), new ExportRequest(Day, Day)));

        await using var cut = WireServer.Start(
            _ => new WireReply(200, packed.ToArray()[..^12]) { ContentType = "text/plain", Headers = ["Content-Encoding: gzip"], IsCut = true });
        await Assert.ThrowsAsync<ExportInterruptedException>(() => ReadAsync(cut.Export(), new ExportRequest(Day, Day)));
    }

    [Fact]
    public async Task A_last_line_needs_no_end()
    {
        Assert.Equal(ThreeRecords, await ReadAsync(Over(Bytes(Three.TrimEnd('\n'))), new ExportRequest(Day, Day)));
        Assert.Empty(await ReadAsync(Over(Bytes("")), new ExportRequest(Day, Day)));
    }

    [Theory]
    [InlineData("terminated early", 1)]
    [InlineData("terminated early\n", 1)]
    [InlineData("{\"event\":\"b\",\"proper", 1)]
    [InlineData("{\"event\":\"b\",\"properties\":{}", 1)]
    [InlineData("{\"event\":\"b\",\"properties\":{}\nterminated early\n", 1)]
    [InlineData("{\"event\":\"b\",\"properties\":{}}\n{\"event\":\"c\n", 2)]
    public async Task An_end_that_is_none_is_told_with_how_much_is_whole(string rest, int whole)
    {
        var given = new List<string>();
        var failure = await Assert.ThrowsAsync<ExportInterruptedException>(() => ReadAsync(Over(Bytes("{\"event\":\"a\",\"properties\":{}}\n" + rest)), new ExportRequest(Day, Day), given));
        Assert.Equal((whole, whole, whole), (given.Count, failure.RecordsGiven, failure.RecordsOfWindow));
        Assert.Equal((MixpanelFailureKind.Interrupted, true, new ExportWindow(Day, Day)), (failure.Kind, failure.ShouldRetry, failure.Window));
    }

    [Fact]
    public async Task A_cut_stream_is_told_after_what_is_whole()
    {
        var gate = new RecordingGate();
        await using var server = WireServer.Start(_ => WireReply.Lines(Three + "{\"eve") with { IsCut = true });
        var given = new List<string>();
        var failure = await Assert.ThrowsAsync<ExportInterruptedException>(() => ReadAsync(server.Export(gate), new ExportRequest(Day, Day), given));
        Assert.Equal((3, 3), (given.Count, failure.RecordsGiven));
        Assert.Equal(["enter /export Export", "complete 200"], gate.Said);
    }

    [Fact]
    public async Task A_stream_that_stands_still_is_given_up()
    {
        await using var server = WireServer.Start(_ => WireReply.Lines(Three) with { StandsStill = true });
        var client = new MixpanelExportClient(server.Http, server.Options() with { IdleTimeout = TimeSpan.FromMilliseconds(300) });
        Assert.Equal(3, (await Assert.ThrowsAsync<ExportInterruptedException>(() => ReadAsync(client, new ExportRequest(Day, Day)))).RecordsGiven);
    }

    [Fact]
    public async Task The_time_that_the_reader_takes_is_not_mixpanels()
    {
        // More than is read at once.
        await using var server = WireServer.Start(_ => WireReply.Lines(string.Concat(Enumerable.Repeat(Three, 20_000))));
        var clock = new AlarmClock();
        var client = new MixpanelExportClient(server.Http, server.Options() with { TimeProvider = clock });
        var records = 0;
        await foreach (var batch in client.ExportAsync(new ExportRequest(Day, Day), Token))
        {
            records += batch.Records.Count;
            clock.RingAll();
        }

        Assert.Equal(60_000, records);
    }

    [Theory]
    [InlineData(400, """{"error":"to_date cannot be later than today"}""", MixpanelFailureKind.DateNotReached)]
    [InlineData(402, "{}", MixpanelFailureKind.PaymentRequired)]
    [InlineData(429, "{}", MixpanelFailureKind.RateLimited)]
    [InlineData(200, """{"error":"some trouble"}""", MixpanelFailureKind.QueryFailed)]
    public async Task A_refused_export_is_no_interrupted_one(int status, string body, MixpanelFailureKind kind)
    {
        await using var server = WireServer.Start(body, status);
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => ReadAsync(server.Export(), new ExportRequest(Day, Day)));
        Assert.Equal((typeof(MixpanelException), kind), (failure.GetType(), failure.Kind));
    }

    [Fact]
    public async Task A_record_that_was_broken_into_lines_is_put_together()
    {
        const string Broken = "{\"event\":\"a\",\"properties\":{\"text\":\"one \ntwo\n\"}}\n{\"event\":\"b\",\"properties\":{}}\n";
        var damaged = new List<string>();
        Assert.Equal(
            ["{\"event\":\"a\",\"properties\":{\"text\":\"one two\"}}", "{\"event\":\"b\",\"properties\":{}}"],
            await ReadAsync(Over(Bytes(Broken)), new ExportRequest(Day, Day), damaged: damaged));
        Assert.Empty(damaged);
    }

    [Fact]
    public async Task A_line_that_nothing_completes_is_given_apart_and_stops_nothing()
    {
        var damaged = new List<string>();
        Assert.Equal(
            ["{\"event\":\"a\",\"properties\":{}}", "{\"event\":\"b\",\"properties\":{}}"],
            await ReadAsync(Over(Bytes("{\"event\":\"a\",\"properties\":{}}\nnonsense\n{\"x\n{\"event\":\"b\",\"properties\":{}}\n")), new ExportRequest(Day, Day), damaged: damaged));
        Assert.Equal(["nonsense", "{\"x"], damaged);
    }

    [Fact]
    public async Task A_line_without_end_is_not_kept_in_memory()
    {
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => ReadAsync(Over(new EndlessStream()), new ExportRequest(Day, Day)));
        Assert.Equal(MixpanelFailureKind.Unreadable, failure.Kind);
    }

    [Fact]
    public void Windows_cover_each_day_once()
    {
        for (var length = 1; length < 260; length += 7)
        {
            for (var days = 1; days <= 130; days += 11)
            {
                var windows = ExportRequest.Windows(Day, Day.AddDays(length - 1), days).ToList();
                Assert.Equal(
                    Enumerable.Range(0, length).Select(i => Day.AddDays(i)),
                    windows.SelectMany(w => Enumerable.Range(0, w.To.DayNumber - w.From.DayNumber + 1).Select(i => w.From.AddDays(i))));
                Assert.All(windows.SkipLast(1), w => Assert.Equal(days, w.To.DayNumber - w.From.DayNumber + 1));
            }
        }

        Assert.Equal(3, ExportRequest.Windows(Day, Day.AddDays(200)).Count());
        Assert.Equal([new ExportWindow(DateOnly.MaxValue, DateOnly.MaxValue)], ExportRequest.Windows(DateOnly.MaxValue, DateOnly.MaxValue));
    }

    [Fact]
    public async Task Each_window_is_a_call_and_a_limit_is_that_of_all()
    {
        await using var server = WireServer.Start(_ => WireReply.Lines(Three));
        await ReadAsync(server.Export(), new ExportRequest(Day, Day.AddDays(3)) { WindowDays = 2, Limit = 7 });
        await ReadAsync(server.Export(), new ExportRequest(Day, Day.AddDays(9)) { WindowDays = 2, Limit = 3 });
        Assert.Equal(
            ["from_date=2026-01-01&to_date=2026-01-02&time_in_ms=true&limit=7", "from_date=2026-01-03&to_date=2026-01-04&time_in_ms=true&limit=4", "from_date=2026-01-01&to_date=2026-01-02&time_in_ms=true&limit=3"],
            server.Requests.Select(r => r.Line.Split(' ')[1].Split("4100200&")[1]));
    }

    [Fact]
    public async Task A_broken_window_says_what_the_ones_before_gave()
    {
        var asked = 0;
        await using var server = WireServer.Start(_ => WireReply.Lines(asked++ == 0 ? Three : "{\"event\":\"d\",\"properties\":{}}\nterminated early\n"));
        var failure = await Assert.ThrowsAsync<ExportInterruptedException>(() => ReadAsync(server.Export(), new ExportRequest(Day, Day.AddDays(1)) { WindowDays = 1 }));
        Assert.Equal((4, 1, Day.AddDays(1)), (failure.RecordsGiven, failure.RecordsOfWindow, failure.Window!.From));
    }

    [Fact]
    public async Task A_raw_export_passes_as_it_is_and_holds_its_permit()
    {
        var gate = new RecordingGate();
        await using var server = WireServer.Start(_ => new WireReply(402, "odd"u8.ToArray()) { ContentType = "text/odd" });
        await using (var raw = await server.Export(gate).RawAsync([new("from_date", "x"), new("project_id", "9")], Token))
        {
            using var reader = new StreamReader(raw.Body);
            Assert.Equal((402, "text/odd", "odd"), (raw.Status, raw.ContentType, await reader.ReadToEndAsync(Token)));
            Assert.Equal("GET /api/2.0/export?project_id=4100200&from_date=x HTTP/1.1", server.Request.Line);
        }

        Assert.Equal(["enter /export Export", "complete 402"], gate.Said);
    }

    [Fact]
    public void A_record_can_be_read()
    {
        var read = ExportedEvent.Read("""{"event":"Purchase","properties":{"time":1767225600123,"distinct_id":"u-1","$insert_id":"a1","amount":19.5}}"""u8);
        Assert.Equal(("Purchase", "u-1", 1767225600123, "a1", 19.5), (read.Event, read.DistinctId, read.Time, read.InsertId, read.Properties.GetProperty("amount").GetDouble()));
        Assert.Throws<MixpanelException>(() => ExportedEvent.Read("{"u8));
    }

    private static async Task<List<string>> ReadAsync(MixpanelExportClient client, ExportRequest request, List<string>? into = null, List<string>? damaged = null)
    {
        var records = into ?? [];
        await foreach (var batch in client.ExportAsync(request, Token))
        {
            records.AddRange(batch.Records.Select(r => Encoding.UTF8.GetString(r.Span)));
            damaged?.AddRange(batch.Damaged.Select(r => Encoding.UTF8.GetString(r.Span)));
        }

        return records;
    }

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    private static MixpanelExportClient Over(Stream body) => new(
        new HttpClient(new OneBody(body)),
        new MixpanelClientOptions { Credentials = MixpanelCredentials.ProjectSecret("s"), Hosts = MixpanelHosts.Of(MixpanelResidency.UnitedStates) });

    private sealed class OneBody(Stream body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body) });
    }

    /// <summary>Two reads.</summary>
    private sealed class PiecesStream(params byte[][] pieces) : MemoryStream
    {
        private readonly Queue<byte[]> _left = new(pieces.Where(p => p.Length > 0));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_left.TryDequeue(out var piece))
            {
                return new ValueTask<int>(0);
            }

            piece.CopyTo(buffer);
            return new ValueTask<int>(piece.Length);
        }
    }

    /// <summary>Its timers go off when the test says so.</summary>
    private sealed class AlarmClock : TimeProvider
    {
        private readonly ConcurrentBag<Alarm> _alarms = [];

        public void RingAll()
        {
            foreach (var alarm in _alarms)
            {
                alarm.Ring();
            }
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var alarm = new Alarm(() => callback(state)) { DueTime = dueTime };
            _alarms.Add(alarm);
            return alarm;
        }

        private sealed class Alarm(Action callback) : ITimer
        {
            public TimeSpan DueTime { get; set; }

            public void Ring()
            {
                if (DueTime != Timeout.InfiniteTimeSpan)
                {
                    DueTime = Timeout.InfiniteTimeSpan;
                    callback();
                }
            }

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                DueTime = dueTime;
                return true;
            }

            public void Dispose() => DueTime = Timeout.InfiniteTimeSpan;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'x');
            return new ValueTask<int>(buffer.Length);
        }
    }
}
