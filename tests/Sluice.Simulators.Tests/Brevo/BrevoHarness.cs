using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Sluice.Simulators.Brevo;

namespace Sluice.Simulators.Tests.Brevo;

/// <summary>A simulator on a clock that stands still, and a plain HTTP caller that knows nothing of our client.</summary>
internal sealed class BrevoHarness : IAsyncDisposable
{
    private static readonly BrevoWindow[] Wide = [new(100_000, TimeSpan.FromSeconds(1))];

    private readonly SocketsHttpHandler _handler = new() { UseProxy = false };
    private readonly HttpClient _http;

    private BrevoHarness(BrevoSimulator simulator, ManualClock clock)
    {
        Simulator = simulator;
        Clock = clock;
        _http = new HttpClient(_handler) { Timeout = TimeSpan.FromMinutes(4) };
    }

    /// <summary>Allowances that no test of another rule meets.</summary>
    public static BrevoLimits WideLimits { get; } = new() { Contacts = Wide, Events = Wide, Orders = Wide, Email = Wide, Other = Wide };

    public BrevoSimulator Simulator { get; }

    public ManualClock Clock { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<BrevoHarness> StartAsync(Func<BrevoSimulatorOptions, BrevoSimulatorOptions>? change = null)
    {
        var clock = new ManualClock();
        var options = new BrevoSimulatorOptions { Clock = clock, Limits = WideLimits };
        return new BrevoHarness(await BrevoSimulator.StartAsync(change?.Invoke(options) ?? options, Token), clock);
    }

    public Task<Reply> GetAsync(string path) => SendAsync("GET", path);

    public Task<Reply> PostAsync(string path, string body) => SendAsync("POST", path, body);

    public Task<Reply> PutAsync(string path, string body) => SendAsync("PUT", path, body);

    public Task<Reply> DeleteAsync(string path) => SendAsync("DELETE", path);

    public Task<Reply> SendAsync(string method, string path, string? body = null, string? key = "xkeysib-simulator") =>
        ImpatientAsync(method, path, body, key, Token);

    /// <summary>A call whose caller gives up when it likes.</summary>
    public async Task<Reply> ImpatientAsync(string method, string path, string? body, string? key, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Simulator.BaseUrl + path);
        if (key is not null)
        {
            request.Headers.Add("api-key", key);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await ReadAsync(request, cancellationToken);
    }

    public async Task<Reply> AdminAsync(string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Simulator.StatePage, path));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return await ReadAsync(request, Token);
    }

    public Task<string> DownloadAsync(string url) => _http.GetStringAsync(new Uri(url), Token);

    /// <summary>Creates a contact and gives its id.</summary>
    public async Task<long> CreateAsync(string email, string more = "")
    {
        var reply = await PostAsync("/contacts", $$"""{"email":"{{email}}"{{more}}}""");
        Assert.Equal(201, reply.Status);
        return reply.Json.GetProperty("id").GetInt64();
    }

    /// <summary>Sends an import and lets the clock run until it has ended.</summary>
    public async Task<JsonElement> ImportAsync(string body)
    {
        var reply = await PostAsync("/contacts/import", body);
        Assert.Equal(202, reply.Status);
        await AdvanceAsync(TimeSpan.FromMinutes(10));
        var process = await GetAsync($"/processes/{reply.Json.GetProperty("processId")}");
        Assert.Equal(200, process.Status);
        return process.Json;
    }

    public Task<JsonElement> ImportCsvAsync(long list, string csv, string more = "") =>
        ImportAsync($$"""{"listIds":[{{list}}],"fileBody":{{JsonSerializer.Serialize(csv)}}{{more}}}""");

    /// <summary>Moves the clock from timer to timer and waits each time until calls that left then are back: they have a deadline on this clock.</summary>
    public async Task AdvanceAsync(TimeSpan span)
    {
        var end = Clock.GetUtcNow() + span;
        while (Clock.NextTimer is { } next && next <= end)
        {
            Clock.Advance(next > Clock.GetUtcNow() ? next - Clock.GetUtcNow() : TimeSpan.Zero);
            await IdleAsync();
        }

        Clock.Advance(end - Clock.GetUtcNow());
        await IdleAsync();
    }

    public Task IdleAsync() => Simulator.WhenIdleAsync(Token).WaitAsync(TimeSpan.FromMinutes(2), Token);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _handler.Dispose();
        await Simulator.DisposeAsync();
    }

    private async Task<Reply> ReadAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await _http.SendAsync(request, cancellationToken);
        return new Reply(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(cancellationToken),
            response.Headers.Concat(response.Content.Headers).ToDictionary(
                header => header.Key, header => header.Value.First(), StringComparer.OrdinalIgnoreCase));
    }
}

/// <summary>An answer, read completely.</summary>
internal sealed record Reply(HttpStatusCode Code, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public int Status => (int)Code;

    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string ErrorCode => Json.GetProperty("code").GetString()!;

    public string Message => Json.GetProperty("message").GetString()!;

    public int Limit(string name) => int.Parse(Headers[$"x-sib-ratelimit-{name}"], CultureInfo.InvariantCulture);

    public void IsError(int status, string code, string? message = null)
    {
        Assert.Equal((status, code), (Status, ErrorCode));
        if (message is not null)
        {
            Assert.Equal(message, Message);
        }
    }

    public void IsEmpty(int status) => Assert.Equal((status, ""), (Status, Text));
}
