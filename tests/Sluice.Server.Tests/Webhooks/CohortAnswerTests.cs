using System.Net.Http.Headers;
using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Server.Tests.Fakes;
using Sluice.Testing;

namespace Sluice.Server.Tests.Webhooks;

public sealed class CohortAnswerTests : IAsyncLifetime
{
    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync(options => options with { MaxBodyBytes = 4096 });

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("members")]
    [InlineData("add_members")]
    [InlineData("remove_members")]
    public async Task A_stored_page_is_answered_with_its_action_and_nothing_else(string action)
    {
        var answer = await _gateway.PostPageAsync(Pages.Of("""{"mixpanel_distinct_id":"u-1"}""", action));

        Assert.Equal(200, answer.Status);
        Assert.Equal($$"""{"action":"{{action}}","status":"success"}""", answer.Body);
        Assert.Equal("application/json", answer.Headers["Content-Type"]);
        Assert.Equal(answer.Body.Length.ToString(), answer.Headers["Content-Length"]);
        Assert.False(answer.Headers.ContainsKey("Server"));
        Assert.Single(_gateway.Intake.Applied);
    }

    [Fact]
    public async Task A_trailing_slash_makes_no_difference()
    {
        var answer = await _gateway.PostAsync(Gateway.CohortPath + "/", Pages.Of(""), Gateway.ShopBasic);

        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task The_content_type_does_not_matter(string? type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Pages.Of("")));
        content.Headers.ContentType = type is null ? null : new MediaTypeHeaderValue(type);

        var answer = await _gateway.SendAsync(HttpMethod.Post, Gateway.CohortPath, content, Gateway.ShopBasic);

        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [InlineData(Gateway.ShopSecret, "")]
    [InlineData(Gateway.Robot, Gateway.RobotSecret)]
    public async Task What_opens_the_import_does_not_open_the_webhook(string user, string password)
    {
        var answer = await _gateway.PostAsync(Gateway.CohortPath, Pages.Of(""), Gateway.Basic(user, password));

        Assert.Equal(401, answer.Status);
        Assert.Empty(_gateway.Intake.Applied);
    }

    [Fact]
    public async Task Missing_credentials_are_401_with_a_challenge_and_a_failure_body()
    {
        var answer = await _gateway.PostAsync(Gateway.CohortPath, Pages.Of(""), authorization: null);

        Assert.Equal(401, answer.Status);
        Assert.Equal(
            """{"action":null,"status":"failure","error":{"message":"Credentials are missing: the connection needs the project's access key as user name and its secret key as password.","code":401}}""",
            answer.Body);
        Assert.Equal("application/json", answer.Headers["Content-Type"]);
        Assert.Equal("Basic realm=\"sluice\", charset=\"UTF-8\"", answer.Headers["WWW-Authenticate"]);
        Assert.Empty(_gateway.Intake.Applied);
    }

    [Fact]
    public async Task Wrong_credentials_are_401()
    {
        var answer = await _gateway.PostAsync(Gateway.CohortPath, Pages.Of(""), Gateway.Basic(Gateway.ShopKeys.AccessKey, "wrong"));

        Assert.Equal(401, answer.Status);
        Assert.Equal(
            """{"action":null,"status":"failure","error":{"message":"The access key or the secret key is wrong.","code":401}}""", answer.Body);
    }

    [Fact]
    public async Task An_unknown_project_with_wrong_credentials_is_401_like_a_known_one()
    {
        var unknown = await _gateway.PostAsync("/mixpanel/projects/nobody/cohorts", Pages.Of(""), Gateway.Basic("a", "b"));
        var known = await _gateway.PostAsync(Gateway.CohortPath, Pages.Of(""), Gateway.Basic("a", "b"));

        Assert.Equal(401, unknown.Status);
        Assert.Equal(known.Body, unknown.Body);
    }

    [Theory]
    [InlineData("blog")]
    [InlineData("nobody")]
    [InlineData("SHOP")]
    [InlineData("shop%20")]
    public async Task A_right_key_on_any_other_path_is_404(string project)
    {
        var answer = await _gateway.PostAsync($"/mixpanel/projects/{project}/cohorts", Pages.Of(""), Gateway.ShopBasic);

        Assert.Equal(404, answer.Status);
        Assert.Equal(
            """{"action":null,"status":"failure","error":{"message":"The project in this URL is not the one that these keys open: check the URL.","code":404}}""",
            answer.Body);
        Assert.Empty(_gateway.Intake.Applied);
    }

    [Fact]
    public async Task Credentials_that_were_not_encoded_are_accepted()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Gateway.CohortPath) { Content = new StringContent(Pages.Of("")) };
        request.Headers.TryAddWithoutValidation("Authorization", $"Basic {Gateway.ShopKeys.AccessKey}:{Gateway.ShopKeys.SecretKey}");

        Assert.Equal(200, (await _gateway.SendAsync(request)).Status);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Any_other_method_is_405_with_a_word_of_help(string method)
    {
        var answer = await _gateway.SendAsync(new HttpMethod(method), Gateway.CohortPath, content: null, authorization: null);

        Assert.Equal(405, answer.Status);
        Assert.Equal("POST", answer.Headers["Allow"]);
        Assert.StartsWith(method == "HEAD" ? "" : "This is the address of Sluice's receiver for Mixpanel cohorts.", answer.Body, StringComparison.Ordinal);
        Assert.Empty(_gateway.Directory.Sources);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("not json", null)]
    [InlineData("[]", null)]
    [InlineData("""{"action":"members","parameters":{"mixpanel_project_id":"1" """, "members")]
    [InlineData("""{"action":"explode","parameters":{}}""", "explode")]
    [InlineData("""{"action":"add_members","parameters":{"mixpanel_cohort_id":"1","members":[]}}""", "add_members")]
    public async Task A_broken_envelope_is_400_with_the_action_where_it_could_be_read(string body, string? action)
    {
        var answer = await _gateway.PostPageAsync(body);

        Assert.Equal(400, answer.Status);
        using var json = System.Text.Json.JsonDocument.Parse(answer.Body);
        Assert.Equal(["action", "status", "error"], json.RootElement.EnumerateObject().Select(one => one.Name));
        Assert.Equal(["message", "code"], json.RootElement.GetProperty("error").EnumerateObject().Select(one => one.Name));
        Assert.Equal(action, json.RootElement.GetProperty("action").GetString());
        Assert.Equal("failure", json.RootElement.GetProperty("status").GetString());
        Assert.Equal(400, json.RootElement.GetProperty("error").GetProperty("code").GetInt32());
        Assert.Empty(_gateway.Intake.Applied);
    }

    [Fact]
    public async Task A_busy_store_is_503_with_the_action_and_when_to_come_again()
    {
        _gateway.Intake.Answer = (_, _) => throw new IntakeBusyException();

        var answer = await _gateway.PostPageAsync(Pages.Of("", "add_members"));

        Assert.Equal(503, answer.Status);
        Assert.Equal("10", answer.Headers["Retry-After"]);
        Assert.Equal(
            """{"action":"add_members","status":"failure","error":{"message":"The store is busy; send the page again.","code":503}}""", answer.Body);
    }

    [Fact]
    public async Task A_broken_store_is_503_and_the_answer_says_nothing_of_why()
    {
        _gateway.Intake.Answer = (_, _) => throw new InvalidOperationException("disk /var/lib is full");

        var answer = await _gateway.PostPageAsync(Pages.Of("", "remove_members"));

        Assert.Equal(503, answer.Status);
        Assert.Equal("10", answer.Headers["Retry-After"]);
        Assert.Equal(
            """{"action":"remove_members","status":"failure","error":{"message":"The page could not be stored; send it again.","code":503}}""",
            answer.Body);
        Assert.Equal("disk /var/lib is full", Assert.Single(_gateway.Logs.Of(1104)).Exception!.Message);
    }

    [Fact]
    public async Task A_cancellation_inside_the_store_is_503_while_the_caller_waits()
    {
        _gateway.Intake.Answer = (_, _) => throw new OperationCanceledException();

        Assert.Equal(503, (await _gateway.PostPageAsync(Pages.Of(""))).Status);
    }

    [Fact]
    public async Task The_answer_comes_only_after_the_commit()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gateway.Intake.Answer = async (_, _) =>
        {
            await gate.Task;
            return FakeCohortIntake.Outcome();
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, Gateway.CohortPath) { Content = new StringContent(Pages.Of("")) };
        request.Headers.Authorization = Gateway.ShopBasic;
        var sending = _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await Soon.TrueAsync("the store has the page", () => _gateway.Intake.Started == 1);
        // Another request on another connection is answered meanwhile: the first is not merely late.
        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Get, "/health/live", content: null, authorization: null)).Status);
        Assert.False(sending.IsCompleted);

        gate.SetResult();

        using var response = await sending;
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Single(_gateway.Intake.Applied);
    }

    [Fact]
    public async Task A_caller_that_goes_away_is_not_answered_and_not_reported_as_an_error()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gateway.Intake.Answer = async (_, token) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _gateway.Time, token);
            return FakeCohortIntake.Outcome();
        };
        using var leaving = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, Gateway.CohortPath) { Content = new StringContent(Pages.Of("")) };
        request.Headers.Authorization = Gateway.ShopBasic;
        var sending = _gateway.Client.SendAsync(request, leaving.Token);
        await entered.Task.WaitAsync(Eventually.DefaultLimit, TimeProvider.System, TestContext.Current.CancellationToken);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await Soon.TrueAsync(
            "the request is counted as left", () => _gateway.Meters.All.Any(one => one.Tags.GetValueOrDefault("http.response.status_code") == "499"));
        Assert.DoesNotContain(_gateway.Logs.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task Requests_follow_one_another_on_one_connection_whatever_came_before()
    {
        var page = Encoding.UTF8.GetBytes(Pages.Of(""));
        var head = $"POST {Gateway.CohortPath} HTTP/1.1\r\nHost: x\r\nAuthorization: {Gateway.ShopBasic}\r\nContent-Length: {page.Length}\r\n";
        var wrongHead = $"POST {Gateway.CohortPath} HTTP/1.1\r\nHost: x\r\nContent-Length: {page.Length}\r\n\r\n";
        byte[] all =
        [
            .. Encoding.ASCII.GetBytes(head + "\r\n"), .. page,
            .. Encoding.ASCII.GetBytes(wrongHead), .. page,
            .. Encoding.ASCII.GetBytes(head + "Connection: close\r\n\r\n"), .. page,
        ];

        var answers = await RawHttp.ExchangeAsync(_gateway.Url, all);

        Assert.Equal(
            ["200", "401", "200"],
            answers.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries).Select(answer => answer[..3]));
    }
}
