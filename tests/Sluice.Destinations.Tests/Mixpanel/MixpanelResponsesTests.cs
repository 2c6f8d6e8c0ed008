using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Destinations.Mixpanel;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Tests.Mixpanel;

public sealed class MixpanelResponsesTests
{
    private static readonly ForwardItem[] Sent = [new("A", default), new("$merge", default), new("B", default)];

    [Fact]
    public void Records_that_are_named_are_refused_and_the_others_done()
    {
        var outcome = MixpanelResponses.Decide(new MixpanelRecordsResult([new MixpanelFailedRecord(2, "properties.time", "too old")]), Sent);
        Assert.Equal(DecisionKind.Done, outcome.Decision.Kind);
        Assert.Equal([new ForwardRefusal(2, "refused", "Mixpanel refused it: too old")], outcome.Refused);
    }

    [Fact]
    public void Where_identity_events_are_refused_they_alone_are()
    {
        var refused = new MixpanelRecordsResult([]) { RefusedForIdentityEvents = true };
        var outcome = MixpanelResponses.Decide(refused, Sent);
        Assert.Equal((DecisionKind.Retry, TimeSpan.Zero), (outcome.Decision.Kind, outcome.Decision.After));
        Assert.Equal([1], outcome.Refused.Select(r => r.Index));

        // Without one in it the call would never become another.
        Assert.Equal(DecisionKind.DeadLetter, MixpanelResponses.Decide(refused, [Sent[0]]).Decision.Kind);
    }

    [Fact]
    public void A_refusal_that_names_nobody_is_about_the_call() =>
        Assert.Equal(DecisionKind.DeadLetter, MixpanelResponses.Decide(new MixpanelRecordsResult([]) { FailedWithoutNames = true }, Sent).Decision.Kind);
}
