using System.Text;

namespace Sluice.Brevo.Tests;

internal sealed record GoldenRequest(string Name, BrevoEndpoint Endpoint, Func<BrevoClient, Task> Call, int Status, string? Answer, string Expected);

/// <summary>Every request that the client makes, with the bytes it must have.</summary>
internal static class GoldenRequests
{
    private const string Common = """
        accept: application/json
        api-key: xkeysib-test-0123456789abcdef
        """;

    private static readonly CancellationToken None = CancellationToken.None;

    public static IReadOnlyList<GoldenRequest> All { get; } =
    [
        Get("account", BrevoEndpoints.AccountGet, c => c.GetAccountAsync(None), "{}", "/account"),

        Get("attributes", BrevoEndpoints.AttributesList, c => c.GetAttributesAsync(None), """{"attributes":[]}""", "/contacts/attributes"),
        Send("create a normal attribute", BrevoEndpoints.AttributesCreate, c => c.CreateAttributeAsync(BrevoAttributeDefinition.Normal("LTV", BrevoAttributeTypes.Number), None), 201, "",
            "POST", "/contacts/attributes/normal/LTV", """{"type":"float"}"""),
        Send("create a multiple-choice attribute", BrevoEndpoints.AttributesCreate, c => c.CreateAttributeAsync(BrevoAttributeDefinition.MultipleChoice("COUNTRIES", "FR", "DE"), None), 201, "",
            "POST", "/contacts/attributes/normal/COUNTRIES", """{"type":"multiple-choice","multiCategoryOptions":["FR","DE"]}"""),
        Send("create a category attribute", BrevoEndpoints.AttributesCreate, c => c.CreateAttributeAsync(BrevoAttributeDefinition.Enumerated("TIER", (1, "gold"), (2, "argent é")), None), 201, "",
            "POST", "/contacts/attributes/category/TIER", """{"type":"category","enumeration":[{"value":1,"label":"gold"},{"value":2,"label":"argent é"}]}"""),
        Send("create a transactional attribute", BrevoEndpoints.AttributesCreate, c => c.CreateAttributeAsync(BrevoAttributeDefinition.Transactional("ORDER_ID", BrevoAttributeTypes.Id), None), 201, "",
            "POST", "/contacts/attributes/transactional/ORDER_ID", """{"type":"id"}"""),
        Send("create a calculated attribute", BrevoEndpoints.AttributesCreate, c => c.CreateAttributeAsync(BrevoAttributeDefinition.Calculated("TOTAL", "SUM[LTV]"), None), 201, "",
            "POST", "/contacts/attributes/calculated/TOTAL", """{"value":"SUM[LTV]"}"""),
        Send("update options", BrevoEndpoints.AttributesUpdate, c => c.UpdateAttributeAsync(BrevoAttributeDefinition.MultipleChoice("COUNTRIES", "FR"), None), 204, null,
            "PUT", "/contacts/attributes/normal/COUNTRIES", """{"multiCategoryOptions":["FR"]}"""),
        Send("update an enumeration", BrevoEndpoints.AttributesUpdate, c => c.UpdateAttributeAsync(BrevoAttributeDefinition.Enumerated("TIER", (3, "tin")), None), 204, null,
            "PUT", "/contacts/attributes/category/TIER", """{"enumeration":[{"value":3,"label":"tin"}]}"""),
        Send("update a formula", BrevoEndpoints.AttributesUpdate, c => c.UpdateAttributeAsync(BrevoAttributeDefinition.Global("ALL", "COUNT[ID]"), None), 204, null,
            "PUT", "/contacts/attributes/global/ALL", """{"value":"COUNT[ID]"}"""),
        Delete("delete an attribute", BrevoEndpoints.AttributesDelete, c => c.DeleteAttributeAsync("normal", "Old name/é", None), "/contacts/attributes/normal/Old%20name%2F%C3%A9"),

        Send("upsert with everything", BrevoEndpoints.ContactsUpsert,
            c => c.UpsertContactAsync(
                new BrevoContactUpsert
                {
                    Email = " Jane@Example.TEST ",
                    ExternalId = "user_123",
                    ListIds = [15, 16],
                    BlockEmail = true,
                    BlockSms = true,
                    Attributes = new BrevoAttributes
                    {
                        { "FirstName", BrevoAttributeValue.Text("Jane \"J\" + 김") },
                        { "SMS", BrevoAttributeValue.Text("+821012345678") },
                        { "SIGNUP_DATE", BrevoAttributeValue.Date(new DateOnly(2026, 1, 31)) },
                        { "LTV", BrevoAttributeValue.Number(1250.5) },
                        { "EXACT", BrevoAttributeValue.Number(0.10m) },
                        { "VISITS", BrevoAttributeValue.Number(9007199254740993L) },
                        { "VIP", BrevoAttributeValue.Boolean(false) },
                        { "COUNTRIES", BrevoAttributeValue.Options("FR", "DE") },
                        { "CITY", BrevoAttributeValue.Cleared },
                    },
                },
                None),
            201, """{"id":122}""",
            "POST", "/contacts",
            """{"email":"jane@example.test","ext_id":"user_123","attributes":{"FIRSTNAME":"Jane \"J\" + 김","SMS":"+821012345678","SIGNUP_DATE":"2026-01-31","LTV":1250.5,"EXACT":0.10,"VISITS":9007199254740993,"VIP":false,"COUNTRIES":["FR","DE"],"CITY":""},"listIds":[15,16],"updateEnabled":true,"emailBlacklisted":true,"smsBlacklisted":true}"""),
        Send("upsert with the least", BrevoEndpoints.ContactsUpsert, c => c.UpsertContactAsync(new BrevoContactUpsert { ExternalId = "u" }, None), 204, null,
            "POST", "/contacts", """{"ext_id":"u","updateEnabled":true}"""),
        Send("update by external id", BrevoEndpoints.ContactsUpdate,
            c => c.UpdateContactAsync(
                BrevoContactIdentifier.ExternalId("42"),
                new BrevoContactUpdate
                {
                    ExternalId = "43",
                    Attributes = new BrevoAttributes { { "EMAIL", BrevoAttributeValue.Text("new@example.test") } },
                    ListIds = [1],
                    UnlinkListIds = [2, 3],
                    BlockEmail = true,
                    BlockSms = true,
                },
                None),
            204, null,
            "PUT", "/contacts/42?identifierType=ext_id",
            """{"ext_id":"43","attributes":{"EMAIL":"new@example.test"},"listIds":[1],"unlinkListIds":[2,3],"emailBlacklisted":true,"smsBlacklisted":true}"""),
        Send("update by phone", BrevoEndpoints.ContactsUpdate, c => c.UpdateContactAsync(BrevoContactIdentifier.Phone("+33612345678"), new BrevoContactUpdate { ListIds = [7] }, None), 204, null,
            "PUT", "/contacts/%2B33612345678?identifierType=phone_id", """{"listIds":[7]}"""),
        Get("contact by e-mail", BrevoEndpoints.ContactsGet, c => c.GetContactAsync(BrevoContactIdentifier.Email("Jane+x@Example.test"), None), "{}", "/contacts/jane%2Bx%40example.test?identifierType=email_id"),
        Get("contact by id", BrevoEndpoints.ContactsGet, c => c.GetContactAsync(BrevoContactIdentifier.ContactId(42), None), "{}", "/contacts/42?identifierType=contact_id"),
        Get("contact by WhatsApp", BrevoEndpoints.ContactsGet, c => c.GetContactAsync(BrevoContactIdentifier.WhatsApp("33612345678"), None), "{}", "/contacts/33612345678?identifierType=whatsapp_id"),
        Get("contact by landline", BrevoEndpoints.ContactsGet, c => c.GetContactAsync(BrevoContactIdentifier.LandlineNumber("33112345678"), None), "{}", "/contacts/33112345678?identifierType=landline_number_id"),
        Get("all contacts", BrevoEndpoints.ContactsList, c => c.GetContactsAsync(new BrevoContactQuery(), None), "{}", "/contacts?limit=1000&offset=0&sort=asc"),
        Get("some contacts", BrevoEndpoints.ContactsList,
            c => c.GetContactsAsync(
                new BrevoContactQuery
                {
                    Limit = 20,
                    Offset = 3_000_000_000,
                    Sort = BrevoSort.Descending,
                    ModifiedSince = new DateTimeOffset(2026, 1, 31, 23, 30, 1, 999, TimeSpan.FromMinutes(330)).AddTicks(9999),
                    CreatedSince = DateTimeOffset.UnixEpoch,
                    ListIds = [15, 16],
                    Ids = [1, 2],
                },
                None),
            "{}",
            "/contacts?limit=20&offset=3000000000&sort=desc&modifiedSince=2026-01-31T18%3A00%3A01.999Z&createdSince=1970-01-01T00%3A00%3A00.000Z&listIds=15&listIds=16&ids=1&ids=2"),
        Get("contacts of a segment", BrevoEndpoints.ContactsList, c => c.GetContactsAsync(new BrevoContactQuery { SegmentId = 9 }, None), "{}", "/contacts?limit=1000&offset=0&sort=asc&segmentId=9"),
        Delete("delete a contact", BrevoEndpoints.ContactsDelete, c => c.DeleteContactAsync(BrevoContactIdentifier.Email("a@example.test"), None), "/contacts/a%40example.test?identifierType=email_id"),

        Send("import CSV", BrevoEndpoints.ContactsImport,
            async c =>
            {
                using var csv = new BrevoImportCsv(["email", "EXT_ID", "NAME"]);
                Assert.True(csv.TryAppend(" A@Example.test", "u1", "Kim; \"M\"\r\nX\\é😀"));
                Assert.True(csv.TryAppend(null, "u2", null));
                await c.ImportContactsAsync(new BrevoImport { Source = csv, ListIds = [16], NotifyUrl = new Uri("https://hook.example.test/i?job=7f3a&chunk=2") }, None);
            },
            202, """{"processId":78}""",
            "POST", "/contacts/import",
            """{"fileBody":"EMAIL;EXT_ID;NAME\na@example.test;u1;\"Kim; \"\"M\"\" X\\é😀\"\n;u2;","listIds":[16],"updateExistingContacts":true,"emptyContactsAttributes":false,"disableNotification":true,"notifyUrl":"https://hook.example.test/i?job=7f3a&chunk=2"}"""),
        Send("import CSV that exists", BrevoEndpoints.ContactsImport,
            async c =>
            {
                using var csv = await BrevoImportCsvText.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes("\uFEFFEMAIL;N\r\na@example.test;\"x\ty\\\u0001é\"\n")), None);
                await c.ImportContactsAsync(
                    new BrevoImport
                    {
                        Source = csv,
                        NewList = new BrevoNewList("New \"list\"", 3),
                        UpdateExistingContacts = false,
                        BlockEmail = true,
                        BlockSms = true,
                        DisableNotification = false,
                    },
                    None);
            },
            202, """{"processId":78}""",
            "POST", "/contacts/import",
            """{"fileBody":"EMAIL;N\r\na@example.test;\"x\ty\\\u0001é\"\n","newList":{"listName":"New \"list\"","folderId":3},"updateExistingContacts":false,"emptyContactsAttributes":false,"emailBlacklist":true,"smsBlacklist":true,"disableNotification":false}"""),
        Send("import JSON", BrevoEndpoints.ContactsImport,
            async c =>
            {
                using var json = new BrevoImportJson();
                Assert.True(json.TryAppend("A@example.test ", new BrevoAttributes { { "EXT_ID", BrevoAttributeValue.Text("u1") }, { "LTV", BrevoAttributeValue.Number(12.5) } }));
                Assert.True(json.TryAppend("b@example.test", []));
                Assert.True(json.TryAppend(null, new BrevoAttributes { { "SMS", BrevoAttributeValue.Text("33612345678") } }));
                await c.ImportContactsAsync(new BrevoImport { Source = json, ListIds = [1, 2], EmptyContactsAttributes = true }, None);
            },
            202, """{"processId":78}""",
            "POST", "/contacts/import",
            """{"jsonBody":[{"email":"a@example.test","attributes":{"EXT_ID":"u1","LTV":12.5}},{"email":"b@example.test"},{"attributes":{"SMS":"33612345678"}}],"listIds":[1,2],"updateExistingContacts":true,"emptyContactsAttributes":true,"disableNotification":true}"""),
        Send("import a file", BrevoEndpoints.ContactsImport,
            c => c.ImportContactsAsync(new BrevoImport { Source = new BrevoImportUrl(new Uri("https://files.example.test/a.csv?x=1&y=2")), ListIds = [1] }, None),
            202, """{"processId":78}""",
            "POST", "/contacts/import",
            """{"fileUrl":"https://files.example.test/a.csv?x=1&y=2","listIds":[1],"updateExistingContacts":true,"emptyContactsAttributes":false,"disableNotification":true}"""),
        Send("export the unsubscribed of a list", BrevoEndpoints.ContactsExport,
            c => c.ExportContactsAsync(new BrevoExport { Action = BrevoExportAction.UnsubscribedPerList, ListId = 12 }, None),
            202, """{"processId":79}""",
            "POST", "/contacts/export",
            """{"customContactFilter":{"actionForContacts":"unsubscribedPerList","listId":12},"exportMandatoryAttributes":true,"exportDateInUTC":true,"disableNotification":true}"""),
        Send("export a segment with everything", BrevoEndpoints.ContactsExport,
            c => c.ExportContactsAsync(
                new BrevoExport
                {
                    Action = BrevoExportAction.AllContacts,
                    SegmentId = 4,
                    Attributes = ["EXT_ID", "LTV"],
                    IncludeMandatoryAttributes = false,
                    Metadata = ["_listIds", "ADDED_TIME"],
                    SubscriptionStatus = ["email_marketing"],
                    DatesInUtc = false,
                    DisableNotification = false,
                    NotifyUrl = new Uri("https://hook.example.test/e"),
                },
                None),
            202, """{"processId":79}""",
            "POST", "/contacts/export",
            """{"customContactFilter":{"actionForContacts":"allContacts","segmentId":4},"exportAttributes":["EXT_ID","LTV"],"exportMandatoryAttributes":false,"exportMetadata":["_listIds","ADDED_TIME"],"exportSubscriptionStatus":["email_marketing"],"exportDateInUTC":false,"disableNotification":false,"notifyUrl":"https://hook.example.test/e"}"""),

        Get("list", BrevoEndpoints.ListsGet, c => c.GetListAsync(15, None), "{}", "/contacts/lists/15"),
        Get("lists", BrevoEndpoints.ListsList, c => c.GetListsAsync(cancellationToken: None), "{}", "/contacts/lists?limit=50&offset=0&sort=asc"),
        Send("create a list", BrevoEndpoints.ListsCreate, c => c.CreateListAsync("Engaged 사용자", 5, None), 201, """{"id":8}""", "POST", "/contacts/lists", """{"name":"Engaged 사용자","folderId":5}"""),
        Send("rename a list", BrevoEndpoints.ListsUpdate, c => c.RenameListAsync(8, "At risk", None), 204, null, "PUT", "/contacts/lists/8", """{"name":"At risk"}"""),
        Delete("delete a list", BrevoEndpoints.ListsDelete, c => c.DeleteListAsync(8, None), "/contacts/lists/8"),
        Get("contacts of a list", BrevoEndpoints.ListContactsList, c => c.GetListContactsAsync(8, cancellationToken: None), "{}", "/contacts/lists/8/contacts?limit=500&offset=0&sort=asc"),
        Get("changed contacts of a list", BrevoEndpoints.ListContactsList,
            c => c.GetListContactsAsync(8, limit: 1, offset: 2, BrevoSort.Descending, modifiedSince: DateTimeOffset.UnixEpoch, cancellationToken: None), "{}",
            "/contacts/lists/8/contacts?limit=1&offset=2&sort=desc&modifiedSince=1970-01-01T00%3A00%3A00.000Z"),
        Send("add by e-mail", BrevoEndpoints.ListContactsAdd, c => c.AddToListAsync(8, BrevoListMembers.Emails([" A@Example.test", "b+c@example.test"]), None), 201, "{}",
            "POST", "/contacts/lists/8/contacts/add", """{"emails":["a@example.test","b+c@example.test"]}"""),
        Send("add by id", BrevoEndpoints.ListContactsAdd, c => c.AddToListAsync(8, BrevoListMembers.Ids([1, 2]), None), 201, "{}",
            "POST", "/contacts/lists/8/contacts/add", """{"ids":[1,2]}"""),
        Send("remove by external id", BrevoEndpoints.ListContactsRemove, c => c.RemoveFromListAsync(8, BrevoListMembers.ExternalIds(["U1", " x "]), None), 201, "{}",
            "POST", "/contacts/lists/8/contacts/remove", """{"extIds":["U1"," x "]}"""),
        Get("folders", BrevoEndpoints.FoldersList, c => c.GetFoldersAsync(10, 20, BrevoSort.Descending, None), "{}", "/contacts/folders?limit=10&offset=20&sort=desc"),
        Send("create a folder", BrevoEndpoints.FoldersCreate, c => c.CreateFolderAsync("Sluice", None), 201, """{"id":5}""", "POST", "/contacts/folders", """{"name":"Sluice"}"""),

        Get("process", BrevoEndpoints.ProcessesGet, c => c.GetProcessAsync(217, None), "{}", "/processes/217"),
        Get("processes", BrevoEndpoints.ProcessesList, c => c.GetProcessesAsync(cancellationToken: None), "{}", "/processes?limit=50&offset=0&sort=desc"),
        new("download", BrevoEndpoints.FilesDownload, c => c.DownloadAsync(new Uri("https://files.example.test/bad.csv?sig=a%2Fb"), new MemoryStream(), None), 200, "EMAIL\n",
            """
            GET https://files.example.test/bad.csv?sig=a%2Fb
            user-agent: tests/1
            """),

        Get("webhooks", BrevoEndpoints.WebhooksList, c => c.GetWebhooksAsync(cancellationToken: None), "{}", "/webhooks?type=marketing"),
        Send("create a webhook", BrevoEndpoints.WebhooksCreate,
            c => c.CreateWebhookAsync(
                new BrevoWebhookSettings
                {
                    Url = new Uri("https://hook.example.test/brevo"),
                    Events = [BrevoMarketingEvents.Unsubscribed, BrevoMarketingEvents.HardBounce],
                    BearerToken = "shared-secret",
                    Description = "connector",
                    Batched = true,
                },
                None),
            201, """{"id":24}""",
            "POST", "/webhooks",
            """{"type":"marketing","url":"https://hook.example.test/brevo","events":["unsubscribed","hardBounce"],"description":"connector","batched":true,"auth":{"type":"bearer","token":"shared-secret"}}"""),
        Send("update a webhook", BrevoEndpoints.WebhooksUpdate,
            c => c.UpdateWebhookAsync(24, new BrevoWebhookSettings { Url = new Uri("https://user:pass@hook.example.test/"), Events = ["spam"] }, None),
            204, null,
            "PUT", "/webhooks/24", """{"url":"https://user:pass@hook.example.test/","events":["spam"]}"""),
        Send("create an event", BrevoEndpoints.EventsCreate, c => c.CreateEventAsync(Order(), None), 204, null, "POST", "/events", OrderJson),
        Send("create events", BrevoEndpoints.EventsBatch, c => c.CreateEventsAsync(Batch(), BrevoEventBatchForm.Wrapped, None), 202, """{"message":"queued","count":2}""",
            "POST", "/events/batch", $$"""{"events":[{{OrderJson}},{{OrderJson}}]}"""),
        Send("create events as a bare list", BrevoEndpoints.EventsBatch, c => c.CreateEventsAsync(Batch(), BrevoEventBatchForm.Bare, None), 202, "",
            "POST", "/events/batch", $"[{OrderJson},{OrderJson}]"),
        Send("put an order", BrevoEndpoints.OrdersPut, c => c.PutOrderAsync(ShopOrder(), None), 204, null, "POST", "/orders/status", """
            {"id":"A-1","createdAt":"2026-03-01T09:00:00.250Z","updatedAt":"2026-03-02T09:00:00.000Z","status":"completed","amount":12.50,"products":[{"productId":"7","price":5,"quantity":2},{"productId":"t","price":2.5,"quantityFloat":1.5,"variantId":"red"}],"identifiers":{"ext_id":"u-1","email_id":"jane@example.test"},"coupons":["X"],"metaInfo":{"shop":"Lyon"}}
            """.Trim()),
        Get("companies by name", BrevoEndpoints.CompaniesList, c => c.FindCompaniesAsync("Acme & Co", None),
            """{"items":[{"id":"6512ab","attributes":{"name":"Acme & Co"}},{"id":"6512ac","attributes":{"name":"Acme"}}]}""",
            "/companies?filters%5Battributes.name%5D=Acme%20%26%20Co"),
        Get("attributes of companies", BrevoEndpoints.CompanyAttributesList, c => c.GetCompanyAttributesAsync(None),
            """[{"internalName":"domain","label":"Domain","attributeTypeName":"text","isValueReadonly":false}]""", "/crm/attributes/companies"),
        Send("create a company", BrevoEndpoints.CompaniesCreate,
            c => c.CreateCompanyAsync("Acme", """{"domain":"acme.test"}"""u8.ToArray(), [7, 8], None), 200, """{"id":"6512ab"}""",
            "POST", "/companies", """{"name":"Acme","attributes":{"domain":"acme.test"},"linkedContactsIds":[7,8]}"""),
        Send("update a company", BrevoEndpoints.CompaniesUpdate, c => c.UpdateCompanyAsync("6512ab", "Acme", default, None), 200, """{"id":"6512ab"}""",
            "PATCH", "/companies/6512ab", """{"name":"Acme"}"""),
        Send("link contacts to a company", BrevoEndpoints.CompaniesLink, c => c.LinkCompanyAsync("6512ab", [7], [8, 9], None), 204, null,
            "PATCH", "/companies/link-unlink/6512ab", """{"linkContactIds":[7],"unlinkContactIds":[8,9]}"""),
        Get("events", BrevoEndpoints.EventsList,
            c => c.GetEventsAsync(
                new BrevoEventQuery
                {
                    ContactIds = [7, 8], Names = ["a", "b"], Limit = 1000, Offset = 2000,
                    Between = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1)),
                },
                None),
            """{"events":[],"count":0}""",
            "/events?limit=1000&offset=2000&startDate=1970-01-01T00%3A00%3A00.000Z&endDate=1970-01-02T00%3A00%3A00.000Z&contact_id=7&contact_id=8&event_name=a&event_name=b"),
        Delete("delete a webhook", BrevoEndpoints.WebhooksDelete, c => c.DeleteWebhookAsync(24, None), "/webhooks/24"),
    ];

    private const string OrderJson =
        """{"event_name":"order_completed","event_date":"2026-08-22T09:15:00.250+00:00","identifiers":{"contact_id":7,"ext_id":"user_123","email_id":"jane@example.test"},"event_properties":{"revenue":89.99,"note":"é"}}""";

    private static BrevoOrder ShopOrder() => BrevoOrder.Create(new BrevoOrderContent
    {
        Id = "A-1", Status = "completed", Amount = 12.50m,
        CreatedAt = new DateTimeOffset(2026, 3, 1, 10, 0, 0, 250, TimeSpan.FromHours(1)), UpdatedAt = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero),
        Identifiers = new BrevoEventIdentifiers { ContactId = 7, ExternalId = "u-1", Email = "Jane@Example.test" },
        Products = [new BrevoOrderProduct("7", 5, 2, null), new BrevoOrderProduct("t", 2.5m, 1.5m, "red")],
        Coupons = ["X"], Meta = """{"shop":"Lyon"}"""u8.ToArray(),
    });

    private static BrevoEvent Order() => BrevoEvent.Create(
        "order_completed",
        new BrevoEventIdentifiers { ContactId = 7, ExternalId = "user_123", Email = " Jane@Example.TEST" },
        new DateTimeOffset(2026, 8, 22, 9, 15, 0, 250, TimeSpan.Zero),
        """{"revenue":89.99,"note":"é"}"""u8);

    private static BrevoEventBatch Batch()
    {
        var batch = new BrevoEventBatch();
        Assert.True(batch.TryAppend(Order()));
        Assert.True(batch.TryAppend(Order()));
        return batch;
    }

    private static GoldenRequest Get(string name, BrevoEndpoint endpoint, Func<BrevoClient, Task> call, string answer, string path) =>
        new(name, endpoint, call, 200, answer, $"GET https://api.brevo.com/v3{path}\n{Common}\nuser-agent: tests/1");

    private static GoldenRequest Delete(string name, BrevoEndpoint endpoint, Func<BrevoClient, Task> call, string path) =>
        new(name, endpoint, call, 204, null, $"DELETE https://api.brevo.com/v3{path}\n{Common}\nuser-agent: tests/1");

    private static GoldenRequest Send(string name, BrevoEndpoint endpoint, Func<BrevoClient, Task> call, int status, string? answer, string method, string path, string body) =>
        new(name, endpoint, call, status, answer, $"{method} https://api.brevo.com/v3{path}\n{Common}\ncontent-length: {Encoding.UTF8.GetByteCount(body)}\ncontent-type: application/json\nuser-agent: tests/1\n\n{body}");
}
