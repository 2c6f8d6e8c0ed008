using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Events;

namespace Sluice.Core.Tests.Delivery.Forwarding;

public sealed class ForwardLetterTests
{
    [Theory]
    [InlineData(ForwardWay.Profiles, true)]
    [InlineData(ForwardWay.Groups, false)]
    [InlineData(ForwardWay.Lookups, true)]
    public void A_letter_tells_whose_it_was(ForwardWay way, bool repeatable)
    {
        var id = ForwardLetter.IdOf(new ForwardRow(way, new LogPosition(12, 3), default, repeatable, false, default, []));
        Assert.Equal((way, repeatable, new LogPosition(12, 3)), ForwardLetter.Read(id));
    }

    [Theory]
    [InlineData("event-mixpanel-1-1")]
    [InlineData("forward-profiles-twice-1-1")]
    [InlineData("forward-people-once-1-1")]
    [InlineData("forward-profiles-once-1")]
    [InlineData("")]
    public void Other_letters_are_none_of_ours(string id) => Assert.Null(ForwardLetter.Read(id));
}
