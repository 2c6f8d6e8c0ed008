using System.Net;
using System.Text;
using System.Text.Json;
using Npgsql;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Simulators.Brevo;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Testing;

namespace Sluice.Tests.Erasure;

/// <summary>A person comes in by every way, reaches Brevo, is erased, and is nowhere: in no file, at no destination, and does not come back.</summary>
public sealed class ErasureTests
{
    private const string Ana = "anastasia-1";
    private const string Email = "anastasia@erase.test";
    private const string Former = "former.ana@erase.test";
    private const string Neighbour = "anastasia-12";
    private const string NeighbourEmail = "anastasia2@erase.test";
    private const string Deletions = $"/api/app/data-deletions/v3.0/?token={ErasureWorld.Token}";
    private const string Retrievals = $"/api/app/data-retrievals/v3.0/?token={ErasureWorld.Token}";

    private static readonly string[] Texts = ["anastasia@erase.test", "14155550123", "Zebulonia Quill", "device-of-ana-77", "a-secret-wish-of-hers"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Her id is the beginning of the neighbour's: what follows it in JSON tells them apart.
    private static byte[][] Traces =>
    [
        .. Texts.Append("\"anastasia-1\"").Select(Encoding.UTF8.GetBytes),
        .. new[] { Ana, Email, "14155550123", "$device:device-of-ana-77" }.Select(v => PersonKey.Of(ErasureWorld.Project, v).ToBytes()),
    ];

    [Fact]
    public async Task Nothing_of_an_erased_person_is_left_in_any_file_or_at_Brevo()
    {
        await using var world = await ErasureWorld.StartAsync();
        await FillAsync(world);
        var stray = Encoding.UTF8.GetBytes(Former);
        Assert.Equal(Traces.Length, Traces.Count(t => world.Search([t]).Count > 0));
        Assert.NotEmpty(world.Search([stray]));

        var asked = await world.PostAsync(Deletions, $$"""{"distinct_ids":["{{Ana}}"],"compliance_type":"gdpr"}""");
        var id = asked.GetProperty("results").GetProperty("task_id").GetString();
        var path = Deletions.Replace("?", $"{id}?", StringComparison.Ordinal);
        var shown = (await world.SendAsync(HttpMethod.Get, path)).Json.GetProperty("results");
        Assert.Equal(("PENDING", "GDPR", 12345), (Text(shown, "status"), Text(shown, "compliance_type"), shown.GetProperty("project_id").GetInt32()));
        var done = await world.UntilAsync("the erasure to be done", path, a => Text(a.GetProperty("results"), "status") == "SUCCESS");
        Assert.Equal(0, done.GetProperty("results").GetProperty("distinct_ids").GetArrayLength());
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await world.SendAsync(HttpMethod.Delete, path)).Status);
        Assert.Null(world.Brevo.ContactByEmail(Email));
        Assert.Null(world.Brevo.ContactByExtId(Ana));
        Assert.NotNull(world.Brevo.ContactByEmail(NeighbourEmail));
        Assert.Equal([Ana, "$device:device-of-ana-77"], Assert.Single(world.Mixpanel.Deletions("12345")).DistinctIds.Order(StringComparer.Ordinal).Reverse());

        await ComeBackAsync(world);
        Assert.Null(world.Brevo.ContactByEmail(Email));
        Assert.Equal([NeighbourEmail, "stranger@erase.test"], world.Brevo.ListEmails(ErasureWorld.List).Order(StringComparer.Ordinal));
        Assert.Equal(0, world.Brevo.Calls.BudgetViolationCount);
        var counts = await world.Node.Store.IntakeCounts.ListAsync(ErasureWorld.Project, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100), Token);
        Assert.Equal(["cohorts 1", "engage 1", "import 2"],
            counts.Where(c => c.Outcome == IntakeOutcome.Erased).GroupBy(c => c.Way).Select(g => $"{g.Key} {g.Sum(c => c.Records)}").Order(StringComparer.Ordinal));

        await world.StopNodeAsync();
        Assert.Empty(world.Search([.. Traces, stray]));
        Assert.NotEmpty(world.Search([Encoding.UTF8.GetBytes(Neighbour)]));
        Assert.NotEmpty(world.Search([Encoding.UTF8.GetBytes(NeighbourEmail)]));
    }

    [Fact]
    public async Task Nothing_of_an_erased_person_is_left_in_any_table_of_postgresql()
    {
        var server = await PostgresServer.SharedAsync(Token);
        await using var database = await server.CreateDatabaseAsync(Token);
        await using var world = await ErasureWorld.StartAsync($$"""storage: { engine: postgres, connection: "{{database.ConnectionString}}" }""");
        await FillAsync(world);
        string[] traces = [.. Texts, "\"anastasia-1\"", .. new[] { Ana, Email }.Select(v => Convert.ToHexStringLower(PersonKey.Of(ErasureWorld.Project, v).ToBytes()))];
        var before = await DumpAsync(database.ConnectionString);
        Assert.All(traces, t => Assert.Contains(t, before, StringComparison.Ordinal));

        var state = await world.Node.Store.Erasures.RequestAsync(
            new ErasureRequest(ErasureWorld.Project, ErasureKind.Deletion, [Ana], "GDPR", null, "test", TimeSpan.Zero), Token);

        // The store's clock is the server's: the minute of waiting is taken from its row.
        await Eventually.GetAsync(
            "the erasure to be done",
            async token =>
            {
                await ExecuteAsync(database.ConnectionString, "UPDATE erasure SET next_at = next_at - 61000, stage_at = stage_at - 61000 WHERE stage = 4");
                return (await world.Node.Store.Erasures.FindAsync(ErasureWorld.Project, state.Id, token))!.Status;
            },
            status => status == ErasureStatus.Success, TimeSpan.FromMinutes(5), cancellationToken: Token);
        await ComeBackAsync(world);
        var after = await DumpAsync(database.ConnectionString);

        Assert.All(traces, t => Assert.DoesNotContain(t, after, StringComparison.Ordinal));
        Assert.Contains(NeighbourEmail, after, StringComparison.Ordinal);
        Assert.Null(world.Brevo.ContactByEmail(Email));
    }

    [Fact]
    public async Task What_is_known_of_a_person_is_handed_out_to_whoever_has_the_keys()
    {
        await using var world = await ErasureWorld.StartAsync();
        await FillAsync(world);
        var body = $$"""{"distinct_ids":["{{Ana}}"],"compliance_type":"CCPA","disclosure_type":"Data"}""";
        foreach (var strangers in new[] { "", "robot:robot-secret", "access:wrong" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await world.SendAsync(HttpMethod.Post, Retrievals, body, strangers)).Status);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await world.SendAsync(HttpMethod.Post, Retrievals, body, bearer: ErasureWorld.GdprToken)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await world.SendAsync(HttpMethod.Post, Retrievals, """{"distinct_ids":[]}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await world.SendAsync(HttpMethod.Post, "/api/app/data-retrievals/v3.0/", body)).Status);
        var asked = await world.SendAsync(HttpMethod.Post, Retrievals, body);
        Assert.Equal(HttpStatusCode.Created, asked.Status);
        var id = asked.Json.GetProperty("results").GetProperty("task_id").GetString();
        var shown = (await world.SendAsync(HttpMethod.Get, Retrievals.Replace("?", $"{id}?", StringComparison.Ordinal))).Json.GetProperty("results");
        Assert.Equal(("SUCCESS", Ana), (Text(shown, "status"), shown.GetProperty("distinct_ids")[0].GetString()));

        var link = new Uri(Text(shown, "results")!).PathAndQuery;
        Assert.Equal(HttpStatusCode.Unauthorized, (await world.SendAsync(HttpMethod.Get, link, credentials: "")).Status);
        var file = (await world.SendAsync(HttpMethod.Get, link)).Json;
        var all = file.GetRawText();
        Assert.All(Texts.Append(NeighbourEmail), t => Assert.Equal(t != NeighbourEmail, all.Contains(t, StringComparison.Ordinal)));
        Assert.Equal(3, file.GetProperty("events").GetArrayLength());
        Assert.Equal(HttpStatusCode.NotFound, (await world.SendAsync(HttpMethod.Get, Retrievals.Replace("?", "no-such?", StringComparison.Ordinal))).Status);
    }

    [Fact]
    public async Task A_mistaken_request_is_taken_back_and_a_bearer_of_ours_is_enough_for_it()
    {
        await using var world = await ErasureWorld.StartAsync();
        await world.EngageAsync(Ana, $$"""{"$email":"{{Email}}"}""");
        var key = Hosting.MasterKey.Load("a-master-key-that-is-long-enough-for-anybody", world.DataFolder);
        var bearer = Hosting.MasterKey.ErasureToken(key, (await world.Node.Store.Projects.FindAsync(ErasureWorld.Project, Token))!);
        var asked = await world.SendAsync(HttpMethod.Post, Deletions, $$"""{"distinct_ids":["{{Ana}}"]}""", bearer: bearer);
        var id = asked.Json.GetProperty("results").GetProperty("task_id").GetString();
        var path = Deletions.Replace("?", $"{id}?", StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.NoContent, (await world.SendAsync(HttpMethod.Delete, path, bearer: bearer)).Status);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal("REVOKED", Text((await world.SendAsync(HttpMethod.Get, path)).Json.GetProperty("results"), "status"));
        Assert.False((await world.Node.Store.PersonalData.ReadAsync(ErasureWorld.Project, Ana, Token)).IsEmpty);
    }

    [Fact]
    public async Task Brevo_and_Mixpanel_that_fail_for_a_while_are_asked_again()
    {
        await using var world = await ErasureWorld.StartAsync();
        await FillAsync(world);
        world.Brevo.Faults.Add("DELETE", "/contacts/*", BrevoFaultEffect.Error(500, "internal", "No"), 2);
        world.Mixpanel.Faults.Add("POST", "/api/app/data-deletions/*", MixpanelFaultEffect.CutAfter(), 1);
        await world.Node.Store.Erasures.RequestAsync(
            new ErasureRequest(ErasureWorld.Project, ErasureKind.Deletion, [Ana], "GDPR", null, "test", TimeSpan.Zero), Token);

        await ErasureWorld.UntilAsync("Mixpanel to be told", () => world.Mixpanel.Deletions("12345").Count == 2);
        Assert.Null(world.Brevo.ContactByEmail(Email));

        // Its limit of calls is shared by all who erase.
        var account = MixpanelBudgets.AccountOf(new Uri("https://mixpanel.com"), "12345");
        Assert.True(await world.Node.Store.PermitBooks.UpdateAsync(account, "gdpr", (book, _) => (book ?? [], book is not null), Token));
    }

    /// <summary>Ana and her neighbour come in by every way, and reach Brevo.</summary>
    private static async Task FillAsync(ErasureWorld world)
    {
        await world.EngageAsync(Ana, $$"""{"$email":"{{Former}}","$phone":"+14155550123","$name":"Zebulonia Quill"}""");
        await world.EngageAsync(Ana, $$"""{"$email":"{{Email}}","$first_name":"Zebulonia Quill"}""");
        await world.EngageAsync(Neighbour, $$"""{"$email":"{{NeighbourEmail}}","$phone":"+14155550124"}""");
        await world.EnterAsync(Member(Ana, Email), Member(Neighbour, NeighbourEmail));
        await world.ImportAsync(
            ErasureWorld.Event("Wished", Ana, 1, """,  "wish":"a-secret-wish-of-hers" """), ErasureWorld.Event("Open", Ana, 2, ""","$device_id":"device-of-ana-77" """),
            ErasureWorld.Event("Open", Neighbour, 3));
        await world.ImportAsync("""{"event":"Open","properties":{"time":1772400009,"$device_id":"device-of-ana-77","distinct_id":"$device:device-of-ana-77","$insert_id":"d-1"}}""");

        // What cannot be stored is kept as a dead letter: this has no time.
        await world.ImportAsync($$$"""{"event":"Broken","properties":{"distinct_id":"{{{Ana}}}","$email":"{{{Email}}}"}}""");
        await ErasureWorld.UntilAsync("both to be in the list", () => world.Brevo.ListCount(ErasureWorld.List) == 2);
    }

    private static async Task ComeBackAsync(ErasureWorld world)
    {
        await world.EngageAsync(Ana, $$"""{"$email":"{{Email}}"}""");
        await world.EnterAsync(Member(Ana, Email), Member("stranger", "stranger@erase.test"));
        await world.ImportAsync(ErasureWorld.Event("Wished", Ana, 11), ErasureWorld.Event("Open", "other", 12, $$""","$email":"{{Email}}" """));
        await world.ImportAsync($$$"""{"event":"Broken","properties":{"distinct_id":"{{{Ana}}}"}}""");
        await world.PostAsync($"/brevo/projects/{ErasureWorld.Project}/events", $$"""{"event":"contact_deleted","email":"{{Email}}"}""");
        await ErasureWorld.UntilAsync("the stranger to be in the list", () => world.Brevo.ListEmails(ErasureWorld.List).Contains("stranger@erase.test"));
        await world.PassAsync(TimeSpan.FromSeconds(20));
    }

    private static string Member(string id, string email) => $$"""{"mixpanel_distinct_id":"{{id}}","email":"{{email}}"}""";

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    private static async Task<string> DumpAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Token);
        var tables = new List<string>();
        await using (var command = new NpgsqlCommand("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", connection))
        await using (var reader = await command.ExecuteReaderAsync(Token))
        {
            while (await reader.ReadAsync(Token))
            {
                tables.Add(reader.GetString(0));
            }
        }

        // Text columns as they are, bytes as hexadecimal digits and as the text that they may be.
        var dump = new StringBuilder();
        foreach (var table in tables)
        {
            using var copy = await connection.BeginTextExportAsync($"COPY (SELECT * FROM {table}) TO STDOUT", Token);
            var text = await copy.ReadToEndAsync(Token);
            dump.AppendLine(text);
            foreach (System.Text.RegularExpressions.Match bytes in System.Text.RegularExpressions.Regex.Matches(text, @"\\\\x((?:[0-9a-f]{2})+)"))
            {
                dump.AppendLine(Encoding.UTF8.GetString(Convert.FromHexString(bytes.Groups[1].Value)));
            }
        }

        return dump.ToString();
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
