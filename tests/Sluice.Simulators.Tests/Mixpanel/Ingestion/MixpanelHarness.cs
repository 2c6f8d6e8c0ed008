using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

/// <summary>A simulator on a clock that stands still, and a plain HTTP caller that knows nothing of our client.</summary>
internal sealed class MixpanelHarness : IAsyncDisposable
{
    public const string Project = "12345";
    public const string Token = "simulator-token";
    public const string Import = "/import?strict=1&project_id=12345";

    private readonly SocketsHttpHandler _handler = new() { UseProxy = false, AllowAutoRedirect = false };
    private readonly HttpClient _http;

    private MixpanelHarness(MixpanelSimulator simulator, ManualClock clock)
    {
        Simulator = simulator;
        Clock = clock;
        _http = new HttpClient(_handler) { Timeout = TimeSpan.FromMinutes(4) };
    }

    public MixpanelSimulator Simulator { get; }

    public ManualClock Clock { get; }

    /// <summary>The present, in seconds.</summary>
    public long Now => Clock.GetUtcNow().ToUnixTimeSeconds();

    public static string ServiceAccount { get; } = Basic("simulator.account:simulator-secret");

    public IReadOnlyList<MixpanelEventView> Events => Simulator.Events(Project);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<MixpanelHarness> StartAsync(
        MixpanelProject? project = null, MixpanelLimits? limits = null, params MixpanelProject[] more) =>
        await StartAsync(new MixpanelSimulatorOptions
        {
            Projects = [project ?? new MixpanelProject(), .. more], Limits = limits ?? new MixpanelLimits(),
        });

    public static async Task<MixpanelHarness> StartAsync(MixpanelSimulatorOptions options)
    {
        var clock = new ManualClock();
        return new MixpanelHarness(await MixpanelSimulator.StartAsync(options with { Clock = clock }, Cancel), clock);
    }

    public static string Basic(string pair) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));

    public static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    /// <summary>One event as JSON, valid unless a part is replaced.</summary>
    public string Event(string id = "u-1", string insertId = "i-1", string name = "Purchase", string more = "", string? time = null) =>
        $$$"""{"event":"{{{name}}}","properties":{"time":{{{time ?? $"{Now}"}}},"distinct_id":"{{{id}}}","$insert_id":"{{{insertId}}}"{{{more}}}}}""";

    public Task<Answer> ImportAsync(string body, string target = Import, string? authorization = null, string type = "application/json") =>
        SendAsync("POST", target, Encoding.UTF8.GetBytes(body), type, authorization ?? ServiceAccount);

    public Task<Answer> PostAsync(string target, string body, string type = "application/json") =>
        SendAsync("POST", target, Encoding.UTF8.GetBytes(body), type);

    public Task<Answer> GetAsync(string target, string? authorization = null) => SendAsync("GET", target, null, null, authorization);

    public async Task<Answer> SendAsync(
        string method,
        string target,
        byte[]? body = null,
        string? type = null,
        string? authorization = null,
        string? encoding = null,
        MixpanelResidency residency = MixpanelResidency.US,
        CancellationToken? cancellationToken = null,
        MixpanelFamily family = MixpanelFamily.Ingestion,
        string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Simulator.UrlOf(residency, family), target));
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);
        }

        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
            if (encoding is not null)
            {
                request.Content.Headers.ContentEncoding.Add(encoding);
            }
        }

        using var response = await _http.SendAsync(request, cancellationToken ?? Cancel);
        return new Answer(
            (int)response.StatusCode,
            await response.Content.ReadAsByteArrayAsync(Cancel),
            response.Headers.Concat(response.Content.Headers).ToDictionary(
                header => header.Key, header => header.Value.First(), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>A query of the ordinary project by its service account; the target begins behind <c>/api/2.0</c>.</summary>
    public Task<Answer> QueryAsync(string target, string? form = null, string? authorization = null, MixpanelResidency residency = MixpanelResidency.US) =>
        SendAsync(
            form is null ? "GET" : "POST", $"/api/2.0{WithProject(target)}", form is null ? null : Encoding.UTF8.GetBytes(form),
            form is null ? null : "application/x-www-form-urlencoded", authorization ?? ServiceAccount, residency: residency, family: MixpanelFamily.Query);

    /// <summary>A raw export of the ordinary project by its service account.</summary>
    public Task<Answer> ExportAsync(string query, string? authorization = null, string? accept = null) =>
        SendAsync("GET", WithProject($"/api/2.0/export?{query}"), authorization: authorization ?? ServiceAccount, family: MixpanelFamily.Export, accept: accept);

    /// <summary>A call of the app API; the target begins behind <c>/api/app</c>.</summary>
    public Task<Answer> AppAsync(string method, string target, string? body = null, string? authorization = null) =>
        SendAsync(
            method, $"/api/app{target}", body is null ? null : Encoding.UTF8.GetBytes(body), body is null ? null : "application/json",
            authorization ?? ServiceAccount, family: MixpanelFamily.App);

    private static string WithProject(string target) => $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}project_id={Project}";

    public JsonElement Profile(string id) =>
        JsonElement.Parse((Simulator.Profile(Project, id) ?? throw new KeyNotFoundException(id)).PropertiesJson);

    public static JsonElement Properties(MixpanelEventView stored) => JsonElement.Parse(stored.PropertiesJson);

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _handler.Dispose();
        await Simulator.DisposeAsync();
    }
}

/// <summary>An answer, read completely.</summary>
internal sealed record Answer(int Status, byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonElement.Parse(Body);

    public JsonElement Failed => Json.GetProperty("failed_records");

    public void Is(int status, string text) => Assert.Equal((status, text), (Status, Text));
}
