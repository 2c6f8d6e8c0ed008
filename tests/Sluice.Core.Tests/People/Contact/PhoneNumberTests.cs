using Sluice.Core.People.Contact;

namespace Sluice.Core.Tests.People.Contact;

public sealed class PhoneNumberTests
{
    [Theory]
    [InlineData("+919999999999", "919999999999")]
    [InlineData("00919999999999", "919999999999")]
    [InlineData("919999999999", "919999999999")]
    [InlineData(" +82 10-1234-5678 ", "821012345678")]
    [InlineData("+1 (415) 555-2671", "14155552671")]
    [InlineData("001 415.555.2671", "14155552671")]
    [InlineData("+44 (0)20 7946 0958", "442079460958")]
    [InlineData("0044 (0)20/7946 0958", "442079460958")]
    [InlineData("(+33) 6\u00A012\u202F34\u200956\u201178", "33612345678")]
    [InlineData("+2901234", "2901234")]
    [InlineData("+123456789012345", "123456789012345")]
    [InlineData("123456789012345", "123456789012345")]
    public void A_number_has_one_form(string raw, string expected)
    {
        Assert.True(PhoneNumber.TryNormalise(raw, out var normalised, out var reason));
        Assert.Null(reason);
        Assert.Equal(expected, normalised);
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("", "missing")]
    [InlineData("   ", "missing")]
    [InlineData("+", "malformed")]
    [InlineData("()-", "malformed")]
    [InlineData("call me", "malformed")]
    [InlineData("+82 10 1234 5678 ext 3", "malformed")]
    [InlineData("++821012345678", "malformed")]
    [InlineData("82+1012345678", "malformed")]
    [InlineData("+0821012345678", "malformed")]
    [InlineData("000821012345678", "malformed")]
    [InlineData("+82\u00001012345678", "malformed")]
    [InlineData("+８２1012345678", "malformed")]
    [InlineData("+1e10", "malformed")]
    [InlineData("+123456", "too_short")]
    [InlineData("00123456", "too_short")]
    [InlineData("123456", "too_short")]
    [InlineData("+1234567890123456", "too_long")]
    [InlineData("1234567890123456", "too_long")]
    [InlineData("0012345678901234567", "too_long")]
    [InlineData("010-1234-5678", "no_country_code")]
    [InlineData("13812345678", "no_country_code")]
    [InlineData("4155552671", "no_country_code")]
    [InlineData("012345678901", "no_country_code")]
    [InlineData("(0)12345678901", "no_country_code")]
    public void What_cannot_be_called_for_sure_has_a_reason(string? raw, string expected)
    {
        Assert.False(PhoneNumber.TryNormalise(raw, out var normalised, out var reason));
        Assert.Equal(expected, reason);
        Assert.Equal("", normalised);
    }

    [Fact]
    public void Endless_input_is_refused_unread() =>
        Assert.Equal(ContactReason.TooLong, PhoneNumber.Normalise(new string('1', 1_000_000), [], out _));

    [Fact]
    public void A_target_that_is_too_short_is_a_bug_of_the_caller() =>
        Assert.Throws<ArgumentException>(() => PhoneNumber.Normalise("+821012345678", new char[12], out _));
}
