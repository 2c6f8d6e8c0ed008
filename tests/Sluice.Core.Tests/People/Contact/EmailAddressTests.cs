using Sluice.Core.People.Contact;

namespace Sluice.Core.Tests.People.Contact;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("jane@example.test", "jane@example.test")]
    [InlineData("  Jane.Kim+News@Example.TEST\t", "jane.kim+news@example.test")]
    [InlineData("\u00A0jane@example.test\u00A0", "jane@example.test")]
    [InlineData("o'neil@sub.example.co.uk", "o'neil@sub.example.co.uk")]
    [InlineData("a@b.io", "a@b.io")]
    [InlineData("1_2-3{x}@4ex-ample.test", "1_2-3{x}@4ex-ample.test")]
    [InlineData("info@bücher.example", "info@xn--bcher-kva.example")]
    [InlineData("info@BÜCHER.example", "info@xn--bcher-kva.example")]
    [InlineData("info@한국.kr", "info@xn--3e0b707e.kr")]
    [InlineData("info@उदाहरण.भारत", "info@xn--p1b6ci4b4b3a.xn--h2brj9c")]
    [InlineData("info@xn--bcher-kva.example", "info@xn--bcher-kva.example")]
    public void An_address_has_one_form(string raw, string expected)
    {
        Assert.True(EmailAddress.TryNormalise(raw, out var normalised, out var reason));
        Assert.Null(reason);
        Assert.Equal(expected, normalised);
        Assert.True(EmailAddress.TryNormalise(normalised, out var again, out _));
        Assert.Equal(normalised, again);
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("", "missing")]
    [InlineData(" \t\r\n", "missing")]
    [InlineData("jane", "malformed")]
    [InlineData("@example.test", "malformed")]
    [InlineData("jane@", "malformed")]
    [InlineData("jane@@example.test", "malformed")]
    [InlineData("jane@kim@example.test", "malformed")]
    [InlineData("jane@example", "malformed")]
    [InlineData("jane@example.", "malformed")]
    [InlineData("jane@.example.test", "malformed")]
    [InlineData("jane@example..test", "malformed")]
    [InlineData("jane@-example.test", "malformed")]
    [InlineData("jane@example-.test", "malformed")]
    [InlineData("jane@exa_mple.test", "malformed")]
    [InlineData("jane@example.t", "malformed")]
    [InlineData("jane@10.0.0.1", "malformed")]
    [InlineData("jane@[10.0.0.1]", "malformed")]
    [InlineData(".jane@example.test", "malformed")]
    [InlineData("jane.@example.test", "malformed")]
    [InlineData("jane..kim@example.test", "malformed")]
    [InlineData("jane kim@example.test", "malformed")]
    [InlineData("jane@exam ple.test", "malformed")]
    [InlineData("jane\u0000@example.test", "malformed")]
    [InlineData("jane\u0085kim@example.test", "malformed")]
    [InlineData("jane@example.test\u0007", "malformed")]
    [InlineData("\"jane\"@example.test", "malformed")]
    [InlineData("Jane <jane@example.test>", "malformed")]
    [InlineData("mailto:jane@example.test", "malformed")]
    [InlineData("a@example.test,b@example.test", "malformed")]
    [InlineData("jane@bu\u0308cher.example", "malformed")]
    [InlineData("jane@ｅxample.test", "malformed")]
    [InlineData("jane@✉.example", "malformed")]
    [InlineData("jörg@example.test", "non_ascii_local_part")]
    [InlineData("민수@example.test", "non_ascii_local_part")]
    [InlineData("\u200Bjane@example.test", "non_ascii_local_part")]
    public void What_is_no_address_has_a_reason(string? raw, string expected)
    {
        Assert.False(EmailAddress.TryNormalise(raw, out var normalised, out var reason));
        Assert.Equal(expected, reason);
        Assert.Equal("", normalised);
    }

    [Fact]
    public void Half_a_character_is_no_part_of_a_domain()
    {
        Assert.False(EmailAddress.TryNormalise("jane@a\uD800b.example", out _, out var reason));
        Assert.Equal(ContactReason.Malformed, reason);
    }

    [Fact]
    public void Lengths_are_those_of_mail()
    {
        var label = new string('a', 63);
        var longest = $"{new string('x', 64)}@{label}.{label}.{new string('b', 56)}.test";
        Assert.Equal(254, longest.Length);

        Assert.True(EmailAddress.TryNormalise(longest, out _, out _));
        AssertTooLong(longest.Replace("@a", "@aa", StringComparison.Ordinal));
        AssertTooLong($"{longest[..^4]}btest");
        AssertTooLong($"{new string('x', 65)}@example.test");
        AssertTooLong($"x@{label}a.test");
        AssertTooLong($"x@{string.Concat(Enumerable.Repeat("ab.", 5000))}test");
    }

    private static void AssertTooLong(string raw)
    {
        Assert.False(EmailAddress.TryNormalise(raw, out _, out var reason));
        Assert.Equal(ContactReason.TooLong, reason);
    }
}
