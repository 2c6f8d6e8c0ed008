using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Data.Sqlite;
using Sluice.Core.People;
using Sluice.Testing;

namespace Sluice.Tests.Erasure;

/// <summary>The real program, killed in the middle of an erasure.</summary>
public sealed class ErasureKillTests
{
    private const string Project = "p1";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task An_erasure_whose_program_was_killed_is_ended_by_the_next_one()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        byte[][] traces = [.. new[] { "ana-the-first", "ana@killed.test" }.SelectMany(t => new[] { Encoding.UTF8.GetBytes(t), PersonKey.Of(Project, t).ToBytes() })];
        await using (var server = Start(folder))
        {
            var url = await server.WaitForListeningAsync(Patience, cancellationToken);
            await PostAsync(client, new Uri(url, "/import?strict=0"), Events("ana-the-first", 200), cancellationToken);
            await PostAsync(client, new Uri(url, "/import?strict=0"), Events("ana-the-second", 200), cancellationToken);
            await using var command = ChildProcess.Sluice(["profiles", "delete", "ana-the-first", "--yes", "--config", folder.Combine("sluice.yaml")]);
            await Eventually.TrueAsync(
                "the erasure to wait for its second round", () => command.Errors.Any(l => l.Contains("Waiting a minute", StringComparison.Ordinal)), Patience,
                cancellationToken: cancellationToken);
            await server.KillAsync(cancellationToken);
            await command.KillAsync(cancellationToken);
        }

        Assert.Equal("STARTED", Status(folder));
        await using (var server = Start(folder))
        {
            var url = await server.WaitForListeningAsync(Patience, cancellationToken);

            // What was written before the kill holds: she does not come back.
            await PostAsync(client, new Uri(url, "/import?strict=0"), Events("ana-the-first", 3), cancellationToken);
            await Eventually.TrueAsync("the erasure to be done", () => Status(folder) == "SUCCESS", Patience, cancellationToken: cancellationToken);
            await server.StopAsync(Patience, cancellationToken);
        }

        var files = Directory.EnumerateFiles(folder.Combine("data"), "*", SearchOption.AllDirectories).Select(File.ReadAllBytes).ToList();
        Assert.DoesNotContain(files, f => traces.Any(t => f.AsSpan().IndexOf(t) >= 0));
        Assert.Contains(files, f => f.AsSpan().IndexOf("ana-the-second"u8) >= 0);
    }

    private static ChildProcess Start(TempFolder folder)
    {
        var config = folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{folder.Combine("data")}} }
            project: { id: {{Project}}, access_key: access, secret_key: secret }
            connectors: { mixpanel: { project_token: token0123456789abcdef0123456789ab, project_id: "1" } }
            """);
        return ChildProcess.Sluice(["serve", "--config", config]);
    }

    private static string Events(string id, int count) => $"[{string.Join(',', Enumerable.Range(1, count).Select(i => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"event":"Open","properties":{"time":{{{1_790_000_000 + i}}},"distinct_id":"{{{id}}}","$insert_id":"{{{i}}}","$email":"{{{id[..3]}}}@{{{(id.EndsWith("first", StringComparison.Ordinal) ? "killed" : "kept")}}}.test"}}""")))}]";

    private static async Task PostAsync(HttpClient client, Uri address, string body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("access:secret"u8));
        using var response = await client.SendAsync(request, cancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private static string? Status(TempFolder folder)
    {
        var source = new SqliteConnectionStringBuilder { DataSource = folder.Combine("data", "sluice.db"), Pooling = false, DefaultTimeout = 30 };
        using var connection = new SqliteConnection(source.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT status FROM erasure";
        return (string?)command.ExecuteScalar();
    }
}
