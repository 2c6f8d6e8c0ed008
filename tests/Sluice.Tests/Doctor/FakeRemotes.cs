using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Sluice.Tests.Doctor;

/// <summary>Mixpanel's and Brevo's hosts as the doctor meets them when all is well; a test changes single answers.</summary>
internal sealed class FakeRemotes(Func<DateTimeOffset> clock)
{
    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task<HttpResponseMessage>>> _answers = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _reached = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CancellationToken> _waiting = new(StringComparer.Ordinal);

    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Added to the clock of all hosts.</summary>
    public TimeSpan Skew { get; set; }

    public int Queries => Calls.Count(c => c.Contains("/api/query/", StringComparison.Ordinal));

    /// <param name="call">For instance <c>POST mixpanel.com/api/query/cohorts/list</c>, or a host alone.</param>
    public FakeRemotes On(string call, int status, string body = "{}")
    {
        _answers[call] = _ => Task.FromResult(Json(status, body));
        return this;
    }

    /// <summary>The host cannot be reached.</summary>
    public FakeRemotes Dead(string host)
    {
        _answers[host] = _ => throw new HttpRequestException("The connection was refused.");
        return this;
    }

    /// <summary>Calling the host fails as no host fails.</summary>
    public FakeRemotes Broken(string host)
    {
        _answers[host] = _ => throw new NotSupportedException("Nobody thought of this.");
        return this;
    }

    /// <summary>Nobody answers.</summary>
    public FakeRemotes Silent(string host)
    {
        _answers[host] = async token =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            throw new InvalidOperationException("nobody waits for ever");
        };
        return this;
    }

    /// <summary>Ends when the host is called.</summary>
    public Task ReachedAsync(string host) => _reached.GetOrAdd(host, _ => NewSignal()).Task;

    /// <summary>Whether nobody waits for the last call to this host any more.</summary>
    public bool IsGivenUp(string host) => _waiting[host].IsCancellationRequested;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A handler for one client, which disposes it.</summary>
    public HttpMessageHandler Handler() => new Wire(this);

    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var uri = request.RequestUri!;
        var call = $"{request.Method} {uri.Host}{uri.AbsolutePath}";
        _waiting[uri.Host] = cancellationToken;
        _reached.GetOrAdd(uri.Host, _ => NewSignal()).TrySetResult();
        Calls.Enqueue($"{request.Method} {uri}");
        var response = await (_answers.GetValueOrDefault(call) ?? _answers.GetValueOrDefault(uri.Host) ?? (_ => Task.FromResult(WhenWell(call))))(cancellationToken);
        response.RequestMessage = request;
        response.Headers.Date = clock() + Skew;
        return response;
    }

    private static HttpResponseMessage WhenWell(string call) => call switch
    {
        "POST mixpanel.com/api/query/cohorts/list" => Json(200, "[]"),
        "POST eu.mixpanel.com/api/query/cohorts/list" or "POST in.mixpanel.com/api/query/cohorts/list" => Json(401, """{"error":"Unable to authenticate request"}"""),
        "GET mixpanel.com/api/app/me" => Json(200, Me("admin")),
        "GET api.brevo.com/v3/account" => Json(200, """{"companyName":"Acme","email":"owner@acme.test"}"""),
        "GET api.brevo.com/v3/contacts/attributes" => Json(200, """{"attributes":[{"name":"FIRSTNAME","category":"normal","type":"text"},{"name":"PLAN_TYPE","category":"normal","type":"text"}]}"""),
        "GET api.brevo.com/v3/contacts/lists/16" => Json(200, """{"id":16,"name":"Engaged","folderId":1,"totalSubscribers":0,"totalBlacklisted":0,"uniqueSubscribers":0}"""),
        "GET api.brevo.com/v3/webhooks" => Json(200, """
            {"webhooks":[{"id":1,"type":"marketing","url":"https://sluice.example.test/brevo/projects/shop/events","events":["unsubscribed","spam","hardBounce","contactDeleted"]}]}
            """),
        "POST api.mixpanel.com/import" => Json(400, """{"code":400,"error":"there are no records","status":"Bad Request"}"""),
        "POST api-eu.mixpanel.com/import" or "POST api-in.mixpanel.com/import" => Json(401, """{"code":401,"error":"Invalid credentials","status":"Unauthorized"}"""),
        "GET sluice.example.test/health/ready" => Json(200, "{}"),
        _ => Json(404, "{}"),
    };

    public static string Me(string role) =>
        $$$"""{"status":"ok","results":{"user_id":1,"organizations":{"77":{"id":77,"name":"Acme","role":"{{{role}}}"}},"projects":{"4100200":{"name":"Prod","organization_id":77} } } }""";

    private static HttpResponseMessage Json(int status, string body) => new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private sealed class Wire(FakeRemotes remotes) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => remotes.AnswerAsync(request, cancellationToken);
    }
}
