using Sluice.Configuration;
using Sluice.Core.Projects;
using Sluice.Hosting;
using Sluice.Mixpanel.Client;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.OAuth;

/// <summary>Two nodes on one store, against an endpoint whose refresh tokens work once.</summary>
public abstract class TwoNodesContract : IAsyncLifetime
{
    private const string Project = "shop";
    private static readonly byte[] MasterKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private readonly HttpClient _http = new(MixpanelClientOptions.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
    private TokenServer _server = null!;
    private Store _one = null!;
    private Store _other = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await PrepareAsync();
        _server = await TokenServer.StartAsync(Token);
        _one = await OpenAsync();
        _other = await OpenAsync();
        await _one.Projects.PutAsync(new StoredProject(Project, "access", new byte[32]), Token);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _server.DisposeAsync();
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Many_callers_on_two_nodes_spend_every_refresh_token_once()
    {
        const int Rounds = 4;
        await using var first = Node(_one, "first");
        await using var second = Node(_other, "second");
        var sources = new[] { first.Of(Settings())!, second.Of(Settings())! };
        for (var round = 1; round <= Rounds; round++)
        {
            // Answers take a moment, so that the other node comes meanwhile.
            _server.BeforeAnswer = () => Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
            var refused = TokenServer.AccessToken(round - 1);
            await Task.WhenAll(Enumerable.Range(0, 16).Select(async caller =>
            {
                // The first round has no token yet; the others follow a 401.
                var source = sources[caller % 2];
                if (round == 1)
                {
                    await source.GetAsync(Token);
                }
                else
                {
                    Assert.True(await source.RenewAsync(refused, Token));
                }
            }));
            Assert.Equal(
                (TokenServer.AccessToken(round), TokenServer.AccessToken(round), round), (await sources[0].GetAsync(Token), await sources[1].GetAsync(Token), _server.Asked.Count));
        }

        Assert.Equal(0, _server.Refused);
        Assert.Equal(Rounds, _server.Asked.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Two_sources_of_one_node_spend_the_refresh_token_once()
    {
        await using var node = Node(_one, "embedded");
        var other = Settings();
        other = other with { Mixpanel = other.Mixpanel! with { Endpoints = other.Mixpanel.Endpoints with { Token = new Uri(_server.Endpoint, "?other") } } };
        var second = Task.FromResult("");
        _server.BeforeAnswer = async () =>
        {
            // While the first one waits for its answer the second one asks, and has a second to do it.
            if (_server.Asked.Count == 1)
            {
                second = node.Of(other)!.GetAsync(Token).AsTask();
                await Task.WhenAny(second, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Token));
            }
        };
        Assert.Equal(TokenServer.AccessToken(1), await node.Of(Settings())!.GetAsync(Token));
        Assert.Equal(TokenServer.AccessToken(1), await second);
        Assert.Equal([TokenServer.Given], _server.Asked);
    }

    [Fact]
    public async Task A_restart_goes_on_with_what_the_token_has_become_and_somebodys_new_one_begins_anew()
    {
        await using (var before = Node(_one, "embedded"))
        {
            await before.Of(Settings())!.GetAsync(Token);
        }

        await using var node = Node(_other, "embedded");
        var source = node.Of(Settings())!;
        Assert.Equal(TokenServer.AccessToken(1), await source.GetAsync(Token));
        Assert.True(await source.RenewAsync(TokenServer.AccessToken(1), Token));
        Assert.Equal([TokenServer.Given, "refresh-token-of-exchange-1"], _server.Asked);

        var consent = _server.Consent();
        Assert.Equal(TokenServer.AccessToken(3), await node.Of(Settings(consent))!.GetAsync(Token));

        // What was taken back is gone: the token that it began with has long been used up.
        await node.ForgetAsync(Project, Settings().Mixpanel!.OAuth!, Token);
        Assert.Contains("invalid_grant", (await Assert.ThrowsAsync<MixpanelException>(async () => await node.Of(Settings())!.GetAsync(Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renewal_that_was_cut_off_is_told_by_whichever_node_comes_next()
    {
        await using var first = Node(_one, "first");
        var asked = new TaskCompletionSource();
        using var gone = new CancellationTokenSource();
        _server.BeforeAnswer = async () =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, gone.Token);
        };
        var cut = first.Of(Settings())!.GetAsync(Token).AsTask();
        await asked.Task.WaitAsync(Token);

        // It breaks in the midst of it.
        await gone.CancelAsync();
        Assert.True((await Assert.ThrowsAsync<MixpanelException>(() => cut)).ShouldRetry);
        await using var second = Node(_other, "second");
        var failure = await Assert.ThrowsAsync<MixpanelException>(async () => await second.Of(Settings())!.GetAsync(Token));
        Assert.Contains("has probably used up the refresh token", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(TokenServer.Given, failure.ToString(), StringComparison.Ordinal);
    }

    protected abstract Task PrepareAsync();

    protected abstract Task<Store> OpenAsync();

    private ProjectSettings Settings(string? refreshToken = null) => Configuration.Given.Project($$"""
        project: { id: {{Project}} }
        connectors:
          mixpanel:
            project_id: "1"
            oauth: { client_id: {{TokenServer.Client}}, client_secret: {{TokenServer.ClientSecret}}, refresh_token: {{refreshToken ?? TokenServer.Given}} }
            endpoints: { token: "{{_server.Endpoint}}" }
        """);

    private MixpanelTokens Node(Store store, string owner) => new(store.Authorisations, MasterKey, owner, _http, TimeProvider.System);
}

public sealed class SqliteTwoNodesTests : TwoNodesContract
{
    private readonly TempFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override Task PrepareAsync() => Task.CompletedTask;

    protected override Task<Store> OpenAsync() => Store.OpenSqliteAsync(_folder.Combine("sluice.db"), TimeProvider.System, Token, durable: false);
}

public sealed class PostgresTwoNodesTests : TwoNodesContract
{
    private PostgresDatabase _database = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _database.DisposeAsync();
    }

    protected override async Task PrepareAsync() => _database = await (await PostgresServer.SharedAsync(Token)).CreateDatabaseAsync(Token);

    protected override Task<Store> OpenAsync() => Store.OpenPostgresAsync(_database.ConnectionString, Token);
}
