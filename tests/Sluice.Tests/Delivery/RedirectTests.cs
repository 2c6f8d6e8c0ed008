using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Sluice.Commands;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Delivery;

/// <summary>Whatever stands at Brevo's address and points elsewhere: the API key stays with the host that it was given for.</summary>
public sealed class RedirectTests
{
    private const string Key = "xkeysib-for-one-host-alone";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Neither_the_server_nor_a_command_takes_the_key_to_another_host()
    {
        using var folder = new TempFolder();
        using var elsewhere = new Host(redirectTo: null);
        using var brevo = new Host(redirectTo: elsewhere.Address);
        var config = folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: ./data }
            project: { id: p1, access_key: access, secret_key: secret }
            connectors:
              mixpanel: { project_id: "1", lists: { engaged: 16 } }
              brevo: { api_key: {{Key}}, base_url: {{brevo.Address}}v3 }
            property_mapping: { $email: email }
            """);

        await using (var program = ChildProcess.Sluice(["serve", "--config", config]))
        {
            await SendAsync(await program.WaitForListeningAsync(cancellationToken: Token));
            await Eventually.GetAsync(
                "the account to be paused, with the reason",
                _ => PausedAsync(folder),
                reason => reason?.StartsWith("redirected", StringComparison.Ordinal) == true,
                cancellationToken: Token);
            await program.StopAsync(cancellationToken: Token);
        }

        var asked = brevo.Keys.Count;
        using var said = new StringWriter();
        using var warned = new StringWriter();
        await SluiceCommand.RunAsync(
            ["cohorts", "sync", "901", "--list", "16", "--dry-run", "--config", config], CommandHost.Process,
            new InvocationConfiguration { Output = said, Error = warned, EnableDefaultExceptionHandler = false }, Token);

        Assert.Contains("Brevo could not be asked", warned.ToString(), StringComparison.Ordinal);
        Assert.True(asked > 0 && brevo.Keys.Count > asked, "both have called the address of the config");
        Assert.All(brevo.Keys, key => Assert.Equal(Key, key));
        Assert.Empty(elsewhere.Keys);
    }

    private static async Task SendAsync(Uri server)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/mixpanel/projects/p1/cohorts"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("access:secret"u8));
        request.Content = new StringContent(
            """
            {"action":"members","parameters":{"mixpanel_project_id":"1","mixpanel_cohort_id":"901","mixpanel_cohort_name":"Engaged",
            "mixpanel_session_id":"s1","page_info":{"total_pages":1,"page_count":1},"members":[{"mixpanel_distinct_id":"u1","email":"u1@example.test"}]}}
            """,
            Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, Token);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<string?> PausedAsync(TempFolder folder)
    {
        await using var store = await Store.OpenSqliteAsync(folder.Combine("data", "sluice.db"), TimeProvider.System, Token);
        return (await store.Insight.DestinationAsync("p1", "brevo", Token))?.PausedReason;
    }

    /// <summary>Keeps the keys that calls brought, and answers each with a redirect or with nothing much.</summary>
    private sealed class Host : IDisposable
    {
        private readonly HttpListener _listener;
        private readonly List<string?> _keys = [];
        private readonly Uri? _redirectTo;

        public Host(Uri? redirectTo)
        {
            _redirectTo = redirectTo;
            (_listener, Address) = LoopbackListener.Start();
            _ = Task.Run(AnswerAsync, CancellationToken.None);
        }

        public Uri Address { get; }

        public IReadOnlyList<string?> Keys
        {
            get
            {
                lock (_keys)
                {
                    return [.. _keys];
                }
            }
        }

        public void Dispose() => _listener.Close();

        private async Task AnswerAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext call;
                try
                {
                    call = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                lock (_keys)
                {
                    _keys.Add(call.Request.Headers["api-key"]);
                }

                if (_redirectTo is { } target)
                {
                    call.Response.StatusCode = (int)HttpStatusCode.TemporaryRedirect;
                    call.Response.RedirectLocation = new Uri(target, call.Request.RawUrl!).ToString();
                }

                call.Response.Close();
            }
        }
    }
}
