using System.Net;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Destinations.Webhook;

namespace Sluice.Destinations.Tests.Webhook;

public sealed class WebhookResponsesTests
{
    [Theory]
    [InlineData(200, DecisionKind.Done)]
    [InlineData(204, DecisionKind.Done)]
    [InlineData(302, DecisionKind.Pause)]
    [InlineData(308, DecisionKind.Pause)]
    [InlineData(400, DecisionKind.DeadLetter)]
    [InlineData(401, DecisionKind.Pause)]
    [InlineData(403, DecisionKind.Pause)]
    [InlineData(404, DecisionKind.Pause)]
    [InlineData(408, DecisionKind.Retry)]
    [InlineData(409, DecisionKind.DeadLetter)]
    [InlineData(410, DecisionKind.Pause)]
    [InlineData(413, DecisionKind.DeadLetter)]
    [InlineData(422, DecisionKind.DeadLetter)]
    [InlineData(429, DecisionKind.Retry)]
    [InlineData(500, DecisionKind.Retry)]
    [InlineData(503, DecisionKind.Retry)]
    [InlineData(504, DecisionKind.Retry)]
    public void Every_status_has_one_consequence(int status, DecisionKind kind) =>
        Assert.Equal(kind, WebhookResponses.Decide((HttpStatusCode)status, null).Kind);

    [Theory]
    [InlineData(429, 90, 90)]
    [InlineData(503, 90, 90)]
    [InlineData(503, -5, 0)]
    [InlineData(429, 100_000, 3_600)]
    public void The_receiver_says_when_within_bounds(int status, int asked, int given) =>
        Assert.Equal(TimeSpan.FromSeconds(given), WebhookResponses.Decide((HttpStatusCode)status, TimeSpan.FromSeconds(asked)).After);

    [Fact]
    public void What_may_be_about_one_event_is_told_from_what_is_about_nobody()
    {
        Assert.Equal(Rest.Unavailable, WebhookResponses.TimedOut.Reason);
        Assert.Equal(Rest.Unavailable, WebhookResponses.Decide(new HttpRequestException(HttpRequestError.ResponseEnded)).Reason);
        Assert.Equal("unreachable", WebhookResponses.Decide(new HttpRequestException(HttpRequestError.ConnectionError)).Reason);
        Assert.Equal("unreachable", WebhookResponses.Decide(new HttpRequestException(HttpRequestError.NameResolutionError)).Reason);
        Assert.Equal(DecisionKind.Pause, WebhookResponses.Decide(new HttpRequestException(HttpRequestError.SecureConnectionError)).Kind);
    }
}
