using System.Reflection;

namespace Sluice.Brevo.Tests;

public sealed class ValidationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_request_ever_lifts_a_block()
    {
        var brevo = new FakeBrevo();
        bool[] flags = [false, true];
        foreach (var email in flags)
        {
            foreach (var sms in flags)
            {
                using var csv = new BrevoImportCsv(["EMAIL"]);
                csv.TryAppend("a@example.test");
                brevo.Answer(204).Answer(204).Answer(202, """{"processId":1}""");
                await brevo.Client().UpsertContactAsync(new BrevoContactUpsert { Email = "a@example.test", BlockEmail = email, BlockSms = sms }, Token);
                await brevo.Client().UpdateContactAsync(BrevoContactIdentifier.ContactId(1), new BrevoContactUpdate { ListIds = [1], BlockEmail = email, BlockSms = sms }, Token);
                await brevo.Client().ImportContactsAsync(new BrevoImport { Source = csv, ListIds = [1], BlockEmail = email, BlockSms = sms }, Token);
                Assert.All(brevo.Requests.TakeLast(3), request =>
                {
                    Assert.Equal(email, request.Contains("\"emailBlacklist", StringComparison.Ordinal));
                    Assert.Equal(sms, request.Contains("\"smsBlacklist", StringComparison.Ordinal));
                });
            }
        }

        Assert.Equal(12, brevo.Requests.Count);
        Assert.All(brevo.Requests, request => Assert.DoesNotMatch("(?i)blacklist(ed)?\"\\s*:\\s*(false|null|0|\")", request));
    }

    [Fact]
    public void Nothing_that_can_be_set_for_a_request_is_called_a_blacklist()
    {
        var requests = typeof(BrevoClient).Assembly.GetExportedTypes()
            .Where(type => !type.IsEnum && type.GetProperties().Any(property => property.CanWrite) && !typeof(Exception).IsAssignableFrom(type));

        var named = requests.SelectMany(type => type.GetProperties()).Where(property => property.Name.Contains("lacklist", StringComparison.Ordinal)).ToArray();

        Assert.All(named, property => Assert.Equal(typeof(BrevoContact), property.DeclaringType));
        Assert.Equal(3, named.Length);
        Assert.DoesNotContain(
            typeof(BrevoClient).GetMethods(BindingFlags.Public | BindingFlags.Instance).SelectMany(method => method.GetParameters()),
            parameter => parameter.ParameterType == typeof(BrevoContact));
    }

    [Theory]
    [InlineData("BLACKLISTED")]
    [InlineData("blacklisted")]
    [InlineData(" EmailBlacklisted ")]
    [InlineData("SMSBLACKLISTED")]
    [InlineData("ADDED_TIME")]
    [InlineData("MODIFIED_TIME")]
    [InlineData("")]
    public void Columns_of_the_system_cannot_be_written(string name)
    {
        Assert.Throws<ArgumentException>(() => new BrevoAttributes { { name, BrevoAttributeValue.Boolean(false) } });
        Assert.Throws<ArgumentException>(() => new BrevoImportCsv(["EMAIL", name]));
    }

    [Fact]
    public void Attributes_are_in_capitals_and_there_once()
    {
        var attributes = new BrevoAttributes { { "FirstName", BrevoAttributeValue.Text("x") } };

        Assert.Throws<ArgumentException>(() => attributes.Add("FIRSTNAME", BrevoAttributeValue.Cleared));
        Assert.True(attributes.Contains("firstname"));
        Assert.Equal("FIRSTNAME", Assert.Single(attributes).Key);
    }

    [Fact]
    public void Values_that_JSON_does_not_have_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BrevoAttributeValue.Number(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => BrevoAttributeValue.Number(double.PositiveInfinity));
        Assert.Throws<ArgumentNullException>(() => BrevoAttributeValue.Text(null!));
        Assert.Throws<ArgumentNullException>(() => BrevoAttributeValue.Options("a", null!));
    }

    [Fact]
    public void Values_are_equal_when_their_JSON_is()
    {
        Assert.Equal(BrevoAttributeValue.Options("a", "b"), BrevoAttributeValue.Options("a", "b"));
        Assert.Equal(BrevoAttributeValue.Options("a", "b").GetHashCode(), BrevoAttributeValue.Options("a", "b").GetHashCode());
        Assert.NotEqual(BrevoAttributeValue.Options("a", "b"), BrevoAttributeValue.Options("b", "a"));
        Assert.Equal(BrevoAttributeValue.Text(""), BrevoAttributeValue.Cleared);
        Assert.Equal(BrevoAttributeValue.Date(new DateOnly(2026, 1, 31)), BrevoAttributeValue.Text("2026-01-31"));
        Assert.NotEqual(BrevoAttributeValue.Text("1"), BrevoAttributeValue.Number(1L));
    }

    [Theory]
    [InlineData("PLAN_TYPE", true)]
    [InlineData("A", true)]
    [InlineData("plan", false)]
    [InlineData("1A", false)]
    [InlineData("A-B", false)]
    [InlineData("A\n", false)]
    [InlineData("EMAIL", false)]
    [InlineData("EXT_ID", false)]
    [InlineData("BLACKLISTED", false)]
    [InlineData(null, false)]
    public void Names_of_new_attributes_keep_to_what_Brevo_is_known_to_take(string? name, bool safe)
    {
        Assert.Equal(safe, BrevoAttributeNames.IsSafeForCreation(name));
        Assert.False(BrevoAttributeNames.IsSafeForCreation(new string('A', 51)));
        Assert.True(BrevoAttributeNames.IsSafeForCreation(new string('A', 50)));
    }

    [Fact]
    public void Definitions_allow_only_what_fits_together()
    {
        Assert.Throws<ArgumentException>(() => BrevoAttributeDefinition.Normal("A", BrevoAttributeTypes.Id));
        Assert.Throws<ArgumentException>(() => BrevoAttributeDefinition.Normal("A", BrevoAttributeTypes.MultipleChoice));
        Assert.Throws<ArgumentException>(() => BrevoAttributeDefinition.Transactional("A", BrevoAttributeTypes.User));
        Assert.Throws<ArgumentException>(() => BrevoAttributeDefinition.Normal("a b", BrevoAttributeTypes.Text));
        Assert.Throws<ArgumentException>(() => BrevoAttributeDefinition.MultipleChoice("A"));
        Assert.Throws<ArgumentException>(() => BrevoAttributeDefinition.MultipleChoice("A", new string('x', 201)));
        Assert.Throws<ArgumentException>(() => BrevoAttributeDefinition.Enumerated("A", (1, "")));
        Assert.Throws<ArgumentException>(() => BrevoAttributeDefinition.Calculated("A", " "));
        Assert.Equal("normal A (multiple-choice)", BrevoAttributeDefinition.MultipleChoice("A", new string('x', 200)).ToString());
    }

    [Fact]
    public async Task Only_options_and_formulas_can_be_updated() =>
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await new FakeBrevo().Client().UpdateAttributeAsync(BrevoAttributeDefinition.Normal("A", BrevoAttributeTypes.Text), Token));

    [Fact]
    public async Task A_contact_needs_an_identifier_and_no_address_among_its_attributes()
    {
        var client = new FakeBrevo().Answer(204).Client();

        await Refused(new BrevoContactUpsert());
        await Refused(new BrevoContactUpsert { Email = "  " });
        await Refused(new BrevoContactUpsert { ExternalId = "", Attributes = new BrevoAttributes { { "SMS", BrevoAttributeValue.Cleared } } });
        await Refused(new BrevoContactUpsert { ExternalId = "u", Attributes = new BrevoAttributes { { "email", BrevoAttributeValue.Text("a@example.test") } } });
        await client.UpsertContactAsync(new BrevoContactUpsert { Attributes = new BrevoAttributes { { "SMS", BrevoAttributeValue.Text("33612345678") } } }, Token);

        async Task Refused(BrevoContactUpsert contact) => await Assert.ThrowsAsync<ArgumentException>(async () => await client.UpsertContactAsync(contact, Token));
    }

    [Fact]
    public async Task An_update_must_change_something() =>
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await new FakeBrevo().Client().UpdateContactAsync(BrevoContactIdentifier.ContactId(1), new BrevoContactUpdate(), Token));

    [Fact]
    public void One_call_names_1_to_150_members()
    {
        Assert.Equal(150, BrevoListMembers.Ids(Enumerable.Range(1, 150).Select(i => (long)i)).Count);
        Assert.Throws<ArgumentException>(() => BrevoListMembers.Ids(Enumerable.Range(1, 151).Select(i => (long)i)));
        Assert.Throws<ArgumentException>(() => BrevoListMembers.Emails(Enumerable.Range(1, 151).Select(i => $"{i}@example.test")));
        Assert.Throws<ArgumentException>(() => BrevoListMembers.ExternalIds(Enumerable.Range(1, 151).Select(i => $"{i}")));
        Assert.Throws<ArgumentException>(() => BrevoListMembers.Ids([]));
        Assert.Throws<ArgumentException>(() => BrevoListMembers.Ids([0]));
        Assert.Throws<ArgumentException>(() => BrevoListMembers.Emails(["a@example.test", " "]));
        Assert.Throws<ArgumentException>(() => BrevoListMembers.ExternalIds([""]));
    }

    [Fact]
    public async Task Pages_beyond_what_Brevo_has_are_refused()
    {
        var client = new FakeBrevo().Client();

        await Refused(() => client.GetContactsAsync(new BrevoContactQuery { Limit = 1001 }, Token));
        await Refused(() => client.GetContactsAsync(new BrevoContactQuery { Limit = 0 }, Token));
        await Refused(() => client.GetContactsAsync(new BrevoContactQuery { Offset = -1 }, Token));
        await Refused(() => client.GetContactsAsync(new BrevoContactQuery { Ids = [.. Enumerable.Range(1, 21)] }, Token));
        await Refused(() => client.GetContactsAsync(new BrevoContactQuery { ListIds = [1], SegmentId = 2 }, Token));
        await Refused(() => client.GetListContactsAsync(1, limit: 501, cancellationToken: Token));
        await Refused(() => client.GetListsAsync(51, cancellationToken: Token));
        await Refused(() => client.GetFoldersAsync(51, cancellationToken: Token));
        await Refused(() => client.GetProcessesAsync(51, cancellationToken: Token));

        static async Task Refused(Func<Task> call) => await Assert.ThrowsAnyAsync<ArgumentException>(call);
    }

    [Fact]
    public async Task An_export_is_of_one_list_or_one_segment()
    {
        var client = new FakeBrevo().Client();

        await Assert.ThrowsAsync<ArgumentException>(async () => await client.ExportContactsAsync(new BrevoExport { Action = BrevoExportAction.AllContacts }, Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.ExportContactsAsync(new BrevoExport { Action = BrevoExportAction.AllContacts, ListId = 1, SegmentId = 1 }, Token));
    }

    [Fact]
    public void Identifiers_that_name_nobody_are_refused()
    {
        Assert.Throws<ArgumentException>(() => BrevoContactIdentifier.Email(" "));
        Assert.Throws<ArgumentException>(() => BrevoContactIdentifier.ExternalId(""));
        Assert.Throws<ArgumentException>(() => BrevoContactIdentifier.ExternalId("."));
        Assert.Throws<ArgumentException>(() => BrevoContactIdentifier.ExternalId(".."));
        Assert.Throws<ArgumentException>(() => BrevoContactIdentifier.Phone(" "));
        Assert.Throws<ArgumentOutOfRangeException>(() => BrevoContactIdentifier.ContactId(0));
        Assert.Equal(BrevoContactIdentifier.Email("A@example.test "), BrevoContactIdentifier.Email("a@example.test"));
        Assert.NotEqual(BrevoContactIdentifier.ExternalId("1"), BrevoContactIdentifier.ContactId(1));
    }

    [Fact]
    public void Options_are_checked_when_the_client_is_made()
    {
        Refused(o => new BrevoClientOptions { ApiKey = null! });
        Refused(o => new BrevoClientOptions { ApiKey = o, BaseAddress = new Uri("http://brevo.example.test/v3") });
        Refused(o => new BrevoClientOptions { ApiKey = o, BaseAddress = new Uri("ftp://localhost/v3") });
        Refused(o => new BrevoClientOptions { ApiKey = o, BaseAddress = new Uri("/v3", UriKind.Relative) });
        Refused(o => new BrevoClientOptions { ApiKey = o, BaseAddress = new Uri("https://api.brevo.com/v3?x=1") });
        Refused(o => new BrevoClientOptions { ApiKey = o, BaseAddress = new Uri("https://user:password@api.brevo.com/v3") });
        Refused(o => new BrevoClientOptions { ApiKey = o, Timeout = TimeSpan.Zero });
        Refused(o => new BrevoClientOptions { ApiKey = o, ImportTimeout = TimeSpan.FromSeconds(-1) });
        Refused(o => new BrevoClientOptions { ApiKey = o, DownloadTimeout = TimeSpan.Zero });
        Refused(o => new BrevoClientOptions { ApiKey = o, MaxResponseBytes = 0 });
        Refused(o => new BrevoClientOptions { ApiKey = o, UserAgent = " " });

        static void Refused(Func<BrevoApiKey, BrevoClientOptions> options)
        {
            using var http = new HttpClient(new FakeBrevo());
            Assert.ThrowsAny<ArgumentException>(() => new BrevoClient(http, options(new BrevoApiKey(FakeBrevo.Key))));
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/v3", false)]
    [InlineData("http://brevo.example.test/v3", true)]
    public async Task Plain_http_is_spoken_to_this_machine_and_where_the_options_allow_it(string address, bool allowed)
    {
        using var brevo = new FakeBrevo().Answer(200, "{}");
        using var http = new HttpClient(brevo);
        var options = new BrevoClientOptions { ApiKey = new BrevoApiKey(FakeBrevo.Key), BaseAddress = new Uri(address), AllowPlainHttp = allowed };

        await new BrevoClient(http, options).GetAccountAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith($"GET {address}/account", Assert.Single(brevo.Requests), StringComparison.Ordinal);
    }
}
