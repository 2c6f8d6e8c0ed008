using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Sluice.Core.Delivery;
using Sluice.Core.Management;
using Sluice.Server.Management;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Management;

/// <summary>What a change of a connector is answered with when it was made, and the node has not followed it, or cannot say how it stands.</summary>
public sealed class ConnectorRoutesTests : IAsyncLifetime
{
    private readonly Desk _desk = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private WebApplication _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string?> Changes => new()
    {
        { "PUT", "/connectors/brevo", """{"apiKey":"k"}""" },
        { "PUT", "/connectors/mixpanel", """{"projectToken":"t"}""" },
        { "POST", "/connectors/brevo/pause", null },
        { "POST", "/connectors/mixpanel/resume", null },
        { "DELETE", "/connectors/brevo", null },
    };

    public async ValueTask InitializeAsync() =>
        _app = await ManagementApp.StartAsync(ManagementApp.NoServices with { Connectors = _desk }, ConnectorRoutes.Map, Token);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_that_the_node_does_not_follow_yet_is_accepted_and_not_done(string method, string path, string? body)
    {
        using var done = await SendAsync(method, path, body);
        Assert.Equal(method == "DELETE" ? HttpStatusCode.NoContent : HttpStatusCode.OK, done.StatusCode);
        _desk.Pending = "It cannot be read.";
        using var pending = await SendAsync(method, path, body);
        Assert.Equal(HttpStatusCode.Accepted, pending.StatusCode);
        Assert.Equal("It cannot be read.", JsonElement.Parse(await pending.Content.ReadAsStringAsync(Token)).GetProperty("pending").GetString());
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_that_was_made_is_never_said_to_have_changed_nothing(string method, string path, string? body)
    {
        _desk.CannotBeRead = true;
        using var answer = await SendAsync(method, path, body);
        if (method == "DELETE")
        {
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
            return;
        }

        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(1)), (answer.StatusCode, answer.Headers.RetryAfter?.Delta));
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal(("urn:sluice:problem:change-made", "The change was made."), (problem.GetProperty("type").GetString(), problem.GetProperty("title").GetString()));
    }

    private Task<HttpResponseMessage> SendAsync(string method, string path, string? body)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(new Uri(_app.Urls.Single()), path));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return _http.SendAsync(request, Token);
    }

    /// <summary>Makes every change, and says what the test wants of how it stands then.</summary>
    private sealed class Desk : IConnectorDesk
    {
        public string? Pending { get; set; }

        public bool CannotBeRead { get; set; }

        public Task<IReadOnlyList<ConnectorStatus>> ListAsync(string project, CancellationToken cancellationToken) => CannotBeRead
            ? throw new StoreUnavailableException()
            : Task.FromResult<IReadOnlyList<ConnectorStatus>>(
                [.. ConnectorName.All.Select(n => new ConnectorStatus(n, ConnectorState.Connected, ConnectorSource.Api, null, null, null, null, null, Pending, null))]);

        public Task<ConnectorAnswer> ConnectAsync(string project, MixpanelLogin login, bool check, CancellationToken cancellationToken) => Done;

        public Task<ConnectorAnswer> ConnectDestinationAsync(string project, string apiKey, CancellationToken cancellationToken) => Done;

        public Task<ConnectorAnswer> PauseAsync(string project, string name, bool paused, CancellationToken cancellationToken) => Done;

        public Task<ConnectorAnswer> DisconnectAsync(string project, string name, CancellationToken cancellationToken) => Done;

        private static Task<ConnectorAnswer> Done => Task.FromResult(new ConnectorAnswer(ConnectorOutcome.Done));
    }
}
