using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Destinations.Brevo.Events;

namespace Sluice.Destinations.Tests.Brevo.Events;

public sealed class BrevoEventCallsTests
{
    [Theory]
    [InlineData(500, DecisionKind.Retry)]
    [InlineData(503, DecisionKind.Retry)]
    [InlineData(429, DecisionKind.Retry)]
    [InlineData(425, DecisionKind.Retry)]
    [InlineData(408, DecisionKind.Unknown)]
    [InlineData(502, DecisionKind.Unknown)]
    [InlineData(504, DecisionKind.Unknown)]
    [InlineData(524, DecisionKind.Unknown)]
    [InlineData(400, DecisionKind.DeadLetter)]
    [InlineData(413, DecisionKind.DeadLetter)]
    [InlineData(422, DecisionKind.DeadLetter)]
    [InlineData(401, DecisionKind.Pause)]
    [InlineData(402, DecisionKind.Pause)]
    [InlineData(403, DecisionKind.Pause)]
    [InlineData(404, DecisionKind.Pause)]
    public void What_a_server_has_not_done_is_repeated_and_what_it_may_have_done_is_not(int status, DecisionKind kind) =>
        Assert.Equal(kind, BrevoEventCalls.Decide(new BrevoApiException(BrevoEndpoints.EventsCreate, status)).Kind);

    [Fact]
    public void A_lost_connection_is_unknown_only_when_something_was_sent()
    {
        Assert.Equal(DecisionKind.Unknown, BrevoEventCalls.Decide(new BrevoConnectionException(BrevoEndpoints.EventsCreate, true, new IOException())).Kind);
        Assert.Equal(DecisionKind.Retry, BrevoEventCalls.Decide(new BrevoConnectionException(BrevoEndpoints.EventsCreate, false, new IOException())).Kind);
    }

    [Fact]
    public void A_batch_of_which_fewer_were_taken_is_of_unknown_outcome()
    {
        Assert.Equal(DecisionKind.Done, BrevoEventCalls.Decide(new BrevoEventBatchResult(3, []), 3).Decision.Kind);
        Assert.Equal(DecisionKind.Done, BrevoEventCalls.Decide(new BrevoEventBatchResult(null, []), 3).Decision.Kind);
        Assert.Equal(DecisionKind.Unknown, BrevoEventCalls.Decide(new BrevoEventBatchResult(2, []), 3).Decision.Kind);
        Assert.Equal(DecisionKind.Unknown, BrevoEventCalls.Decide(new BrevoEventBatchResult(1, [new BrevoRefusedEvent(0, null)]), 3).Decision.Kind);
        var outcome = BrevoEventCalls.Decide(new BrevoEventBatchResult(2, [new BrevoRefusedEvent(1, "bad")]), 3);
        Assert.Equal([DecisionKind.Done, DecisionKind.DeadLetter, DecisionKind.Done], outcome.Each!.Select(d => d.Kind));
    }

    [Theory]
    [InlineData(100, 3600, "other")]
    [InlineData(100, 1, "other")]
    [InlineData(600, 1800, "other")]
    [InlineData(10, 1, "events")]
    [InlineData(36_000, 3600, "events")]
    public void The_headers_say_where_batches_are_counted(int limit, int seconds, string bucket) =>
        Assert.Equal(bucket, BrevoEventCalls.BucketOf(new BrevoRateLimit(limit, 1, TimeSpan.FromSeconds(seconds)))!.Name);

    [Fact]
    public void Headers_that_say_nothing_change_nothing()
    {
        Assert.Null(BrevoEventCalls.BucketOf(null));
        Assert.Null(BrevoEventCalls.BucketOf(new BrevoRateLimit(100, 1, null)));
    }
}
