using System.Net.Http.Headers;
using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Ingestion;

public sealed class LookupTablesTests : IAsyncLifetime
{
    private const string Products = "6f1f0d2e-0000-4000-8000-000000000001";
    private const string Path = "/lookup-tables/" + Products;

    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync(o => o with { MaxLookupBodyBytes = 1_000_000 });

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_table_comes_to_be_with_its_first_file_and_is_listed()
    {
        var put = await PutAsync("id,name,price\np1,One,1.5\np2,Two,\n");
        var list = await GetAsync("/lookup-tables?project_id=4100200");

        Assert.Equal((200, """{"code":200,"status":"OK"}"""), (put.Status, put.Body));
        Assert.Equal($$$"""{"code":200,"status":"OK","results":[{"id":"{{{Products}}}","name":"{{{Products}}}"}]}""", list.Body);
        var (table, rows) = _gateway.Lookups.Tables[(Gateway.Shop, Products)];
        Assert.Equal(["id", "name", "price"], table.Columns);
        Assert.Equal(2, table.Rows);
        Assert.Equal([("p1", """{"name":"One","price":1.5}"""), ("p2", """{"name":"Two"}""")], rows.Select(r => (r.Key, r.Values)));
    }

    [Fact]
    public async Task A_large_file_goes_to_the_store_in_slices()
    {
        var csv = new StringBuilder("id,v\n");
        for (var i = 0; i < 12_345; i++)
        {
            csv.Append(i).Append(",x\n");
        }

        Assert.Equal(200, (await PutAsync(csv.ToString())).Status);
        Assert.Equal([5_000, 5_000, 2_345], _gateway.Lookups.Slices);
        Assert.Equal(12_345, _gateway.Lookups.Tables[(Gateway.Shop, Products)].Rows.Count);
    }

    [Fact]
    public async Task A_file_may_be_compressed()
    {
        var content = new ByteArrayContent(Sent.Gzip("id,v\n1,2\n"u8.ToArray()));
        content.Headers.ContentEncoding.Add("gzip");

        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Put, Path, content, Gateway.ShopBasic)).Status);
        Assert.Single(_gateway.Lookups.Tables[(Gateway.Shop, Products)].Rows);
    }

    [Fact]
    public async Task A_bad_row_keeps_the_whole_table_as_it_was_and_the_first_ten_are_listed()
    {
        await PutAsync("id,v\nold,1\n");
        var blank = await PutAsync("id,v\n1,2\n,3\n");
        var twice = await PutAsync("id,v\n1,2\n1,3\n");
        var many = await PutAsync("id,v\n" + string.Concat(Enumerable.Repeat("a\n", 30)));

        Assert.Equal(
            (400, """{"code":400,"error":"some rows of the lookup table failed validation","status":"Bad Request","failed_records":[{"index":2,"message":"primary key is required and cannot be blank"}]}"""),
            (blank.Status, blank.Body));
        Assert.Contains("""{"index":2,"message":"invalid row: row indexes 1 and 2 have the same primary key"}""", twice.Body, StringComparison.Ordinal);
        Assert.Equal(10, many.Body.Split("invalid row: wrong number of fields").Length - 1);
        Assert.Equal("old", Assert.Single(_gateway.Lookups.Tables[(Gateway.Shop, Products)].Rows).Key);
        Assert.Equal(0, _gateway.Lookups.Open);
    }

    [Fact]
    public async Task A_file_over_the_limit_is_413()
    {
        var answer = await PutAsync("id,v\n" + new string('\n', 10) + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i},xxxxxxxxx\n")));

        Assert.Equal((413, """{"code":413,"error":"request exceeds max limit of 1000000 bytes","status":"Request Entity Too Large"}"""), (answer.Status, answer.Body));
        Assert.Empty(_gateway.Lookups.Tables);
    }

    [Theory]
    [InlineData("PUT", "products")]
    [InlineData("PUT", "6f1f0d2e00004000800000000000000x")]
    [InlineData("GET", "6f1f0d2e-0000-4000-8000-00000000ffff")]
    public async Task What_is_no_table_is_404(string method, string id)
    {
        var answer = await _gateway.SendAsync(new HttpMethod(method), "/lookup-tables/" + id, new StringContent("id\n1\n"), Gateway.ShopBasic);

        Assert.Equal(404, answer.Status);
        Assert.Equal($$$"""{"code":404,"error":"Lookup table with id '{{{id}}}' was not found.","status":"Not Found"}""", answer.Body);
        Assert.Empty(_gateway.Lookups.Tables);
    }

    [Fact]
    public async Task Credentials_open_it_and_the_token_does_not()
    {
        Assert.Equal(200, (await PutAsync("id\n1\n", Gateway.Basic(Gateway.Robot, Gateway.RobotSecret))).Status);
        Assert.Equal(200, (await PutAsync("id\n1\n", Gateway.Basic(Gateway.ShopSecret, ""))).Status);
        Assert.Equal(401, (await PutAsync("id\n1\n", Gateway.Basic(Gateway.ShopToken, ""))).Status);
        Assert.Equal(401, (await _gateway.GetAsync("/lookup-tables")).Status);
        Assert.Equal(403, (await GetAsync("/lookup-tables?project_id=blog")).Status);
        Assert.Equal([(Gateway.Shop, Products)], _gateway.Lookups.Tables.Keys);
    }

    [Fact]
    public async Task While_one_table_is_read_the_next_one_comes_again()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gateway.Lookups.BeforeAdd = () =>
        {
            entered.TrySetResult();
            return gate.Task;
        };
        var first = PutAsync("id\n1\n");
        await entered.Task.WaitAsync(TimeSpan.FromMinutes(2), TimeProvider.System, TestContext.Current.CancellationToken);

        var second = await PutAsync("id\n2\n");
        gate.SetResult();

        Assert.Equal((503, "10"), (second.Status, second.Headers["Retry-After"]));
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await PutAsync("id\n2\n")).Status);
    }

    [Fact]
    public async Task A_body_that_does_not_come_to_an_end_keeps_nobody_waiting_for_ever()
    {
        using var body = new HeldBody("text/csv", "id\n");
        using var request = new HttpRequestMessage(HttpMethod.Put, Path) { Content = body };
        request.Headers.Authorization = Gateway.ShopBasic;
        var slow = _gateway.SendAsync(request);
        await Soon.TrueAsync("the slow one is being read", () => _gateway.Time.HasTimer(TimeSpan.FromMinutes(5)));

        Assert.Equal(503, (await PutAsync("id\n1\n")).Status);
        _gateway.Time.Advance(TimeSpan.FromMinutes(5));
        await Soon.TrueAsync("the slow one is given up", () => _gateway.Lookups.Open == 0);

        Assert.Equal(200, (await PutAsync("id\n1\n")).Status);
        body.Release();
        var answer = await slow;
        Assert.Equal((503, "10"), (answer.Status, answer.Headers["Retry-After"]));
        Assert.Contains("came too slowly", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_keys_of_a_table_take_no_more_room_than_all_bodies()
    {
        await using var gateway = await Gateway.StartAsync(o => o with
        {
            MaxBodyBytes = 1_000_000, MaxInboxBodyBytes = 1_000_000, MaxIngestionBodyBytes = 1_000_000, BodyBudgetBytes = 16 << 20,
        });
        const int most = (16 << 20) / 72;
        async Task<Answer> Put(int rows) => await gateway.SendAsync(
            HttpMethod.Put, Path, new StringContent("id\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"{i}\n"))), Gateway.ShopBasic);

        Assert.Equal(200, (await Put(most)).Status);
        var answer = await Put(most + 1);
        Assert.Equal(400, answer.Status);
        Assert.Contains($"lookup tables may have at most {most} rows", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_or_broken_store_is_503_and_the_table_stays_as_it_was()
    {
        _gateway.Lookups.BeforeAdd = () => throw new IntakeBusyException();
        var busy = await PutAsync("id\n1\n");
        _gateway.Lookups.BeforeAdd = () => throw new IOException("The disk is full.");
        var broken = await PutAsync("id\n1\n");

        Assert.Equal((503, 503), (busy.Status, broken.Status));
        Assert.Equal("""{"code":503,"error":"It could not be stored; send it again.","status":"Service Unavailable"}""", broken.Body);
        Assert.Empty(_gateway.Lookups.Tables);
        Assert.Equal(0, _gateway.Lookups.Open);
    }

    private Task<Answer> PutAsync(string csv, AuthenticationHeaderValue? authorization = null) =>
        _gateway.SendAsync(HttpMethod.Put, Path, new StringContent(csv, Encoding.UTF8, "text/csv"), authorization ?? Gateway.ShopBasic);

    private Task<Answer> GetAsync(string path) => _gateway.SendAsync(HttpMethod.Get, path, content: null, Gateway.ShopBasic);
}
