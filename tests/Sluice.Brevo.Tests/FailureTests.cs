namespace Sluice.Brevo.Tests;

public sealed class FailureTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(400, """{"code":"invalid_parameter","message":"Invalid email address"}""", BrevoFailureKind.InvalidItem)]
    [InlineData(400, """{"code":"invalid_parameter","message":"Transactional attribute as primary Key is missing"}""", BrevoFailureKind.InvalidItem)]
    [InlineData(400, """{"message":"file is not valid"}""", BrevoFailureKind.InvalidItem)]
    [InlineData(400, "", BrevoFailureKind.InvalidItem)]
    [InlineData(400, """{"code":"missing_parameter","message":"Please provide Email or SMS attribute value"}""", BrevoFailureKind.Bug)]
    [InlineData(400, """{"code":"out_of_range","message":"limit"}""", BrevoFailureKind.Bug)]
    [InlineData(400, """{"code":"bad_request","message":"x"}""", BrevoFailureKind.Bug)]
    [InlineData(400, """{"message":"Parsing error: unmarshal json"}""", BrevoFailureKind.Bug)]
    [InlineData(400, """{"error":"json: cannot unmarshal array into Go value"}""", BrevoFailureKind.Bug)]
    [InlineData(400, """{"code":"duplicate_parameter","message":"x","metadata":{"duplicate_identifiers":["email"]}}""", BrevoFailureKind.DuplicateIdentifier)]
    [InlineData(400, """{"code":"invalid_parameter","message":"x","metadata":{"duplicate_identifiers":["email"]}}""", BrevoFailureKind.DuplicateIdentifier)]
    [InlineData(400, """{"code":"duplicate_parameter","message":"Contact already exist"}""", BrevoFailureKind.DuplicateIdentifier)]
    [InlineData(400, """{"code":"invalid_parameter","message":"Contact already in list and/or does not exist"}""", BrevoFailureKind.NothingApplied)]
    [InlineData(400, """{"code":"invalid_parameter","message":"Attribute name must be unique"}""", BrevoFailureKind.AlreadyExists)]
    [InlineData(400, """{"code":"duplicate_request","message":"Request already processed"}""", BrevoFailureKind.AlreadyProcessed)]
    [InlineData(400, """{"code":"document_not_found","message":"Folder ID does not exist"}""", BrevoFailureKind.NotFound)]
    [InlineData(400, """{"code":"account_in_process","message":"busy"}""", BrevoFailureKind.Busy)]
    [InlineData(400, """{"code":"account_under_validation","message":"wait"}""", BrevoFailureKind.UnderValidation)]
    [InlineData(401, """{"code":"unauthorized","message":"Key not found"}""", BrevoFailureKind.Unauthorized)]
    [InlineData(401, """{"code":"unauthorized","message":"We have detected you are using an unrecognised IP address 192.0.2.7"}""", BrevoFailureKind.UnrecognisedIp)]
    [InlineData(401, "", BrevoFailureKind.Unauthorized)]
    [InlineData(402, """{"code":"not_enough_credits","message":"x"}""", BrevoFailureKind.PaymentRequired)]
    [InlineData(403, """{"code":"permission_denied","message":"x"}""", BrevoFailureKind.Forbidden)]
    [InlineData(403, """{"code":"account_under_validation","message":"x"}""", BrevoFailureKind.UnderValidation)]
    [InlineData(404, """{"code":"document_not_found","message":"x"}""", BrevoFailureKind.NotFound)]
    [InlineData(404, """{"code":"invalid_parameter","message":"processId is invalid"}""", BrevoFailureKind.NotFound)]
    [InlineData(405, """{"code":"method_not_allowed","message":"x"}""", BrevoFailureKind.NotAllowed)]
    [InlineData(406, """{"code":"not_acceptable","message":"x"}""", BrevoFailureKind.Bug)]
    [InlineData(415, "", BrevoFailureKind.Bug)]
    [InlineData(409, "", BrevoFailureKind.AlreadyExists)]
    [InlineData(413, "<html>Too large</html>", BrevoFailureKind.TooLarge)]
    [InlineData(422, """{"code":"unprocessable_entity","message":"x"}""", BrevoFailureKind.InvalidItem)]
    [InlineData(424, "{}", BrevoFailureKind.Forbidden)]
    [InlineData(425, "", BrevoFailureKind.Busy)]
    [InlineData(429, """{"message":"Too many requests"}""", BrevoFailureKind.RateLimited)]
    [InlineData(408, "", BrevoFailureKind.Transient)]
    [InlineData(500, "", BrevoFailureKind.Transient)]
    [InlineData(502, "<html><body>Bad gateway</body></html>", BrevoFailureKind.Transient)]
    [InlineData(503, "[]", BrevoFailureKind.Transient)]
    [InlineData(504, "null", BrevoFailureKind.Transient)]
    [InlineData(524, "error code: 524", BrevoFailureKind.Transient)]
    public async Task A_refusal_says_who_must_act(int status, string body, BrevoFailureKind kind)
    {
        var e = await RefusedAsync(status, body);

        Assert.Equal(kind, e.Kind);
        Assert.Equal(status, e.Status);
        Assert.Equal(kind is BrevoFailureKind.RateLimited or BrevoFailureKind.Busy or BrevoFailureKind.Transient, e.IsTransient);
        Assert.False(e.OutcomeUnknown);
        Assert.Equal(BrevoEndpoints.ContactsUpsert, e.Endpoint);
    }

    [Fact]
    public async Task The_envelope_is_read()
    {
        var e = await RefusedAsync(400, """
            { "code": "duplicate_parameter", "message": "Unable to create contact, email is already associated with another Contact",
              "metadata": { "duplicate_identifiers": ["email", "SMS", 7, null] } }
            """);

        Assert.Equal("duplicate_parameter", e.Code);
        Assert.Equal("Unable to create contact, email is already associated with another Contact", e.RemoteMessage);
        Assert.Equal(["email", "SMS", "7"], e.DuplicateIdentifiers);
    }

    [Theory]
    [InlineData("", null, null)]
    [InlineData("<html>", null, null)]
    [InlineData("[]", null, null)]
    [InlineData("\"text\"", null, null)]
    [InlineData("""{"code":"x","message":"cut off""", null, null)]
    [InlineData("""{"code":17,"message":{"a":1}}""", "17", null)]
    [InlineData("""{"error":"not found"}""", null, "not found")]
    [InlineData("""{"message":"first","error":"second"}""", null, "first")]
    [InlineData("""{"code":"\ud800","message":"\ud800"}""", null, null)]
    [InlineData("""{"code":"a","metadata":[]}""", "a", null)]
    [InlineData("""{"code":"a","metadata":{"duplicate_identifiers":null}}""", "a", null)]
    public async Task An_odd_envelope_is_tolerated(string body, string? code, string? message)
    {
        var e = await RefusedAsync(400, body);

        Assert.Equal(code, e.Code);
        Assert.Equal(message, e.RemoteMessage);
        Assert.Empty(e.DuplicateIdentifiers);
    }

    [Fact]
    public async Task One_duplicate_identifier_may_stand_without_a_list()
    {
        var e = await RefusedAsync(400, """{"code":"invalid_parameter","metadata":{"duplicate_identifiers":"SMS"}}""");

        Assert.Equal(["SMS"], e.DuplicateIdentifiers);
        Assert.Equal(BrevoFailureKind.DuplicateIdentifier, e.Kind);
    }

    [Fact]
    public async Task An_error_body_without_end_is_cut()
    {
        var e = await RefusedAsync(502, new string('x', 1_000_000));

        Assert.Null(e.RemoteMessage);
        Assert.Equal(BrevoFailureKind.Transient, e.Kind);
    }

    [Theory]
    [InlineData("3600", 3600.0)]
    [InlineData("0", 0.0)]
    [InlineData(" 1.5 ", 1.5)]
    [InlineData("86400", 86400.0)]
    [InlineData("86401", 2.0)]
    [InlineData("1787655900", 2.0)]
    [InlineData("-1", 2.0)]
    [InlineData("soon", 2.0)]
    [InlineData(null, 2.0)]
    public async Task The_wait_after_429_is_what_the_header_says_or_a_moment(string? reset, double seconds)
    {
        var brevo = reset is null ? new FakeBrevo().Answer(429) : new FakeBrevo().Answer(429, "", ("x-sib-ratelimit-reset", reset));

        var e = await Assert.ThrowsAsync<BrevoApiException>(() => brevo.Client().GetAttributesAsync(Token));

        Assert.Equal(TimeSpan.FromSeconds(seconds), e.RetryAfter);
    }

    [Fact]
    public async Task The_wait_without_header_is_a_minute_for_what_is_counted_by_the_hour()
    {
        var e = await Assert.ThrowsAsync<BrevoApiException>(() => new FakeBrevo().Answer(429).Client().GetAccountAsync(Token));

        Assert.Equal(TimeSpan.FromMinutes(1), e.RetryAfter);
        Assert.Equal(TimeSpan.FromMinutes(1), new BrevoApiException(new BrevoEndpoint { Name = "x", Method = "GET", Path = "/x", Bucket = new BrevoBucket("new"), IsIdempotent = true }, 429).RetryAfter);
    }

    [Fact]
    public void There_is_no_wait_where_there_is_no_rule_for_one()
    {
        Assert.Null(new BrevoApiException(BrevoEndpoints.AccountGet, 500).RetryAfter);
        Assert.Null(new BrevoApiException(BrevoEndpoints.AccountGet, 400, rateLimit: new BrevoRateLimit(1, 0, TimeSpan.FromSeconds(9))).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(30), new BrevoApiException(BrevoEndpoints.ContactsUpsert, 425).RetryAfter);
    }

    [Fact]
    public void A_duplicate_elsewhere_is_something_that_exists() =>
        Assert.Equal(BrevoFailureKind.AlreadyExists, new BrevoApiException(BrevoEndpoints.WebhooksCreate, 400, "duplicate_parameter").Kind);

    [Theory]
    [InlineData(408, true)]
    [InlineData(500, true)]
    [InlineData(504, true)]
    [InlineData(524, true)]
    [InlineData(429, false)]
    [InlineData(425, false)]
    [InlineData(400, false)]
    [InlineData(413, false)]
    public void Only_a_gateway_that_gave_up_leaves_the_outcome_of_an_import_unknown(int status, bool unknown)
    {
        Assert.Equal(unknown, new BrevoApiException(BrevoEndpoints.ContactsImport, status).OutcomeUnknown);
        Assert.False(new BrevoApiException(BrevoEndpoints.ListContactsAdd, status).OutcomeUnknown);
    }

    [Theory]
    [InlineData("", "it is empty.")]
    [InlineData("<html>Welcome</html>", "not the expected JSON")]
    [InlineData("null", "it is null.")]
    [InlineData("[]", "not the expected JSON")]
    [InlineData("""{"processId":7""", "not the expected JSON")]
    [InlineData("{}", "it has no processId.")]
    [InlineData("""{"processId":"soon"}""", "it has no processId.")]
    public async Task A_success_that_cannot_be_understood_is_a_failure_of_its_own(string body, string reason)
    {
        var client = new FakeBrevo().Answer(202, body).Client();

        var e = await Assert.ThrowsAsync<BrevoProtocolException>(() => client.ImportContactsAsync(Import(), Token));

        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal(202, e.Status);
        Assert.Equal(BrevoFailureKind.Unreadable, e.Kind);
        Assert.True(e.OutcomeUnknown);
    }

    [Fact]
    public async Task A_success_larger_than_allowed_is_not_read_to_its_end()
    {
        var brevo = new FakeBrevo().Answer((_, _) => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new EndlessStream()) }));

        var e = await Assert.ThrowsAsync<BrevoProtocolException>(() => brevo.Client().GetContactsAsync(new BrevoContactQuery(), Token));

        Assert.Contains("larger than", e.Message, StringComparison.Ordinal);
        Assert.False(e.OutcomeUnknown);
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError)]
    [InlineData(HttpRequestError.ConnectionError)]
    [InlineData(HttpRequestError.SecureConnectionError)]
    [InlineData(HttpRequestError.ProxyTunnelError)]
    public async Task A_request_that_never_left_has_a_known_outcome(HttpRequestError error)
    {
        var brevo = new FakeBrevo().Refuse(error).Refuse(error);

        var import = await Assert.ThrowsAsync<BrevoConnectionException>(() => brevo.Client().ImportContactsAsync(Import(), Token));
        var read = await Assert.ThrowsAsync<BrevoConnectionException>(() => brevo.Client().GetAccountAsync(Token));

        Assert.False(import.WasSent);
        Assert.False(import.OutcomeUnknown);
        Assert.True(import.IsTransient);
        Assert.False(read.WasSent);
    }

    [Fact]
    public async Task A_connection_cut_after_the_request_leaves_the_outcome_unknown_unless_it_may_be_repeated()
    {
        var brevo = new FakeBrevo()
            .Fail(new HttpRequestException(HttpRequestError.ResponseEnded, "cut"))
            .Fail(new HttpRequestException(HttpRequestError.ResponseEnded, "cut"));

        var import = await Assert.ThrowsAsync<BrevoConnectionException>(() => brevo.Client().ImportContactsAsync(Import(), Token));
        var upsert = await Assert.ThrowsAsync<BrevoConnectionException>(() => brevo.Client().UpsertContactAsync(new BrevoContactUpsert { Email = "a@example.test" }, Token));

        Assert.True(import.WasSent);
        Assert.True(import.OutcomeUnknown);
        Assert.True(upsert.WasSent);
        Assert.False(upsert.OutcomeUnknown);
    }

    [Fact]
    public async Task A_connection_cut_inside_the_answer_is_a_connection_failure()
    {
        var brevo = new FakeBrevo().Answer((_, _) => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new CutStream("{\"processId\":"u8.ToArray())) }));

        var e = await Assert.ThrowsAsync<BrevoConnectionException>(() => brevo.Client().ImportContactsAsync(Import(), Token));

        Assert.True(e.OutcomeUnknown);
        Assert.IsType<IOException>(e.InnerException);
    }

    [Fact]
    public async Task A_connection_cut_inside_a_refusal_is_still_the_refusal()
    {
        var brevo = new FakeBrevo().Answer((_, _) => Task.FromResult(new HttpResponseMessage((System.Net.HttpStatusCode)429) { Content = new StreamContent(new CutStream("{\"code\":"u8.ToArray())) }));

        var e = await Assert.ThrowsAsync<BrevoApiException>(() => brevo.Client().GetAccountAsync(Token));

        Assert.Equal(BrevoFailureKind.RateLimited, e.Kind);
    }

    [Fact]
    public async Task A_failure_of_the_callers_own_stream_passes_as_it_is()
    {
        var brevo = new FakeBrevo().Answer(200, "EMAIL\n");

        await Assert.ThrowsAsync<IOException>(() => brevo.Client().DownloadAsync(new Uri("https://files.example.test/a.csv"), new FullDisk(), Token));

        Assert.Single(brevo.Gate.Completed);
    }

    private static BrevoImport Import() => new() { Source = new BrevoImportUrl(new Uri("https://files.example.test/a.csv")), ListIds = [1] };

    private static Task<BrevoApiException> RefusedAsync(int status, string body) =>
        Assert.ThrowsAsync<BrevoApiException>(() => new FakeBrevo().Answer(status, body).Client().UpsertContactAsync(new BrevoContactUpsert { Email = "a@example.test" }, Token));
}
