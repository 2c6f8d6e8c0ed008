// Long because: it lists every rule of imports, one short test each.
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sluice.Simulators.Brevo;

namespace Sluice.Simulators.Tests.Brevo;

public sealed class ImportTests : IAsyncLifetime
{
    private BrevoHarness _brevo = null!;

    public async ValueTask InitializeAsync()
    {
        _brevo = await BrevoHarness.StartAsync();
        _brevo.Simulator.CreateList("l", 15);
        _brevo.Simulator.CreateAttribute("PLAN", "text");
        _brevo.Simulator.CreateAttribute("LTV", "float");
        _brevo.Simulator.CreateAttribute("ACTIVE", "boolean");
        _brevo.Simulator.CreateAttribute("SINCE", "date");
    }

    public ValueTask DisposeAsync() => _brevo.DisposeAsync();

    [Fact]
    public async Task An_import_is_queued_then_in_process_then_completed_and_shows_only_at_its_end()
    {
        var reply = await _brevo.PostAsync("/contacts/import", Csv("EMAIL;PLAN\na@example.test;pro"));
        Assert.Equal(202, reply.Status);
        var process = $"/processes/{reply.Json.GetProperty("processId")}";

        Assert.Equal("queued", await StatusAsync());
        _brevo.Clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal("in_process", await StatusAsync());
        _brevo.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("in_process", await StatusAsync());
        Assert.Equal(0, _brevo.Simulator.ContactCount);
        Assert.Equal(0, _brevo.Simulator.ListCount(15));

        _brevo.Clock.Advance(TimeSpan.FromMilliseconds(1));

        var ended = (await _brevo.GetAsync(process)).Json;
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal("IMPORTUSER", ended.GetProperty("name").GetString());
        Assert.All(
            ended.GetProperty("info").GetProperty("import").EnumerateObject(),
            report => Assert.Equal(JsonValueKind.Null, report.Value.ValueKind));
        Assert.Equal(["a@example.test"], _brevo.Simulator.ListEmails(15));
        Assert.Equal("pro", _brevo.Simulator.ContactByEmail("a@example.test")!.Attributes["PLAN"]);

        async Task<string?> StatusAsync() => (await _brevo.GetAsync(process)).Json.GetProperty("status").GetString();
    }

    [Fact]
    public async Task The_duration_grows_with_the_rows()
    {
        await using var slow = await BrevoHarness.StartAsync(options => options with
        {
            ImportQueueTime = TimeSpan.FromSeconds(1),
            ImportBaseTime = TimeSpan.FromSeconds(10),
            ImportTimePerRow = TimeSpan.FromSeconds(5),
        });
        slow.Simulator.CreateList("l", 15);
        await slow.PostAsync("/contacts/import", Csv("EMAIL\na@example.test\nb@example.test"));

        slow.Clock.Advance(TimeSpan.FromSeconds(1));
        slow.Clock.Advance(TimeSpan.FromSeconds(19.9));
        Assert.Equal("in_process", Assert.Single(slow.Simulator.Processes).Status);
        slow.Clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("completed", Assert.Single(slow.Simulator.Processes).Status);
    }

    [Fact]
    public async Task A_second_import_stays_queued_until_the_first_has_ended()
    {
        await _brevo.PostAsync("/contacts/import", Csv("EMAIL\na@example.test"));
        await _brevo.PostAsync("/contacts/import", Csv("EMAIL\nb@example.test"));

        _brevo.Clock.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Equal(["in_process", "queued"], Statuses());
        _brevo.Clock.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Equal(["completed", "in_process"], Statuses());
        _brevo.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(["completed", "completed"], Statuses());
        Assert.Equal(2, _brevo.Simulator.ListCount(15));
    }

    [Theory]
    [InlineData(';')]
    [InlineData(',')]
    [InlineData('\t')]
    public async Task Files_may_be_separated_by_semicolon_comma_or_tab(char separator)
    {
        var csv = "EMAIL;EXT_ID;PLAN;LTV\r\na@example.test;u1;\"quoted \"\"x\"\", y\";12.5\r\n".Replace(';', separator);

        await _brevo.ImportCsvAsync(15, csv);

        var contact = _brevo.Simulator.ContactByExtId("u1")!;
        Assert.Equal("a@example.test", contact.Email);
        Assert.Equal("quoted \"x\", y", contact.Attributes["PLAN"]);
        Assert.Equal(12.5, contact.Attributes["LTV"]);
    }

    [Fact]
    public async Task Json_rows_carry_other_identifiers_in_their_attributes()
    {
        await _brevo.ImportAsync("""
            {"listIds":[15],"jsonBody":[
              {"email":"A@example.test","attributes":{"EXT_ID":"u1","SMS":"+821012345678","LTV":3}},
              {"attributes":{"EXT_ID":"u2"}}]}
            """);

        Assert.Equal("821012345678", _brevo.Simulator.ContactByEmail("a@example.test")!.Sms);
        Assert.Null(_brevo.Simulator.ContactByExtId("u2")!.Email);
        Assert.Equal(2, _brevo.Simulator.ListCount(15));
    }

    [Fact]
    public async Task Unknown_columns_and_values_of_another_type_are_dropped_without_a_word()
    {
        await _brevo.ImportCsvAsync(15, "EMAIL;GHOST;plan;PLAN;LTV;ACTIVE;SINCE\na@example.test;x;y;pro;much;perhaps;soon");
        await _brevo.ImportAsync("""{"listIds":[15],"jsonBody":[{"email":"b@example.test","attributes":{"PLAN":1,"LTV":"1","ACTIVE":"true","SINCE":"2026-02-30"}}]}""");
        await _brevo.ImportCsvAsync(15, "EMAIL;LTV;ACTIVE;SINCE\nc@example.test;1;Yes;11/02/1989");

        Assert.Equal(["PLAN"], _brevo.Simulator.ContactByEmail("a@example.test")!.Attributes.Keys);
        Assert.Empty(_brevo.Simulator.ContactByEmail("b@example.test")!.Attributes);
        var values = _brevo.Simulator.ContactByEmail("c@example.test")!.Attributes;
        Assert.Equal([1.0, true, "1989-02-11"], [values["LTV"], values["ACTIVE"], values["SINCE"]]);
    }

    [Fact]
    public async Task Invalid_rows_are_in_a_file_and_the_others_are_imported()
    {
        var process = await _brevo.ImportCsvAsync(15, "EMAIL;PLAN\nbad address;x\na@example.test;y\n;z");

        var url = process.GetProperty("info").GetProperty("import").GetProperty("invalid_emails").GetString()!;
        Assert.Equal("EMAIL;PLAN\nbad address;x\n;z\n", await _brevo.DownloadAsync(url));
        Assert.Equal(["a@example.test"], _brevo.Simulator.ListEmails(15));
    }

    [Theory]
    [InlineData("EMAIL;PLAN\na@example.test;1\nA@example.test;2", "duplicate_email_id")]
    [InlineData("EXT_ID;PLAN\nu1;1\nu1;2", "duplicate_ext_id")]
    [InlineData("SMS;PLAN\n821012345678;1\n+821012345678;2", "duplicate_phone_id")]
    [InlineData("WHATSAPP;PLAN\n821012345678;1\n+821012345678;2", "duplicate_whatsapp_id")]
    [InlineData("LANDLINE_NUMBER;PLAN\n821012345678;1\n+821012345678;2", "duplicate_landline_number_id")]
    public async Task Duplicates_within_a_file_are_in_files_of_their_own(string csv, string report)
    {
        var import = (await _brevo.ImportCsvAsync(15, csv)).GetProperty("info").GetProperty("import");

        var lines = csv.Split('\n');
        Assert.Equal($"{lines[0]}\n{lines[2]}\n", await _brevo.DownloadAsync(import.GetProperty(report).GetString()!));
        Assert.Equal(JsonValueKind.Null, import.GetProperty("invalid_emails").ValueKind);
        Assert.Equal(1, _brevo.Simulator.ContactCount);
        Assert.Equal("1", _brevo.Simulator.Contacts[0].Attributes["PLAN"]);
    }

    [Fact]
    public async Task A_row_that_links_several_contacts_merges_them_into_the_strongest()
    {
        var byExt = await _brevo.CreateAsync("old@example.test", ""","ext_id":"u1","attributes":{"PLAN":"kept"}""");
        var byEmail = await _brevo.CreateAsync("new@example.test", ""","attributes":{"FIRSTNAME":"Lost"}""");
        var byPhone = await _brevo.CreateAsync("phone@example.test", ""","attributes":{"SMS":"821012345678"}""");
        await _brevo.PostAsync("/events", """{"event_name":"seen","identifiers":{"email_id":"new@example.test"}}""");
        Assert.Single(_brevo.Simulator.Events);

        await _brevo.ImportCsvAsync(15, "EMAIL;EXT_ID;SMS\nnew@example.test;u1;821012345678");

        var survivor = _brevo.Simulator.ContactByExtId("u1")!;
        Assert.Equal((byExt, "new@example.test", "821012345678"), (survivor.Id, survivor.Email, survivor.Sms));
        Assert.Equal("kept", survivor.Attributes["PLAN"]);
        Assert.False(survivor.Attributes.ContainsKey("FIRSTNAME"));
        Assert.Null(_brevo.Simulator.ContactById(byEmail));
        Assert.Null(_brevo.Simulator.ContactById(byPhone));
        Assert.Empty(_brevo.Simulator.Events);
        Assert.Equal([byExt], _brevo.Simulator.ListContactIds(15));
    }

    [Fact]
    public async Task Empty_cells_erase_only_when_asked()
    {
        await _brevo.CreateAsync("a@example.test", ""","attributes":{"PLAN":"pro","SMS":"821012345678"}""");

        await _brevo.ImportCsvAsync(15, "EMAIL;PLAN;SMS\na@example.test;;");
        Assert.Equal("pro", _brevo.Simulator.ContactByEmail("a@example.test")!.Attributes["PLAN"]);

        await _brevo.ImportCsvAsync(15, "EMAIL;PLAN;SMS\na@example.test;;", ""","emptyContactsAttributes":true""");
        var contact = _brevo.Simulator.ContactByEmail("a@example.test")!;
        Assert.Empty(contact.Attributes);
        Assert.Null(contact.Sms);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task An_import_that_only_creates_leaves_existing_contacts_alone(bool addsExisting, int members)
    {
        await using var brevo = await BrevoHarness.StartAsync(options => options with { CreateOnlyImportAddsExistingToLists = addsExisting });
        brevo.Simulator.CreateList("l", 15);
        await brevo.CreateAsync("old@example.test", ""","attributes":{"FIRSTNAME":"Ada"}""");

        await brevo.ImportCsvAsync(15, "EMAIL;FIRSTNAME\nold@example.test;Eve\nnew@example.test;Bob", ""","updateExistingContacts":false""");

        Assert.Equal("Ada", brevo.Simulator.ContactByEmail("old@example.test")!.Attributes["FIRSTNAME"]);
        Assert.Equal(members, brevo.Simulator.ListCount(15));
    }

    [Fact]
    public async Task A_new_list_is_made_in_its_folder()
    {
        await _brevo.ImportAsync("""{"newList":{"listName":"Fresh","folderId":1},"jsonBody":[{"email":"a@example.test"}]}""");

        var list = _brevo.Simulator.Lists.Single(list => list.Name == "Fresh");
        Assert.Equal((1L, 1), (list.FolderId, list.Members));
    }

    [Theory]
    [InlineData("""{"listIds":[15]}""", "missing_parameter")]
    [InlineData("""{"listIds":[15],"fileBody":"EMAIL\na@example.test","jsonBody":[{"email":"a@example.test"}]}""", "invalid_parameter")]
    [InlineData("""{"fileBody":"EMAIL\na@example.test"}""", "missing_parameter")]
    [InlineData("""{"listIds":[],"fileBody":"EMAIL\na@example.test"}""", "missing_parameter")]
    [InlineData("""{"listIds":[99],"fileBody":"EMAIL\na@example.test"}""", "invalid_parameter")]
    [InlineData("""{"newList":{"listName":"x"},"fileBody":"EMAIL\na@example.test"}""", "missing_parameter")]
    [InlineData("""{"newList":{"listName":"x","folderId":9},"fileBody":"EMAIL\na@example.test"}""", "document_not_found")]
    [InlineData("""{"listIds":[15],"jsonBody":[]}""", "missing_parameter")]
    [InlineData("""{"listIds":[15],"jsonBody":{}}""", "invalid_parameter")]
    [InlineData("""{"listIds":[15],"fileUrl":"http://127.0.0.1/contacts.xlsx"}""", "invalid_parameter")]
    [InlineData("""{"listIds":[15],"fileUrl":"/local.csv"}""", "invalid_parameter")]
    public async Task Malformed_imports_are_400_and_start_nothing(string body, string code)
    {
        (await _brevo.PostAsync("/contacts/import", body)).IsError(400, code);
        Assert.Empty(_brevo.Simulator.Processes);
        Assert.Single(_brevo.Simulator.Lists);
    }

    [Fact]
    public async Task An_inline_body_has_at_most_10_megabytes()
    {
        var padding = new string('x', (10 * 1024 * 1024) - "EMAIL;PLAN\na@example.test;".Length);

        Assert.Equal(202, (await _brevo.PostAsync("/contacts/import", Csv("EMAIL;PLAN\na@example.test;" + padding))).Status);
        (await _brevo.PostAsync("/contacts/import", Csv("EMAIL;PLAN\na@example.test;x" + padding))).IsError(400, "invalid_parameter");
        var item = $$$"""{"email":"a@example.test","attributes":{"PLAN":"{{{padding}}}"}}""";
        (await _brevo.PostAsync("/contacts/import", $$"""{"listIds":[15],"jsonBody":[{{item}}]}""")).IsError(400, "invalid_parameter");
    }

    [Theory]
    [InlineData("people.csv", "EMAIL,EXT_ID\na@example.test,u1", "completed")]
    [InlineData("people.txt", "EMAIL\tEXT_ID\na@example.test\tu1", "completed")]
    [InlineData("people.json", """[{"email":"a@example.test","attributes":{"EXT_ID":"u1"}}]""", "completed")]
    [InlineData("broken.json", "EMAIL", "failed")]
    public async Task A_file_is_fetched_when_its_turn_has_come(string name, string content, string status)
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.File = Encoding.UTF8.GetBytes(content);

        var process = await _brevo.ImportAsync($$"""{"listIds":[15],"fileUrl":"{{new Uri(receiver.Url, name)}}"}""");

        Assert.Equal(status, process.GetProperty("status").GetString());
        Assert.Equal(status == "completed", _brevo.Simulator.ContactByExtId("u1") is not null);
    }

    [Fact]
    public async Task A_file_that_cannot_be_had_fails_the_process_and_lets_the_next_one_run()
    {
        await _brevo.PostAsync("/contacts/import", """{"listIds":[15],"fileUrl":"http://127.0.0.1:1/people.csv"}""");
        var process = await _brevo.ImportCsvAsync(15, "EMAIL\na@example.test");

        Assert.Equal(["failed", "completed"], Statuses());
        Assert.Equal("completed", process.GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_notification_comes_when_the_process_has_ended()
    {
        await using var receiver = await Receiver.StartAsync();
        await _brevo.PostAsync(
            "/contacts/import",
            $$"""{"listIds":[15],"fileBody":"EMAIL\na@example.test","notifyUrl":"{{receiver.Url}}imports/7f3a?chunk=2"}""");
        _brevo.Clock.Advance(TimeSpan.FromSeconds(1));
        await _brevo.IdleAsync();
        Assert.Empty(receiver.Received);

        _brevo.Clock.Advance(TimeSpan.FromSeconds(5));
        await _brevo.IdleAsync();

        Assert.Equal("/imports/7f3a?chunk=2", Assert.Single(receiver.Received).Path);
    }

    [Fact]
    public async Task A_faulty_import_fails_or_stays_in_process()
    {
        _brevo.Simulator.Faults.Add("POST", "/contacts/import", BrevoFaultEffect.ImportFails("disk full"));
        var failed = await _brevo.ImportCsvAsync(15, "EMAIL\na@example.test");
        _brevo.Simulator.Faults.Add("POST", "/contacts/import", BrevoFaultEffect.ImportStalls(TimeSpan.FromHours(1)));
        var stalled = await _brevo.ImportCsvAsync(15, "EMAIL\nb@example.test");
        Assert.Equal("failed", failed.GetProperty("status").GetString());
        Assert.Equal("disk full", failed.GetProperty("error").GetString());
        Assert.Equal("in_process", stalled.GetProperty("status").GetString());

        await _brevo.PostAsync("/contacts/import", Csv("EMAIL\nc@example.test"));
        _brevo.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(["failed", "in_process", "queued"], Statuses());
        _brevo.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(["failed", "completed", "completed"], Statuses());
        Assert.Equal(["b@example.test", "c@example.test"], _brevo.Simulator.ListEmails(15));
    }

    [Fact]
    public async Task A_process_that_nobody_knows_is_404()
    {
        (await _brevo.GetAsync("/processes/99")).IsError(404, "invalid_parameter", "processId is invalid");
    }

    [Fact]
    public async Task Processes_are_listed_newest_first()
    {
        for (var i = 0; i < 12; i++)
        {
            await _brevo.PostAsync("/contacts/import", Csv("EMAIL\na@example.test"));
        }

        var page = (await _brevo.GetAsync("/processes")).Json;

        Assert.Equal(12, page.GetProperty("count").GetInt32());
        Assert.Equal(10, page.GetProperty("processes").GetArrayLength());
        Assert.Equal(12, page.GetProperty("processes")[0].GetProperty("id").GetInt32());
    }

    [Fact]
    public async Task An_export_is_a_file_of_the_members_of_a_list()
    {
        await _brevo.CreateAsync("a@example.test", ""","ext_id":"u1","listIds":[15],"attributes":{"PLAN":"a;b","LTV":2.5}""");
        await _brevo.CreateAsync("b@example.test", ""","listIds":[15]""");
        await _brevo.CreateAsync("gone@example.test", ""","listIds":[15]""");
        await _brevo.CreateAsync("elsewhere@example.test");
        _brevo.Simulator.Unsubscribe("b@example.test");
        _brevo.Simulator.Unsubscribe("gone@example.test", 15);

        Assert.Equal("a@example.test;u1;\"a;b\";2.5;15;Subscribed\nb@example.test;;;;15;Unsubscribed\n", await ExportAsync("allContacts"));
        Assert.StartsWith("a@", await ExportAsync("subscribed"), StringComparison.Ordinal);
        Assert.StartsWith("b@", await ExportAsync("unsubscribed"), StringComparison.Ordinal);
        Assert.Equal("gone@example.test;;;;;Subscribed\n", await ExportAsync("unsubscribedPerList"));

        async Task<string> ExportAsync(string action)
        {
            var reply = await _brevo.PostAsync("/contacts/export", $$$"""
                {"customContactFilter":{"actionForContacts":"{{{action}}}","listId":15},"exportMandatoryAttributes":false,
                 "exportAttributes":["EMAIL","EXT_ID","PLAN","LTV"],"exportMetadata":["_listIds"],"exportSubscriptionStatus":["email_marketing"]}
                """);
            Assert.Equal(202, reply.Status);
            var path = $"/processes/{reply.Json.GetProperty("processId")}";
            Assert.False((await _brevo.GetAsync(path)).Json.TryGetProperty("export_url", out _));
            _brevo.Clock.Advance(TimeSpan.FromSeconds(2));
            var process = (await _brevo.GetAsync(path)).Json;
            Assert.Equal("completed", process.GetProperty("status").GetString());
            var text = await _brevo.DownloadAsync(process.GetProperty("export_url").GetString()!);
            Assert.StartsWith("EMAIL;EXT_ID;PLAN;LTV;_listIds;email_marketing\n", text, StringComparison.Ordinal);
            return text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        }
    }

    [Theory]
    [InlineData("{}", 400)]
    [InlineData("""{"customContactFilter":{"actionForContacts":"allContacts"}}""", 400)]
    [InlineData("""{"customContactFilter":{"actionForContacts":"everyone","listId":15}}""", 400)]
    [InlineData("""{"customContactFilter":{"actionForContacts":"allContacts","listId":99}}""", 404)]
    [InlineData("""{"customContactFilter":{"actionForContacts":"allContacts","listId":15},"exportAttributes":["GHOST"]}""", 400)]
    [InlineData("""{"customContactFilter":{"actionForContacts":"allContacts","listId":15},"exportMandatoryAttributes":false}""", 400)]
    public async Task Malformed_exports_are_refused(string body, int status)
    {
        Assert.Equal(status, (await _brevo.PostAsync("/contacts/export", body)).Status);
    }

    // Time depends on who else uses the machine and is only reported; bytes do not.
    [Fact]
    public async Task A_million_rows_are_imported_compactly()
    {
        const int rows = 1_000_000;
        await using var receiver = await Receiver.StartAsync();
        var csv = new StringBuilder("EMAIL;EXT_ID\n");
        for (var i = 0; i < rows; i++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"person{i}@example.test;distinct-{i}\n");
        }

        receiver.File = Encoding.UTF8.GetBytes(csv.ToString());
        await _brevo.PostAsync("/contacts/import", $$"""{"listIds":[15],"fileUrl":"{{receiver.Url}}people.csv"}""");
        _brevo.Clock.Advance(TimeSpan.FromSeconds(1));
        await _brevo.IdleAsync();
        Assert.Equal(rows, Assert.Single(_brevo.Simulator.Processes).Rows);
        var started = TimeProvider.System.GetTimestamp();
        var allocated = GC.GetAllocatedBytesForCurrentThread();

        _brevo.Clock.Advance(TimeSpan.FromMinutes(5));

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{rows:N0} rows in {TimeProvider.System.GetElapsedTime(started)}, {allocated / rows} bytes a row");
        Assert.Equal(rows, _brevo.Simulator.ListCount(15));
        Assert.InRange(allocated / rows, 1, 800);
        var page = (await _brevo.GetAsync("/contacts?listIds=15&limit=1000&offset=999000&sort=asc")).Json;
        Assert.Equal("person999999@example.test", page.GetProperty("contacts")[999].GetProperty("email").GetString());
    }

    private static string Csv(string text) => $$"""{"listIds":[15],"fileBody":{{JsonSerializer.Serialize(text)}}}""";

    private IEnumerable<string> Statuses() => _brevo.Simulator.Processes.Select(process => process.Status);
}
