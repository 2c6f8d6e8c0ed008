using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Sluice.Testing;

namespace Sluice.Bench;

/// <summary>The real program in a process of its own, over a fresh store.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    public const string Project = "bench";
    private readonly TempFolder _folder;
    private readonly PostgresDatabase? _database;
    private readonly ChildProcess _process;

    private BenchServer(TempFolder folder, PostgresDatabase? database, ChildProcess process, Uri url)
    {
        _folder = folder;
        _database = database;
        _process = process;
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64 }) { BaseAddress = url, Timeout = TimeSpan.FromMinutes(10) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("bench-access:bench-secret")));
    }

    public HttpClient Http { get; }

    public string SqliteFile => _folder.Combine("data", "sluice.db");

    public string? PostgresConnection => _database?.ConnectionString;

    /// <param name="connectors">Further blocks of the config file; without any, the server receives and keeps.</param>
    public static async Task<BenchServer> StartAsync(string engine, string connectors = "")
    {
        var folder = new TempFolder();
        var database = engine == "postgres" ? await (await PostgresServer.SharedAsync(CancellationToken.None)).CreateDatabaseAsync() : null;
        var config = string.Create(CultureInfo.InvariantCulture, $"""
            server:
              urls: http://127.0.0.1:{FreePort()}
              data: {folder.Combine("data")}
              master_key: a-master-key-for-measuring-only
            storage:
              engine: {engine}
              connection: "{database?.ConnectionString}"
            project:
              id: {Project}
              access_key: bench-access
              secret_key: bench-secret
            {connectors}
            """);
        var file = folder.Write("sluice.yaml", config);
        var process = ChildProcess.Sluice(["serve", "--config", file]);
        var url = await process.WaitForListeningAsync();
        return new BenchServer(folder, database, process, url);
    }

    public async Task SendAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await Http.PostAsync($"/mixpanel/projects/{Project}/cohorts", content);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"The server answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>The most memory that the server's process has held, in bytes.</summary>
    public long PeakMemoryBytes() =>
        File.ReadLines($"/proc/{_process.Id}/status").Where(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Select(l => long.Parse(l.AsSpan(6).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) * 1024).First();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
