using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sluice.Tests.OAuth;

/// <summary>A token endpoint on loopback. Every refresh token works once, and gives the next one.</summary>
internal sealed class TokenServer : IAsyncDisposable
{
    public const string Client = "sluice-of-the-shop";
    public const string ClientSecret = "client-secret-0123456789";

    /// <summary>The refresh token that somebody is given first.</summary>
    public const string Given = "refresh-token-of-the-consent-1";

    private readonly Lock _lock = new();
    private readonly List<string> _asked = [];
    private readonly WebApplication _app;
    private string _refreshToken = Given;
    private int _exchanges;
    private int _refused;

    private TokenServer(WebApplication app) => _app = app;

    public Uri Endpoint => new(new Uri(_app.Urls.Single()), "/oauth/token/");

    /// <summary>Runs after an exchange, before its answer.</summary>
    public Func<Task> BeforeAnswer { get; set; } = () => Task.CompletedTask;

    /// <summary>Refresh tokens in the order in which they came.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_lock)
            {
                return [.. _asked];
            }
        }
    }

    public int Refused => Volatile.Read(ref _refused);

    public static async Task<TokenServer> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new TokenServer(builder.Build());
        server._app.MapPost("/oauth/token/", server.AnswerAsync);
        await server._app.StartAsync(cancellationToken);
        return server;
    }

    /// <summary>The access token of an exchange, from 1 on.</summary>
    public static string AccessToken(int exchange) => string.Create(CultureInfo.InvariantCulture, $"access-token-of-exchange-{exchange}");

    /// <summary>Somebody consents again.</summary>
    public string Consent()
    {
        lock (_lock)
        {
            return _refreshToken = string.Create(CultureInfo.InvariantCulture, $"refresh-token-of-the-consent-{_exchanges + 2}");
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> AnswerAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var basic = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{Client}:{ClientSecret}"));
        if (request.Headers.Authorization != $"Basic {basic}" || form["grant_type"] != "refresh_token")
        {
            return Results.Json(new { error = "invalid_client" }, statusCode: 401);
        }

        string access, refresh;
        lock (_lock)
        {
            var sent = form["refresh_token"].ToString();
            _asked.Add(sent);
            if (sent != _refreshToken)
            {
                _refused++;
                return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
            }

            access = AccessToken(++_exchanges);
            refresh = _refreshToken = string.Create(CultureInfo.InvariantCulture, $"refresh-token-of-exchange-{_exchanges}");
        }

        await BeforeAnswer();
        return Results.Json(new { access_token = access, token_type = "Bearer", expires_in = 3600, refresh_token = refresh });
    }
}
