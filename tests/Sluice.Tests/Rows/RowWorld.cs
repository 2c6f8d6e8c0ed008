using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;
using Sluice.Simulators;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Rows;

/// <summary>A simulated Mixpanel on a clock that stands, and the clients that Sluice calls it with.</summary>
internal sealed class RowWorld : IAsyncDisposable
{
    public const string Id = "12345";

    private readonly TempFolder _folder = new();
    private Store? _store;

    private RowWorld(MixpanelSimulator mixpanel, ManualClock clock)
    {
        (Mixpanel, Clock) = (mixpanel, clock);
        Options = new MixpanelClientOptions
        {
            Credentials = Account(), Hosts = new MixpanelHosts(mixpanel.BaseUrl, mixpanel.QueryUrl, mixpanel.ExportUrl, mixpanel.AppUrl),
        };
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public MixpanelSimulator Mixpanel { get; }

    public MixpanelDesk Desk => Mixpanel.Desk(Id);

    public ManualClock Clock { get; }

    public HttpClient Http { get; } = new(MixpanelClientOptions.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };

    public MixpanelClientOptions Options { get; }

    public DateOnly Today => DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime);

    /// <summary>The calls so far, as <c>POST /import</c>.</summary>
    public IEnumerable<string> Calls => Mixpanel.Calls.Last.Select(call => $"{call.Method} {call.Path}");

    /// <summary>The parameters of the newest call, as they were sent.</summary>
    public string Parameters => Mixpanel.Calls.Last[^1].Query;

    public static async Task<RowWorld> StartAsync(MixpanelSimulatorOptions? options = null)
    {
        // Noon of yesterday: no test comes to the end of the day, and the program, whose clock is the true one, has it behind itself.
        var clock = new ManualClock(new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddHours(-12), TimeSpan.Zero));
        return new RowWorld(await MixpanelSimulator.StartAsync((options ?? new MixpanelSimulatorOptions()) with { Clock = clock }, Token), clock);
    }

    public static MixpanelCredentials Account(string userName = "simulator.account", string project = Id) =>
        MixpanelCredentials.ServiceAccount(userName, "simulator-secret", project);

    public static MixpanelBatch Batch(params IEnumerable<string> records)
    {
        var batch = new MixpanelBatch();
        foreach (var record in records)
        {
            Assert.True(batch.TryAppend(Encoding.UTF8.GetBytes(record)));
        }

        return batch;
    }

    /// <summary>What a call fails of.</summary>
    public static async Task<MixpanelFailureKind> FailureAsync(Func<Task> call) => (await Assert.ThrowsAsync<MixpanelException>(call)).Kind;

    public static async Task<List<string>> LinesAsync(MixpanelExportClient client, ExportRequest request)
    {
        var lines = new List<string>();
        await foreach (var batch in client.ExportAsync(request, Token))
        {
            lines.AddRange(batch.Records.Select(record => Encoding.UTF8.GetString(record.Span)));
        }

        return lines;
    }

    public MixpanelIngestionClient Ingestion(MixpanelCredentials? credentials = null) => new(Http, With(credentials));

    public MixpanelQueryClient Query(MixpanelCredentials? credentials = null, IMixpanelGate? gate = null) => new(Http, With(credentials), gate);

    public MixpanelExportClient Export(MixpanelCredentials? credentials = null, IMixpanelGate? gate = null) => new(Http, With(credentials), gate);

    public MixpanelAppClient App(MixpanelCredentials? credentials = null) => new(Http, With(credentials));

    /// <summary>The budgets that the program keeps for the project, for somebody who wants to be told at once.</summary>
    public async Task<IMixpanelGate> GateAsync()
    {
        _store ??= await Store.OpenSqliteAsync(_folder.Combine("sluice.db"), Clock, Token, durable: false);
        return new MixpanelBudgets(_store.PermitBooks, MixpanelBudgets.AccountOf(Mixpanel.QueryUrl, Id), Clock).For(MixpanelCaller.Person(TimeSpan.Zero));
    }

    public string Event(string id = "u-1", string insertId = "i-1", string name = "Purchase", string more = "") => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"event":"{{{name}}}","properties":{"time":{{{Clock.GetUtcNow().ToUnixTimeSeconds()}}},"distinct_id":"{{{id}}}","$insert_id":"{{{insertId}}}"{{{more}}}}}""");

    /// <summary>A call that none of our clients makes.</summary>
    public async Task<(int Status, string Body)> PostAsync(string target, string json, bool authorized = true)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Mixpanel.BaseUrl, target))
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = authorized ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String("simulator.account:simulator-secret"u8)) : null;
        using var answer = await Http.SendAsync(request, Token);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        Http.Dispose();
        await Mixpanel.DisposeAsync();
        _folder.Dispose();
    }

    private MixpanelClientOptions With(MixpanelCredentials? credentials) => credentials is null ? Options : Options with { Credentials = credentials };
}
