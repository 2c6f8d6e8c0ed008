using System.Net;
using System.Text;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Destinations.Brevo;

namespace Sluice.Destinations.Tests.Brevo;

public sealed class ImportWatchTests
{
    [Fact]
    public async Task An_import_is_not_done_while_only_the_budget_keeps_its_report_from_being_read()
    {
        using var answers = new Answers("""{"id":1,"email":"a@example.org","ext_id":"ana","listIds":[7],"attributes":{}}""");
        using var http = new HttpClient(answers);
        var options = new BrevoClientOptions { ApiKey = new BrevoApiKey("xkeysib-1"), BaseAddress = new Uri("http://127.0.0.1/v3"), TimeProvider = TimeProvider.System };
        var watch = new ImportWatch(new BrevoClient(http, options, new UsedUp(BrevoBucket.Other)));
        var job = new Job("j", 7, "r", Job.Running, 99, "token", 3, "ana", DateTimeOffset.UnixEpoch, null, null);

        var refused = await Assert.ThrowsAsync<DeliveryException>(() => watch.LookAsync(job, thorough: false, TestContext.Current.CancellationToken));

        Assert.Equal("budget", refused.Decision.Reason);
        Assert.Equal(1, answers.Given);
    }

    /// <summary>Lets through whatever is not counted in one bucket.</summary>
    private sealed class UsedUp(BrevoBucket bucket) : IBrevoGate, IBrevoPermit
    {
        public ValueTask<IBrevoPermit> EnterAsync(BrevoCall call, CancellationToken cancellationToken) => call.Bucket == bucket
            ? throw new DeliveryException(new Decision(DecisionKind.Retry, "budget", "used up", TimeSpan.FromMinutes(10)))
            : ValueTask.FromResult<IBrevoPermit>(this);

        public ValueTask CompleteAsync(BrevoRateLimit? observed, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }

    private sealed class Answers(string body) : HttpMessageHandler
    {
        public int Given { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Given++;
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
        }
    }
}
