using System.Text.Json;

namespace Sluice.Brevo.Tests;

public sealed class SecrecyTests
{
    private const string Email = "jane.doe@example.test";
    private const string Phone = "+33612345678";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_key_prints_as_stars_and_serialises_to_nothing()
    {
        var key = new BrevoApiKey($" {FakeBrevo.Key}\n");

        Assert.Equal("***", key.ToString());
        Assert.Equal("***", $"{key}");
        Assert.Equal("{}", JsonSerializer.Serialize(key));
        Assert.DoesNotContain(FakeBrevo.Key, new FakeBrevo().Options().ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(FakeBrevo.Key, JsonSerializer.Serialize(new { new FakeBrevo().Options().ApiKey }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("xkeysib-secret\r\nx: y")]
    [InlineData("xkeysib-secret é")]
    public void A_key_that_cannot_stand_in_a_header_is_refused_without_being_repeated(string value)
    {
        var e = Assert.Throws<ArgumentException>(() => new BrevoApiKey(value));

        Assert.DoesNotContain("secret", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(500)]
    public async Task No_exception_holds_an_address_a_number_or_the_key(int status)
    {
        var body = JsonSerializer.Serialize(new
        {
            code = $"invalid {Email} {FakeBrevo.Key}",
            message = $"Invalid email <{Email}>, phone {Phone}, key '{FakeBrevo.Key}', path /contacts/jane.doe%40example.test and 06 12 34 56 78",
            metadata = new { duplicate_identifiers = new[] { Email } },
            contacts = new object[] { new { id = 1, attributes = new { NOTE = Email } } },
        });
        var brevo = new FakeBrevo().Answer(status, status == 200 ? body[..^4] : body);

        var e = await Assert.ThrowsAnyAsync<BrevoException>(() => brevo.Client().GetContactsAsync(new BrevoContactQuery(), Token));

        AssertClean(e.ToString());
        if (e is BrevoApiException refusal)
        {
            AssertClean(refusal.Code!);
            AssertClean(refusal.RemoteMessage!);
            Assert.All(refusal.DuplicateIdentifiers, AssertClean);
        }
    }

    [Fact]
    public async Task No_exception_about_one_contact_holds_its_identifier()
    {
        var brevo = new FakeBrevo().Answer(500).Hang().Refuse(HttpRequestError.ConnectionError);
        var identifier = BrevoContactIdentifier.Email(Email);

        var refused = await Assert.ThrowsAsync<BrevoApiException>(() => brevo.Client().GetContactAsync(identifier, Token));
        var hanging = brevo.Client().GetContactAsync(identifier, Token);
        brevo.Time.Advance(TimeSpan.FromMinutes(1));
        var late = await Assert.ThrowsAsync<BrevoTimeoutException>(() => hanging);
        var cut = await Assert.ThrowsAsync<BrevoConnectionException>(() => brevo.Client().GetContactAsync(identifier, Token));

        Assert.All([refused.ToString(), late.ToString(), cut.ToString(), identifier.ToString()], AssertClean);
    }

    [Fact]
    public async Task What_an_operator_needs_stays_readable()
    {
        var brevo = new FakeBrevo().Answer(401, """{"code":"unauthorized","message":"We have detected you are using an unrecognised IP address 192.0.2.171 or 2001:db8::1"}""");

        var e = await Assert.ThrowsAsync<BrevoApiException>(() => brevo.Client().GetAccountAsync(Token));

        Assert.Equal("We have detected you are using an unrecognised IP address 192.0.2.171 or 2001:db8::1", e.RemoteMessage);
        Assert.Equal("Brevo refused account.get with status 401, code \"unauthorized\" (UnrecognisedIp).", e.Message);
    }

    [Fact]
    public void Remote_texts_are_cut()
    {
        var e = new BrevoApiException(BrevoEndpoints.AccountGet, 400, new string('c', 5000), string.Concat(Enumerable.Repeat("😀 ", 5000)));

        Assert.Equal(100, e.Code!.Length);
        Assert.InRange(e.RemoteMessage!.Length, 299, 300);
        Assert.EndsWith("…", e.RemoteMessage, StringComparison.Ordinal);
        Assert.False(char.IsHighSurrogate(e.RemoteMessage[^2]));
    }

    [Fact]
    public void Line_breaks_of_remote_texts_cannot_forge_lines_of_a_log() =>
        Assert.Equal("a b", new BrevoApiException(BrevoEndpoints.AccountGet, 400, null, "a\r\n\u2028b").RemoteMessage);

    [Fact]
    public void Requests_print_without_their_content()
    {
        object[] values =
        [
            new BrevoContactUpsert { Email = Email },
            new BrevoContactUpdate { ExternalId = Email },
            BrevoListMembers.Emails([Email]),
            BrevoAttributeValue.Text(Email),
            new BrevoAttributes { { "NOTE", BrevoAttributeValue.Text(Email) } },
            new BrevoWebhookSettings { Url = new Uri("https://user:jane.doe@example.test/"), Events = ["spam"], BearerToken = FakeBrevo.Key },
            new BrevoContact { Id = 1, Email = Email },
            new BrevoListChange([Email], [Email], true),
            new BrevoPage<BrevoContact>([new BrevoContact { Email = Email }], 1),
        ];

        Assert.All(values, value => AssertClean(value.ToString()!));
    }

    private static void AssertClean(string text)
    {
        Assert.DoesNotContain("jane", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("example.test", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("33612345678", text, StringComparison.Ordinal);
        Assert.DoesNotContain("06 12 34 56 78", text, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789abcdef", text, StringComparison.Ordinal);
    }
}
