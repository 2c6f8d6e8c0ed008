using System.Net.Http.Headers;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Testing;

namespace Sluice.Tests.OAuth;

/// <summary>The real program, killed between the answer of the token endpoint and the store: the one moment in which a refresh token is lost. It says so, where a person looks.</summary>
public sealed class CutOffTests
{
    private const string Remote = "12345";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kill_before_the_answer_is_kept_is_told_and_a_new_consent_mends_it()
    {
        using var folder = new TempFolder();
        await using var server = await TokenServer.StartAsync(Token);
        await using var mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions { Projects = [new MixpanelProject { Id = Remote, OAuthTokens = [.. Enumerable.Range(1, 9).Select(TokenServer.AccessToken)] }] }, Token);
        mixpanel.Desk(Remote).SetProfile("ana", """{"$email":"ana@example.test"}""");
        mixpanel.Desk(Remote).SetCohort(901, "Engaged", ["ana"]);

        // It stands still before the answer reaches it, and never goes on.
        var started = new TaskCompletionSource<ChildProcess>();
        var exchanged = new TaskCompletionSource();
        server.BeforeAnswer = async () =>
        {
            (await started.Task).Signal(UnixSignal.Stop);
            exchanged.TrySetResult();
        };
        await using (var program = Start(folder, server, mixpanel, TokenServer.Given))
        {
            started.SetResult(program);
            await exchanged.Task.WaitAsync(Patience, TimeProvider.System, Token);
            await program.KillAsync(Token);
            server.BeforeAnswer = () => Task.CompletedTask;
        }

        await using (var program = Start(folder, server, mixpanel, TokenServer.Given))
        {
            var url = await program.WaitForListeningAsync(Patience, Token);
            var runs = await Eventually.GetAsync(
                "a run that says what has happened", _ => RunsAsync(url), text => text.Contains("has probably used up the refresh token", StringComparison.Ordinal), Patience, cancellationToken: Token);
            Assert.Contains("somebody must authorise again", runs, StringComparison.Ordinal);
            Assert.DoesNotContain("service_account", runs, StringComparison.Ordinal);
            await program.StopAsync(cancellationToken: Token);
            AssertSilent(program, runs);
        }

        Assert.Equal([TokenServer.Given, TokenServer.Given], server.Asked);
        await using (var program = Start(folder, server, mixpanel, server.Consent()))
        {
            var url = await program.WaitForListeningAsync(Patience, Token);
            await Eventually.GetAsync(
                "the cohort", _ => GetAsync(url, "/api/v1/user-groups/901/members"), text => text.Contains("\"ana\"", StringComparison.Ordinal), Patience, cancellationToken: Token);
            await program.StopAsync(cancellationToken: Token);
            AssertSilent(program, "");
        }

        Assert.Equal(3, server.Asked.Count);
        foreach (var file in Directory.EnumerateFiles(folder.Combine("data")))
        {
            var bytes = await File.ReadAllBytesAsync(file, Token);
            foreach (var secret in (string[])["refresh-token-of-", "access-token-of-", TokenServer.ClientSecret])
            {
                Assert.True(bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(secret)) < 0, $"{secret}… lies in {file}");
            }
        }
    }

    [Fact]
    public async Task A_stop_waits_for_the_answer_and_keeps_it()
    {
        using var folder = new TempFolder();
        await using var server = await TokenServer.StartAsync(Token);
        await using var mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions { Projects = [new MixpanelProject { Id = Remote, OAuthTokens = [TokenServer.AccessToken(1)] }] }, Token);
        mixpanel.Desk(Remote).SetProfile("ana", """{"$email":"ana@example.test"}""");
        mixpanel.Desk(Remote).SetCohort(901, "Engaged", ["ana"]);

        // The answer comes long after the request to end.
        var started = new TaskCompletionSource<ChildProcess>();
        server.BeforeAnswer = async () =>
        {
            (await started.Task).Signal(UnixSignal.Terminate);
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, Token);
        };
        await using (var program = Start(folder, server, mixpanel, TokenServer.Given))
        {
            started.SetResult(program);
            Assert.Equal(0, await program.WaitForExitAsync(Patience, Token));
        }

        await using (var program = Start(folder, server, mixpanel, TokenServer.Given))
        {
            var url = await program.WaitForListeningAsync(Patience, Token);
            await Eventually.GetAsync(
                "the cohort", _ => GetAsync(url, "/api/v1/user-groups/901/members"), text => text.Contains("\"ana\"", StringComparison.Ordinal), Patience, cancellationToken: Token);
            await program.StopAsync(cancellationToken: Token);
        }

        Assert.Equal([TokenServer.Given], server.Asked);
    }

    private static void AssertSilent(ChildProcess program, string more)
    {
        var said = string.Join('\n', [.. program.Output, .. program.Errors, more]);
        foreach (var secret in (string[])["refresh-token-of-", "access-token-of-", TokenServer.ClientSecret])
        {
            Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
        }
    }

    private static Task<string> RunsAsync(Uri url) => GetAsync(url, "/api/v1/runs");

    private static async Task<string> GetAsync(Uri url, string path)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("access:secret"u8));
        using var answer = await http.GetAsync(new Uri(url, path), Token);
        return await answer.Content.ReadAsStringAsync(Token);
    }

    private static ChildProcess Start(TempFolder folder, TokenServer server, MixpanelSimulator mixpanel, string refreshToken)
    {
        var config = folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{folder.Combine("data")}}, master_key: a-key-of-this-test-and-of-nobody-else }
            project: { id: p1, access_key: access, secret_key: secret }
            connectors:
              mixpanel:
                project_id: "{{Remote}}"
                oauth: { client_id: {{TokenServer.Client}}, client_secret: "${OAUTH_SECRET}", refresh_token: "${OAUTH_REFRESH}" }
                endpoints: { query: "{{Root(mixpanel.QueryUrl)}}", export: "{{Root(mixpanel.ExportUrl)}}", token: "{{server.Endpoint}}" }
            pull:
              cohorts: { schedule: every 1m }
            """);
        return ChildProcess.Sluice(
            ["serve", "--config", config], new Dictionary<string, string?> { ["OAUTH_SECRET"] = TokenServer.ClientSecret, ["OAUTH_REFRESH"] = refreshToken });
    }

    private static string Root(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
