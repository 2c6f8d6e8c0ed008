using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Brevo.Tests;

/// <summary>A few calls over a real connection: what the fake handler cannot show.</summary>
public sealed class WireTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Escapes_and_the_length_of_the_body_arrive_as_they_left()
    {
        await using var server = new OneAnswer("HTTP/1.1 204 No Content\r\nx-sib-ratelimit-remaining: 9\r\n\r\n");
        using var http = new HttpClient(BrevoClient.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        var gate = new RecordingGate();

        var updated = await Client(http, server, gate).UpdateContactAsync(
            BrevoContactIdentifier.Email("jane+é/x@example.test"),
            new BrevoContactUpdate { Attributes = new BrevoAttributes { { "CITY", BrevoAttributeValue.Text("서울") } } },
            Token);

        var request = await server.Request.WaitAsync(TimeSpan.FromMinutes(2), Token);
        Assert.True(updated);
        Assert.StartsWith("PUT /v3/contacts/jane%2B%C3%A9%2Fx%40example.test?identifierType=email_id HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.Contains($"\r\napi-key: {FakeBrevo.Key}\r\n", request, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nContent-Type: application/json\r\n", request, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nContent-Length: 32\r\n", request, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("\r\n\r\n{\"attributes\":{\"CITY\":\"서울\"}}", request, StringComparison.Ordinal);
        Assert.Equal(9, Assert.Single(gate.Completed)?.Remaining);
    }

    [Fact]
    public async Task A_redirect_does_not_carry_the_key_away()
    {
        await using var elsewhere = new OneAnswer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        await using var server = new OneAnswer($"HTTP/1.1 302 Found\r\nlocation: {elsewhere.Address}\r\ncontent-length: 0\r\n\r\n");
        using var http = new HttpClient(BrevoClient.CreateHandler());

        var e = await Assert.ThrowsAsync<BrevoApiException>(() => Client(http, server).GetAccountAsync(Token));

        Assert.Equal(302, e.Status);
        Assert.False(elsewhere.Request.IsCompleted);
    }

    [Fact]
    public async Task A_server_that_hangs_up_leaves_the_outcome_of_an_import_unknown()
    {
        await using var server = new OneAnswer("");
        using var http = new HttpClient(BrevoClient.CreateHandler());
        using var csv = new BrevoImportCsv(["EMAIL"]);
        csv.TryAppend("a@example.test");

        var e = await Assert.ThrowsAsync<BrevoConnectionException>(() => Client(http, server).ImportContactsAsync(new BrevoImport { Source = csv, ListIds = [1] }, Token));

        Assert.True(e.OutcomeUnknown);
    }

    [Fact]
    public async Task A_closed_port_leaves_no_doubt()
    {
        Uri address;
        await using (var server = new OneAnswer(""))
        {
            address = server.Address;
        }

        using var http = new HttpClient(BrevoClient.CreateHandler());
        using var csv = new BrevoImportCsv(["EMAIL"]);
        csv.TryAppend("a@example.test");
        var client = new BrevoClient(http, new BrevoClientOptions { ApiKey = new BrevoApiKey(FakeBrevo.Key), BaseAddress = address });

        var e = await Assert.ThrowsAsync<BrevoConnectionException>(() => client.ImportContactsAsync(new BrevoImport { Source = csv, ListIds = [1] }, Token));

        Assert.False(e.WasSent);
        Assert.False(e.OutcomeUnknown);
    }

    [Fact]
    public async Task An_answer_cut_before_its_end_is_a_connection_failure()
    {
        await using var server = new OneAnswer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"companyName\":");
        using var http = new HttpClient(BrevoClient.CreateHandler());

        await Assert.ThrowsAsync<BrevoConnectionException>(() => Client(http, server).GetAccountAsync(Token));
    }

    private static BrevoClient Client(HttpClient http, OneAnswer server, IBrevoGate? gate = null) =>
        new(http, new BrevoClientOptions { ApiKey = new BrevoApiKey(FakeBrevo.Key), BaseAddress = server.Address }, gate);

    /// <summary>Takes one request on a loopback port, gives one answer and hangs up.</summary>
    private sealed class OneAnswer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new(TimeSpan.FromMinutes(3), TimeProvider.System);
        private readonly TaskCompletionSource<string> _request = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task _run;

        public OneAnswer(string answer)
        {
            _listener.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v3");
            _run = RunAsync(answer);
        }

        public Uri Address { get; }

        public Task<string> Request => _request.Task;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Stop();
            await _run;
            _stop.Dispose();
        }

        private async Task RunAsync(string answer)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var stream = client.GetStream();
                var received = new List<byte>();
                var chunk = new byte[4096];
                while (!IsComplete(received))
                {
                    received.AddRange(chunk.AsSpan(0, await stream.ReadAsync(chunk, _stop.Token)));
                }

                _request.SetResult(Encoding.UTF8.GetString([.. received]));
                await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), _stop.Token);
            }
            catch (OperationCanceledException)
            {
            }
        }

        private static bool IsComplete(List<byte> received)
        {
            var text = Encoding.Latin1.GetString([.. received]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                return false;
            }

            var length = text.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
            return text.Length - end - 4 >= (length is null ? 0 : int.Parse(length["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture));
        }
    }
}
