using System.Text;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class LookupTableTests : IAsyncLifetime
{
    private const string Products = "/lookup-tables/11111111-1111-4111-8111-111111111111";
    private const string Stores = "/lookup-tables/22222222-2222-4222-8222-222222222222";
    private const string Query = "?project_id=12345";

    private static readonly MixpanelProject Settings = new()
    {
        LookupTables = [new(Guid.Parse(Products[15..]), "Products"), new(Guid.Parse(Stores[15..]), "Stores")],
    };

    private MixpanelHarness _mixpanel = null!;

    private MixpanelLookupView Table => _mixpanel.Simulator.LookupTables(MixpanelHarness.Project)[0];

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelHarness.StartAsync(Settings);

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Fact]
    public async Task Tables_are_listed_for_a_service_account_alone()
    {
        (await _mixpanel.GetAsync("/lookup-tables" + Query, MixpanelHarness.ServiceAccount)).Is(
            200,
            """{"code":200,"status":"OK","results":[{"id":"11111111-1111-4111-8111-111111111111","name":"Products"},{"id":"22222222-2222-4222-8222-222222222222","name":"Stores"}]}""");
        Assert.Equal(401, (await _mixpanel.GetAsync("/lookup-tables", MixpanelHarness.Basic("simulator-api-secret:"))).Status);
        Assert.Equal(401, (await _mixpanel.GetAsync("/lookup-tables" + Query)).Status);
    }

    [Fact]
    public async Task A_table_is_replaced_whole_and_its_cells_say_their_types()
    {
        await PutAsync("id,name\n1,old\n2,older\n");

        var answer = await PutAsync(
            "id,name,price,since,active,tags,empty\r\n"
            + "p-1,\"Big, \"\"red\"\"\r\nbike\",19.5,2026-01-02T03:04:05Z,TRUE,\"[\"\"a\"\",\"\"b\"\"]\",\r\n"
            + "2,x,-7,,false,\"[1,2]\",\"\"\r\n");

        answer.Is(200, """{"code":200,"status":"OK"}""");
        Assert.Equal(["id", "name", "price", "since", "active", "tags", "empty"], Table.Columns);
        Assert.Equal(
            [
                """{"id":"p-1","name":"Big, \"red\"\r\nbike","price":19.5,"since":"2026-01-02T03:04:05Z","active":true,"tags":["a","b"]}""",
                """{"id":2,"name":"x","price":-7,"active":false,"tags":"[1,2]"}""",
            ],
            Table.RowsJson);
    }

    [Fact]
    public async Task The_secret_and_gzip_are_taken_too()
    {
        var answer = await _mixpanel.SendAsync(
            "PUT", Products, MixpanelHarness.Gzip("id,a\n1,2\n"), "text/csv; charset=utf-8", MixpanelHarness.Basic("simulator-api-secret:"), "gzip");

        Assert.Equal(200, answer.Status);
        Assert.Equal(["""{"id":1,"a":2}"""], Table.RowsJson);
    }

    [Theory]
    [InlineData("id,a\n1,2\n,3\n", """[{"index":2,"message":"primary key is required and cannot be blank"}]""")]
    [InlineData("id,a\n1,2\n1,3\n", """[{"index":2,"message":"invalid row: row indexes 1 and 2 have the same primary key"}]""")]
    [InlineData("id,a\n1\n2,3,4\n", """[{"index":1,"message":"invalid row: wrong number of fields"},{"index":2,"message":"invalid row: wrong number of fields"}]""")]
    [InlineData("id,id\n1,2\n", """[{"index":0,"message":"column names must be unique"}]""")]
    [InlineData("", """[{"index":0,"message":"table has no header"}]""")]
    public async Task A_table_with_a_bad_row_changes_nothing(string csv, string failed)
    {
        await PutAsync("id,a\n9,9\n");

        var answer = await PutAsync(csv);

        Assert.Equal((400, "Bad Request", failed), (answer.Status, answer.Json.GetProperty("status").GetString(), answer.Failed.GetRawText()));
        Assert.Equal(["""{"id":9,"a":9}"""], Table.RowsJson);
    }

    [Fact]
    public async Task At_most_ten_bad_rows_are_named()
    {
        var answer = await PutAsync("id,a\n" + string.Concat(Enumerable.Repeat("1\n", 25)));

        Assert.Equal(Enumerable.Range(1, 10), answer.Failed.EnumerateArray().Select(row => row.GetProperty("index").GetInt32()));
    }

    [Fact]
    public async Task An_unknown_table_is_not_found()
    {
        var answer = await PutAsync("id\n1\n", "/lookup-tables/none");

        answer.Is(404, """{"code":404,"error":"Lookup table with id 'none' was not found.","status":"Not Found"}""");
    }

    [Fact]
    public async Task Only_tables_of_text_and_of_permitted_callers_are_taken()
    {
        var csv = Encoding.UTF8.GetBytes("id\n1\n");

        Assert.Equal(400, (await _mixpanel.SendAsync("PUT", Products + Query, csv, "application/json", MixpanelHarness.ServiceAccount)).Status);
        Assert.Equal(400, (await _mixpanel.SendAsync("PUT", Products + Query, [(byte)'i', 0xff], "text/csv", MixpanelHarness.ServiceAccount)).Status);
        Assert.Equal(401, (await _mixpanel.SendAsync("PUT", Products + Query, csv, "text/csv", MixpanelHarness.Basic("x:y"))).Status);
        Assert.Equal(401, (await _mixpanel.SendAsync("PUT", Products, csv, "text/csv", MixpanelHarness.Basic("simulator-token:"))).Status);
        Assert.Empty(Table.RowsJson);
    }

    [Fact]
    public async Task Sizes_and_calls_are_limited()
    {
        await using var small = await MixpanelHarness.StartAsync(
            Settings, new MixpanelLimits { MaxLookupTableBytes = 30, MaxLookupRows = 3, LookupCalls = 4 });
        async Task<Answer> Put(string path, string csv) =>
            await small.SendAsync("PUT", path + Query, Encoding.UTF8.GetBytes(csv), "text/csv", MixpanelHarness.ServiceAccount);

        (await Put(Products, "id\n" + new string('1', 40))).Is(413, """{"code":413,"error":"request exceeds max limit of 30 bytes","status":"Request Entity Too Large"}""");
        Assert.Equal(200, (await Put(Products, "id\n1\n2\n")).Status);
        Assert.Equal(400, (await Put(Stores, "id\n1\n2\n")).Status);
        Assert.Equal(200, (await Put(Products, "id\n1\n2\n3\n")).Status);
        var over = await Put(Products, "id\n1\n");
        Assert.Equal((429, "86400"), (over.Status, over.Headers["Retry-After"]));
        small.Clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(200, (await Put(Products, "id\n1\n")).Status);
    }

    private Task<Answer> PutAsync(string csv, string path = Products) =>
        _mixpanel.SendAsync("PUT", path + Query, Encoding.UTF8.GetBytes(csv), "text/csv", MixpanelHarness.ServiceAccount);
}
