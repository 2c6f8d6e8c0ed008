using System.Net.Http.Headers;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Ingestion;

public sealed class ImportAuthorizationTests : IAsyncLifetime
{
    private const string Unauthorized = """{"code":401,"error":"Invalid credentials","status":"Unauthorized"}""";

    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    public static TheoryData<string, string, string> Opening => new()
    {
        { Gateway.ShopKeys.AccessKey, Gateway.ShopKeys.SecretKey, "" },
        { Gateway.ShopKeys.AccessKey, Gateway.ShopKeys.SecretKey, "?project_id=shop" },
        { Gateway.Robot, Gateway.RobotSecret, "?project_id=4100200" },
        { Gateway.Robot, Gateway.RobotSecret, "?strict=1&project_id=shop" },
        { Gateway.ShopSecret, "", "" },
        { Gateway.ShopToken, "", "" },
        { Gateway.ShopToken, "", "?project_id=4100200" },
    };

    [Theory]
    [MemberData(nameof(Opening))]
    public async Task Every_key_of_the_project_opens_it(string user, string password, string query)
    {
        var answer = await _gateway.SendAsync("/import" + query, $"[{Sent.Event()}]", authorization: Gateway.Basic(user, password));

        Assert.Equal("""{"code":200,"num_records_imported":1,"status":"OK"}""", answer.Body);
        Assert.Equal(200, answer.Status);
        Assert.Equal(Gateway.Shop, Assert.Single(_gateway.Events.Stored).Project);
    }

    public static TheoryData<string, string> Closed => new()
    {
        { Gateway.ShopKeys.AccessKey, "wrong" },
        { Gateway.ShopKeys.AccessKey, "" },
        { Gateway.ShopToken, "x" },
        { Gateway.Robot, Gateway.ShopKeys.SecretKey },
        { "nobody", "" },
        { "", "" },
        // This project forbids it.
        { Gateway.BlogToken, "" },
    };

    [Theory]
    [MemberData(nameof(Closed))]
    public async Task Anything_else_is_401_in_Mixpanels_shape(string user, string password)
    {
        var answer = await _gateway.SendAsync("/import", $"[{Sent.Event()}]", authorization: Gateway.Basic(user, password));

        Assert.Equal((401, Unauthorized), (answer.Status, answer.Body));
        Assert.StartsWith("Basic", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.Empty(_gateway.Events.Stored);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer some-bearer")]
    [InlineData("Digest x")]
    public async Task No_credentials_or_a_bearer_are_401(string? header)
    {
        var answer = await _gateway.SendAsync(
            "/import", $"[{Sent.Event()}]", authorization: header is null ? null : AuthenticationHeaderValue.Parse(header));

        Assert.Equal((401, Unauthorized), (answer.Status, answer.Body));
        Assert.Equal(1, _gateway.Meters.Sum("sluice.gateway.authentication.failures", ("route", "import"), ("reason", "missing")));
    }

    [Theory]
    [InlineData("blog")]
    [InlineData("999")]
    [InlineData("SHOP")]
    public async Task A_right_key_for_another_project_is_403(string project)
    {
        var answer = await _gateway.SendAsync($"/import?project_id={project}", $"[{Sent.Event()}]", authorization: Gateway.ShopBasic);

        Assert.Equal(
            (403, """{"code":403,"error":"These credentials do not open the project that project_id names.","status":"Forbidden"}"""),
            (answer.Status, answer.Body));
        Assert.Empty(_gateway.Events.Stored);
    }

    [Theory]
    [InlineData("7700100", 200)]
    [InlineData("blog", 200)]
    [InlineData("shop", 403)]
    public async Task Where_the_remote_id_is_not_configured_any_may_be_it_that_is_no_project_of_ours(string project, int status)
    {
        var answer = await _gateway.SendAsync(
            $"/import?project_id={project}", $"[{Sent.Event()}]", authorization: Gateway.Basic(Gateway.BlogKeys));

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task The_token_inside_the_events_opens_nothing_here()
    {
        Assert.Equal(401, (await _gateway.SendAsync("/import", $"[{Sent.Event(token: Gateway.ShopToken)}]")).Status);
    }

    [Fact]
    public async Task A_merge_takes_the_credentials_and_not_the_token()
    {
        const string merge = """[{"event":"$merge","properties":{"$distinct_ids":["a","b"]}}]""";

        var withToken = await _gateway.SendAsync("/import?strict=1", merge, authorization: Gateway.Basic(Gateway.ClubToken, ""));
        Assert.Equal(400, withToken.Status);
        Assert.Contains("$merge is taken by /import only, and only with the project's credentials", withToken.Body, StringComparison.Ordinal);
        Assert.Empty(_gateway.Events.Batches);

        Assert.Equal(200, (await _gateway.SendAsync("/import?strict=1", merge, authorization: Gateway.Basic(Gateway.ClubKeys))).Status);
        var claim = Assert.Single(Assert.Single(_gateway.Events.Batches).Claims);
        Assert.Equal(("Merge", "a", "b"), (claim.Kind.ToString(), claim.Id, claim.Other));
    }
}
