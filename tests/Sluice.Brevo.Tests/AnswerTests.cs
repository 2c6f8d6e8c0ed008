// Long because: it lists every recorded shape of an answer, one short test each.
using System.Text;

namespace Sluice.Brevo.Tests;

public sealed class AnswerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_account_is_read_with_numbers_as_texts_and_epoch_seconds()
    {
        var account = await Client(200, """
            { "organization_id": "65f0c1d2e3a4b5c6d7e8f901", "user_id": 9001, "enterprise": false,
              "companyName": "Acme", "email": "ops@acme.test", "firstName": "Ada", "lastName": "L",
              "address": { "street": "1 Road", "city": "Paris", "zipCode": 75001, "country": "France" },
              "marketingAutomation": { "enabled": true, "key": "ma-key-value" },
              "plan": [ { "type": "subscription", "credits": 4500, "creditsType": "sendLimit", "startDate": "1751234567", "endDate": "2026-08-01T00:00:00+05:30" } ],
              "planVerticals": [ { "planCategory": "Marketing", "planType": "free", "name": "Free", "status": "active", "users": { "purchasedSeats": "1" }, "credits": "250" } ],
              "relay": { "enabled": true, "data": { "port": 587 } },
              "dateTimePreferences": { "timezone": "Europe/Paris", "timeFormat": "24", "dateFormat": "dd-mm-yyyy" } }
            """).GetAccountAsync(Token);

        Assert.Equal("65f0c1d2e3a4b5c6d7e8f901", account.OrganizationId);
        Assert.Equal(9001, account.UserId);
        Assert.False(account.IsEnterprise);
        Assert.Equal("75001", account.Address?.ZipCode);
        var plan = Assert.Single(account.Plans);
        Assert.Equal(("subscription", 4500m), (plan.Type, plan.Credits));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1751234567), plan.StartDate);
        Assert.Equal(new DateTimeOffset(2026, 8, 1, 0, 0, 0, TimeSpan.FromMinutes(330)), plan.EndDate);
        Assert.Equal("free", Assert.Single(account.PlanVerticals).PlanType);
        Assert.Equal("Europe/Paris", account.DateTimePreferences?.Timezone);
        Assert.DoesNotContain("acme.test", account.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_may_lack_everything()
    {
        var account = await Client(200, """{ "address": [], "plan": null, "planVerticals": {}, "user_id": "x", "dateTimePreferences": null, "email": { } }""").GetAccountAsync(Token);

        Assert.Null(account.Address);
        Assert.Empty(account.Plans);
        Assert.Empty(account.PlanVerticals);
        Assert.Null(account.UserId);
        Assert.Null(account.Email);
        Assert.Null(account.IsEnterprise);
    }

    [Fact]
    public async Task Attributes_of_all_kinds_are_read()
    {
        var attributes = await Client(200, """
            { "attributes": [
              { "name": "TIER", "category": "category", "enumeration": [ { "value": 1, "valueStr": "1", "label": "gold" }, { "value": 0, "valueStr": "vip", "label": "VIP" } ], "field_key": "k" },
              { "name": "LTV", "category": "normal", "type": "float" },
              { "name": "COUNTRIES", "category": "normal", "type": "multiple-choice", "multiCategoryOptions": ["FR","DE"] },
              { "name": "SUM", "category": "calculated", "calculatedValue": "SUM[LTV]" } ] }
            """).GetAttributesAsync(Token);

        Assert.Equal(["TIER", "LTV", "COUNTRIES", "SUM"], attributes.Select(attribute => attribute.Name));
        Assert.Null(attributes[0].Type);
        Assert.Equal((0L, "vip", "VIP"), (attributes[0].Enumeration[1].Value, attributes[0].Enumeration[1].ValueStr, attributes[0].Enumeration[1].Label));
        Assert.Equal("float", attributes[1].Type);
        Assert.Empty(attributes[1].Enumeration);
        Assert.Equal(["FR", "DE"], attributes[2].MultiCategoryOptions);
        Assert.Equal("SUM[LTV]", attributes[3].CalculatedValue);
    }

    [Fact]
    public async Task A_new_contact_has_an_id_and_an_updated_one_has_not()
    {
        var upsert = new BrevoContactUpsert { Email = "a@example.test" };

        Assert.Equal(new BrevoUpsertResult(true, 122), await Client(201, """{"id": 122}""").UpsertContactAsync(upsert, Token));
        Assert.Equal(new BrevoUpsertResult(false, null), await Client(204).UpsertContactAsync(upsert, Token));
        Assert.Equal(new BrevoUpsertResult(true, 122), await Client(201, """{"id": "122"}""").UpsertContactAsync(upsert, Token));
    }

    [Fact]
    public async Task A_contact_is_read_whole()
    {
        var contact = await Client(200, """
            { "id": 42, "email": "jane@example.test", "emailBlacklisted": true, "smsBlacklisted": false, "whatsappBlacklisted": false,
              "createdAt": "2026-05-02T16:40:31.000Z", "modifiedAt": "2026-06-02T22:10:31.000+05:30",
              "listIds": [15, 16], "listUnsubscribed": [17],
              "attributes": { "FIRSTNAME": "Jane", "EXT_ID": "user_123", "LTV": 1.50, "COUNTRIES": ["FR"] },
              "consentGroups": [ { "id": 1, "status": "subscribed" } ],
              "statistics": { "messagesSent": [] } }
            """).GetContactAsync(BrevoContactIdentifier.ContactId(42), Token);

        Assert.NotNull(contact);
        Assert.Equal(42, contact.Id);
        Assert.True(contact.EmailBlacklisted);
        Assert.False(contact.SmsBlacklisted);
        Assert.Equal(new DateTimeOffset(2026, 6, 2, 16, 40, 31, TimeSpan.Zero), contact.ModifiedAt);
        Assert.Equal([15L, 16L], contact.ListIds);
        Assert.Equal([17L], contact.ListUnsubscribed);
        Assert.Equal("user_123", contact.ExternalId);
        Assert.Equal("1.50", contact.Attributes["LTV"].GetRawText());
        Assert.Equal("subscribed", Assert.Single(contact.ConsentGroups).Status);
        Assert.Equal("BrevoContact 42", contact.ToString());
    }

    [Fact]
    public async Task A_contact_may_lack_everything_and_a_missing_block_is_not_false()
    {
        var contact = await Client(200, """{ "id": "43", "listIds": null, "attributes": [], "createdAt": "soon", "emailBlacklisted": null, "listUnsubscribed": "17" }""")
            .GetContactAsync(BrevoContactIdentifier.ContactId(43), Token);

        Assert.NotNull(contact);
        Assert.Equal(43, contact.Id);
        Assert.Null(contact.Email);
        Assert.Null(contact.EmailBlacklisted);
        Assert.Null(contact.SmsBlacklisted);
        Assert.Null(contact.CreatedAt);
        Assert.Empty(contact.ListIds);
        Assert.Equal([17L], contact.ListUnsubscribed);
        Assert.Empty(contact.Attributes);
        Assert.Null(contact.ExternalId);
        Assert.Empty(contact.ConsentGroups);
    }

    [Theory]
    [InlineData("33612345678@mailin-sms.com", true)]
    [InlineData("33612345678@MAILIN-SMS.com", true)]
    [InlineData("jane@mailin-sms.com", false)]
    [InlineData("@mailin-sms.com", false)]
    [InlineData("33612345678@example.test", false)]
    public async Task An_address_made_up_for_a_phone_number_is_recognised(string email, bool synthetic)
    {
        var contact = await Client(200, $$"""{ "id": 1, "email": "{{email}}" }""").GetContactAsync(BrevoContactIdentifier.ContactId(1), Token);

        Assert.Equal(synthetic, contact?.HasSyntheticEmail);
    }

    [Fact]
    public async Task One_odd_field_does_not_make_a_page_unreadable()
    {
        var page = await Client(200, """
            { "contacts": [
                { "id": 1, "email": "\ud800", "attributes": { "A": "\ud800", "\ud800": 1, "B": {"c": [1, null]} } },
                null,
                { "id": 2, "listIds": [3, "4", 5.0, null, {}, true], "emailBlacklisted": 1, "smsBlacklisted": "TRUE", "modifiedAt": 99999999999999 },
                7 ],
              "count": "17655" }
            """).GetContactsAsync(new BrevoContactQuery(), Token);

        Assert.Equal([1L, 2L], page.Items.Select(contact => contact.Id));
        Assert.Null(page.Items[0].Email);
        Assert.Equal(["A", "B"], page.Items[0].Attributes.Keys);
        Assert.Equal([3L, 4L, 5L], page.Items[1].ListIds);
        Assert.True(page.Items[1].EmailBlacklisted);
        Assert.True(page.Items[1].SmsBlacklisted);
        Assert.Null(page.Items[1].ModifiedAt);
        Assert.Equal(17655, page.Count);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "contacts": null }""")]
    [InlineData("""{ "contacts": {} , "count": null }""")]
    public async Task A_page_without_items_is_empty(string answer)
    {
        var page = await Client(200, answer).GetContactsAsync(new BrevoContactQuery(), Token);

        Assert.Empty(page.Items);
        Assert.Null(page.Count);
    }

    [Fact]
    public async Task Lists_and_folders_are_read()
    {
        var lists = await Client(200, """
            { "count": 2, "lists": [ { "id": 15, "name": "All", "folderId": 5, "uniqueSubscribers": 7, "totalSubscribers": 0, "totalBlacklisted": 0 }, { "id": 16 } ] }
            """).GetListsAsync(cancellationToken: Token);
        var list = await Client(200, """{ "id": 15, "name": "All", "createdAt": "2026-01-02T03:04:05Z", "dynamicList": true, "campaignStats": [] }""").GetListAsync(15, Token);
        var folders = await Client(200, """{ "count": 1, "folders": [ { "id": 5, "name": "Sluice", "uniqueSubscribers": 1 } ] }""").GetFoldersAsync(cancellationToken: Token);

        Assert.Equal(2, lists.Count);
        Assert.Equal((15L, "All", 5L, 7L), (lists.Items[0].Id, lists.Items[0].Name, lists.Items[0].FolderId, lists.Items[0].UniqueSubscribers));
        Assert.Null(lists.Items[1].DynamicList);
        Assert.True(list?.DynamicList);
        Assert.Equal("Sluice", Assert.Single(folders.Items).Name);
    }

    [Theory]
    [InlineData("""{ "contacts": { "success": ["a@example.test"], "failure": ["ghost@example.test"] } }""")]
    [InlineData("""{ "success": ["a@example.test"], "failure": ["ghost@example.test"] }""")]
    public async Task A_list_change_is_read_wrapped_and_unwrapped(string answer)
    {
        var change = await Client(201, answer).AddToListAsync(8, BrevoListMembers.Emails(["a@example.test", "ghost@example.test"]), Token);

        Assert.Equal(["a@example.test"], change.Applied);
        Assert.Equal(["ghost@example.test"], change.NotApplied);
        Assert.True(change.IsItemised);
        Assert.DoesNotContain("example.test", change.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_change_by_id_echoes_numbers()
    {
        var change = await Client(201, """{ "contacts": { "success": [1, 2], "failure": null } }""").RemoveFromListAsync(8, BrevoListMembers.Ids([1, 2]), Token);

        Assert.Equal(["1", "2"], change.Applied);
        Assert.Empty(change.NotApplied);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{ "contacts": { } }""")]
    public async Task A_list_change_that_is_not_itemised_says_so(string answer)
    {
        var change = await Client(201, answer).AddToListAsync(8, BrevoListMembers.Ids([1]), Token);

        Assert.False(change.IsItemised);
        Assert.Empty(change.Applied);
    }

    [Fact]
    public async Task Nothing_applied_is_a_result_and_not_a_failure()
    {
        const string Answer = """{ "code": "invalid_parameter", "message": "Contact already in list and/or does not exist" }""";

        var added = await Client(400, Answer).AddToListAsync(8, BrevoListMembers.Ids([1, 2]), Token);
        var removed = await Client(400, Answer).RemoveFromListAsync(8, BrevoListMembers.Emails(["A@example.test"]), Token);

        Assert.Empty(added.Applied);
        Assert.Equal(["1", "2"], added.NotApplied);
        Assert.True(added.IsItemised);
        Assert.Empty(removed.Applied);
        Assert.Equal(["a@example.test"], removed.NotApplied);
    }

    [Fact]
    public async Task A_malformed_address_among_members_is_a_failure()
    {
        var client = Client(400, """{ "code": "invalid_parameter", "message": "Contact email addresses are invalid/ not in valid format" }""");

        var e = await Assert.ThrowsAsync<BrevoApiException>(() => client.AddToListAsync(8, BrevoListMembers.Emails(["nonsense"]), Token));

        Assert.Equal(BrevoFailureKind.InvalidItem, e.Kind);
    }

    [Fact]
    public async Task A_process_is_read_with_urls_numbers_or_null_in_its_report()
    {
        var process = await Client(200, """
            { "id": 217, "name": "IMPORTUSER", "status": "completed",
              "info": { "import": { "invalid_emails": "https://files.example.test/bad.csv", "duplicate_contact_id": null, "duplicate_ext_id": 3,
                                    "duplicate_email_id": 0, "duplicate_phone_id": "", "duplicate_whatsapp_id": {} } } }
            """).GetProcessAsync(217, Token);

        Assert.Equal(BrevoProcessState.Completed, process?.State);
        var report = process!.Info!.Import!;
        Assert.Equal(new Uri("https://files.example.test/bad.csv"), report.InvalidEmails.File);
        Assert.Equal(3, report.DuplicateExternalId.Count);
        Assert.True(report.DuplicateExternalId.Any);
        Assert.False(report.DuplicateContactId.Any);
        Assert.False(report.DuplicateEmail.Any);
        Assert.False(report.DuplicatePhone.Any);
        Assert.False(report.DuplicateWhatsApp.Any);
        Assert.False(report.DuplicateLandlineNumber.Any);
        Assert.True(report.HasFindings);
    }

    [Theory]
    [InlineData("queued", BrevoProcessState.Running)]
    [InlineData("in_process", BrevoProcessState.Running)]
    [InlineData("processing", BrevoProcessState.Running)]
    [InlineData("completed", BrevoProcessState.Completed)]
    [InlineData("failed", BrevoProcessState.Failed)]
    [InlineData("cancelled", BrevoProcessState.Cancelled)]
    [InlineData("something_new", BrevoProcessState.Running)]
    [InlineData(null, BrevoProcessState.Running)]
    public void A_status_that_is_not_known_counts_as_running(string? status, BrevoProcessState state) =>
        Assert.Equal(state, new BrevoProcess { Status = status }.State);

    [Fact]
    public async Task Processes_are_read_with_export_url_and_error()
    {
        var page = await Client(200, """
            { "count": 2, "processes": [
              { "id": 1, "name": "CONTACT_EXPORT", "status": "completed", "export_url": "https://files.example.test/e.csv" },
              { "id": 2, "name": "IMPORTUSER", "status": "failed", "error": "no space", "info": [] } ] }
            """).GetProcessesAsync(cancellationToken: Token);

        Assert.Equal(new Uri("https://files.example.test/e.csv"), page.Items[0].ExportUrl);
        Assert.Equal("no space", page.Items[1].Error);
        Assert.Null(page.Items[1].Info);
    }

    [Fact]
    public async Task Ids_of_new_things_are_read()
    {
        using var csv = new BrevoImportCsv(["EMAIL"]);
        csv.TryAppend("a@example.test");

        Assert.Equal(78, await Client(202, """{ "processId": 78 }""").ImportContactsAsync(new BrevoImport { Source = csv, ListIds = [1] }, Token));
        Assert.Equal(8, await Client(201, """{ "id": 8 }""").CreateListAsync("x", 1, Token));
        Assert.Equal(5, await Client(201, """{ "id": "5" }""").CreateFolderAsync("x", Token));
    }

    [Fact]
    public async Task Webhooks_are_read_without_their_secrets()
    {
        var webhook = Assert.Single(await Client(200, """
            { "webhooks": [ { "id": 24, "url": "https://user:pass@hook.example.test/b", "type": "marketing", "description": "c", "events": ["spam"], "batched": false,
                              "auth": { "type": "bearer", "token": "shared-secret" }, "createdAt": "2026-01-02T03:04:05Z", "modifiedAt": 1767323045 } ] }
            """).GetWebhooksAsync(cancellationToken: Token));

        Assert.Equal(24, webhook.Id);
        Assert.Equal(["spam"], webhook.Events);
        Assert.False(webhook.Batched);
        Assert.Equal(webhook.CreatedAt, webhook.ModifiedAt);
        Assert.DoesNotContain("pass", webhook.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_absent_is_null_false_or_empty()
    {
        const string Absent = """{ "code": "document_not_found", "message": "Contact does not exist" }""";

        Assert.Null(await Client(404, Absent).GetContactAsync(BrevoContactIdentifier.ContactId(1), Token));
        Assert.Null(await Client(404, Absent).GetListAsync(1, Token));
        Assert.Null(await Client(404, """{"code":"invalid_parameter","message":"processId is invalid"}""").GetProcessAsync(1, Token));
        Assert.False(await Client(404, Absent).UpdateContactAsync(BrevoContactIdentifier.ContactId(1), new BrevoContactUpdate { ListIds = [1] }, Token));
        Assert.False(await Client(404, Absent).DeleteContactAsync(BrevoContactIdentifier.ContactId(1), Token));
        Assert.False(await Client(404, Absent).DeleteListAsync(1, Token));
        Assert.False(await Client(404, Absent).DeleteAttributeAsync("normal", "X", Token));
        Assert.False(await Client(404, Absent).DeleteWebhookAsync(1, Token));
        Assert.False(await Client(404, Absent).UpdateWebhookAsync(1, new BrevoWebhookSettings { Url = new Uri("https://x.test"), Events = ["spam"] }, Token));
        Assert.Empty(await Client(404, Absent).GetWebhooksAsync(cancellationToken: Token));
        Assert.True(await Client(204).DeleteContactAsync(BrevoContactIdentifier.ContactId(1), Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>Not Found</html>")]
    [InlineData("{}")]
    public async Task An_absence_that_does_not_come_from_Brevo_is_a_failure(string body)
    {
        var e = await Assert.ThrowsAsync<BrevoApiException>(() => Client(404, body).GetContactAsync(BrevoContactIdentifier.ContactId(1), Token));

        Assert.Equal(BrevoFailureKind.NotFound, e.Kind);
    }

    [Fact]
    public async Task An_attribute_whose_name_exists_is_not_created()
    {
        var definition = BrevoAttributeDefinition.Normal("PLAN", BrevoAttributeTypes.Text);

        Assert.True(await Client(201).CreateAttributeAsync(definition, Token));
        Assert.False(await Client(400, """{ "code": "invalid_parameter", "message": "Attribute name must be unique" }""").CreateAttributeAsync(definition, Token));
    }

    [Fact]
    public async Task A_byte_order_mark_is_skipped() =>
        Assert.Equal("Acme", (await Client(200, "\uFEFF{\"companyName\":\"Acme\"}").GetAccountAsync(Token)).CompanyName);

    [Fact]
    public async Task A_download_is_copied_and_follows_redirects_without_the_key()
    {
        var brevo = new FakeBrevo()
            .Answer(302, null, ("location", "/moved.csv"))
            .Answer(307, null, ("location", "https://other.example.test/x.csv"))
            .Answer(200, "EMAIL\nä@example.test\n");
        var copy = new MemoryStream();

        var length = await brevo.Client().DownloadAsync(new Uri("https://files.example.test/a.csv"), copy, Token);

        Assert.Equal("EMAIL\nä@example.test\n", Encoding.UTF8.GetString(copy.ToArray()));
        Assert.Equal(copy.Length, length);
        Assert.Equal(
            ["GET https://files.example.test/a.csv", "GET https://files.example.test/moved.csv", "GET https://other.example.test/x.csv"],
            brevo.Requests.Select(request => request.Split('\n')[0]));
        Assert.All(brevo.Requests, request => Assert.DoesNotContain(FakeBrevo.Key, request, StringComparison.Ordinal));
        Assert.Single(brevo.Gate.Completed);
    }

    [Fact]
    public async Task A_download_does_not_step_down_to_http_nor_follow_for_ever()
    {
        var down = new FakeBrevo().Answer(302, null, ("location", "http://files.example.test/a.csv"));
        var loop = new FakeBrevo();
        for (var i = 0; i < 7; i++)
        {
            loop.Answer(302, null, ("location", "/a.csv"));
        }

        await Assert.ThrowsAsync<BrevoApiException>(() => down.Client().DownloadAsync(new Uri("https://files.example.test/a.csv"), Stream.Null, Token));
        await Assert.ThrowsAsync<BrevoApiException>(() => loop.Client().DownloadAsync(new Uri("https://files.example.test/a.csv"), Stream.Null, Token));

        Assert.Single(down.Requests);
        Assert.Equal(6, loop.Requests.Count);
    }

    [Fact]
    public async Task A_redirect_of_the_API_is_not_followed()
    {
        var brevo = new FakeBrevo().Answer(302, null, ("location", "https://elsewhere.test/"));

        await Assert.ThrowsAsync<BrevoApiException>(() => brevo.Client().GetAccountAsync(Token));

        Assert.Single(brevo.Requests);
    }

    private static BrevoClient Client(int status, string? body = null) => new FakeBrevo().Answer(status, body).Client();
}
