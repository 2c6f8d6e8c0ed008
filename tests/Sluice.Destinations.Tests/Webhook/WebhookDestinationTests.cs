using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Destinations.Webhook;

namespace Sluice.Destinations.Tests.Webhook;

public sealed class WebhookDestinationTests
{
    /// <summary>A firewall that drops everything: the handler gives up before our own limit strikes, and as if it had been cancelled.</summary>
    [Fact]
    public async Task A_connection_that_is_not_made_in_time_is_no_cancelled_call()
    {
        var outcome = await SendAsync(_ => throw new TaskCanceledException("Not connected in time.", new TimeoutException()), CancellationToken.None);
        Assert.True(outcome.Called);
        Assert.Equal((DecisionKind.Retry, "unreachable"), (outcome.Decision.Kind, outcome.Decision.Reason));
    }

    [Fact]
    public async Task A_cancelled_call_stays_a_cancelled_call()
    {
        using var ending = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(
            token =>
            {
                ending.Cancel();
                throw new OperationCanceledException(token);
            },
            ending.Token));
    }

    private static async Task<EventOutcome> SendAsync(Action<CancellationToken> answer, CancellationToken calling)
    {
        using var http = new HttpClient(new Receiver(answer));
        var settings = new WebhookSettings
        {
            Project = "shop", Name = "crm", Address = new Uri("http://127.0.0.1:9/"), Secrets = [WebhookSecret.Parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
        };
        var destination = new WebhookDestination(settings, http, new Books(), TimeProvider.System);
        var logged = new LoggedEvent(new LogPosition(1, 1), "a", 0, PersonKey.Of("shop", "ana"), Origin.Received, Encoding.UTF8.GetBytes("{}"));
        var mapped = destination.Map(logged, new PersonState { Key = logged.Person }).Event!;
        return await destination.SendAsync(destination.Ways[^1], _ => Task.FromResult<IReadOnlyList<MappedEvent>>([mapped]), CancellationToken.None, calling);
    }

    private sealed class Receiver(Action<CancellationToken> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            answer(cancellationToken);
            return Task.FromResult(new HttpResponseMessage());
        }
    }

    private sealed class Books : IPermitBooks
    {
        private byte[]? _book;

        public Task<T> UpdateAsync<T>(
            string account, string bucket, Func<byte[]?, DateTimeOffset, (byte[] Book, T Result)> change, CancellationToken cancellationToken)
        {
            (_book, var result) = change(_book, DateTimeOffset.UnixEpoch);
            return Task.FromResult(result);
        }
    }
}
