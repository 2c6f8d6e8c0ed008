using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;

namespace Sluice.Core.Tests.Delivery.Events;

public sealed class EventLetterTests
{
    [Theory]
    [InlineData("brevo", 1, 2)]
    [InlineData("a-web-hook", 999_999_999_999_999_999, 999_999_999)]
    public void A_letter_leads_back_to_its_event(string destination, long batch, int number)
    {
        var position = new LogPosition(batch, number);
        Assert.Equal((destination, position), EventLetter.Read(EventLetter.IdOf(destination, position)));
    }

    [Theory]
    [InlineData("d0123456789abcdef")]
    [InlineData("event-brevo-1")]
    [InlineData("event-brevo-1-x")]
    [InlineData("event-brevo-1-99999999999")]
    public void A_letter_of_another_kind_leads_nowhere(string id) => Assert.Null(EventLetter.Read(id));
}
