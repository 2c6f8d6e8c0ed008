using System.Text;
using System.Text.Json;
using Sluice.Simulators.Mixpanel;
using Sluice.Simulators.People;

namespace Sluice.Simulators.Tests.Mixpanel;

public sealed class BodyTests
{
    private static readonly Guid Session = new("0d5f7c1e-6d0b-4a53-9a5e-6a8f0f4f1b11");

    private static readonly CohortSyncOptions Fixed = new() { NewSessionId = static () => Session };

    [Fact]
    public async Task A_call_is_a_json_post_with_the_connections_credentials()
    {
        await using var bench = await CohortSyncBench.StartManualAsync(Fixed);
        bench.Sync();
        await bench.RunAsync();

        var call = Assert.Single(bench.Receiver.Calls);
        Assert.Equal(("POST", "application/json", "Basic a2V5OnNlY3JldA=="), (call.Method, call.ContentType, call.Authorization));
    }

    [Fact]
    public async Task A_connection_without_credentials_sends_none()
    {
        await using var bench = await CohortSyncBench.StartManualAsync(Fixed);
        bench.Connection.Authorize(null, null);
        bench.Sync();
        await bench.RunAsync();

        Assert.Null(bench.Receiver.Calls.Single().Authorization);
    }

    [Fact]
    public async Task The_documented_body()
    {
        Assert.Equal(
            """
            {"action":"members","parameters":{"mixpanel_project_id":"4100200","mixpanel_cohort_id":"7700123","mixpanel_cohort_name":"Dormant 30d","mixpanel_cohort_description":"no session for 30 days","mixpanel_session_id":"0d5f7c1e-6d0b-4a53-9a5e-6a8f0f4f1b11","page_info":{"total_pages":1,"page_count":1},"members":[{"mixpanel_distinct_id":"u-1001","email":"ana@example.org","first_name":"Ana","last_name":"Lima","phone_number":"+15550001001"},{"mixpanel_distinct_id":"$device:7f1c"}]}}
            """,
            await BodyAsync(Fixed, []));
    }

    [Fact]
    public async Task Exported_raw_properties_take_the_place_of_friendly_names_and_keep_their_json_type()
    {
        Assert.Equal(
            """
            [{"mixpanel_distinct_id":"u-1001","last_name":"Lima","phone_number":"+15550001001","$email":"ana@example.org","$first_name":"Ana","$distinct_id":"u-1001","plan":"","número de pedidos":3,"ltv":12.50,"vip":true,"seen":"2026-01-31T23:30:00","tags":["a","b"],"gone":null,"nested":{"k":[1,{"x":1.5}]}},{"mixpanel_distinct_id":"$device:7f1c","$distinct_id":"$device:7f1c"}]
            """,
            await MembersAsync(
                Fixed,
                [
                    "$email", "$first_name", "$distinct_id", "plan", "número de pedidos", "ltv", "vip", "seen", "tags", "gone", "nested",
                    "missing", "plan",
                ]));
    }

    [Fact]
    public async Task Exported_raw_properties_can_come_besides_the_friendly_names()
    {
        Assert.Equal(
            """
            [{"mixpanel_distinct_id":"u-1001","email":"ana@example.org","first_name":"Ana","last_name":"Lima","$email":"ana@example.org"},{"mixpanel_distinct_id":"$device:7f1c"}]
            """,
            await MembersAsync(
                Fixed with { Wire = new CohortWireOptions { RawNamesReplaceFriendlyOnes = false, IncludePhoneNumber = false } },
                ["$email"]));
    }

    [Fact]
    public async Task The_captured_body()
    {
        Assert.Equal(
            """
            {"action":"members","parameters":{"mixpanel_project_id":4100200,"mixpanel_cohort_id":7700123,"mixpanel_cohort_name":"Dormant 30d","mixpanel_session_id":"0d5f7c1e-6d0b-4a53-9a5e-6a8f0f4f1b11","mixpanel_integration_id":"0","members":[]}}
            """,
            await BodyAsync(
                Fixed with
                {
                    Wire = new CohortWireOptions
                    {
                        IncludePageInfo = false, IncludeDescription = false, IdsAsNumbers = true, IntegrationId = "0",
                    },
                },
                [],
                empty: true));
    }

    [Fact]
    public async Task Pages_can_be_counted_in_strings_and_an_empty_session_can_have_none()
    {
        var wire = new CohortWireOptions { PageInfoAsStrings = true, EmptySessionHasZeroPages = true };

        Assert.Contains(
            """
            "page_info":{"total_pages":"0","page_count":"1"}
            """,
            await BodyAsync(Fixed with { Wire = wire }, [], empty: true),
            StringComparison.Ordinal);
        Assert.Contains(
            """
            "page_info":{"total_pages":"1","page_count":"1"}
            """,
            await BodyAsync(Fixed with { Wire = wire }, []),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_info_is_never_left_out_where_pages_could_not_be_told_apart()
    {
        var bodies = await PagesAsync(Fixed with { MembersPerCall = 1, Wire = new CohortWireOptions { IncludePageInfo = false } }, []);

        Assert.Equal(
            [1, 2], bodies.Select(static body => Parameters(body).GetProperty("page_info").GetProperty("page_count").GetInt32()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Letters_outside_ascii_can_be_escaped_and_mean_the_same(bool asciiOnly)
    {
        await using var bench = await CohortSyncBench.StartManualAsync(
            Fixed with { Wire = new CohortWireOptions { AsciiOnly = asciiOnly } });
        bench.People.Set(new Person("u-1")
        {
            FirstName = "민준",
            LastName = "D'Angelo \"é\" 🙂",
            Properties = new Dictionary<string, object?> { ["देश"] = "IN" },
        });
        bench.Members("u-1");

        var body = bench.Simulator.PreparePages(CohortSyncBench.CohortId, SyncAction.Members, "देश").Single();

        Assert.Equal(asciiOnly, body.All(static octet => octet < 128));
        var member = Parameters(body).GetProperty("members")[0];
        Assert.Equal(
            ("민준", "D'Angelo \"é\" 🙂", "IN"),
            (member.GetProperty("first_name").GetString(), member.GetProperty("last_name").GetString(), member.GetProperty("देश").GetString()));
    }

    [Fact]
    public async Task Prepared_pages_are_the_ones_that_are_sent()
    {
        await using var bench = await CohortSyncBench.StartManualAsync(Fixed with { MembersPerCall = 2 });
        bench.Members("a", "b", "c");
        bench.Sync();
        var prepared = bench.Simulator.PreparePages(CohortSyncBench.CohortId, SyncAction.Members).Select(Encoding.UTF8.GetString).ToArray();
        Assert.Empty(bench.Receiver.Calls);

        await bench.RunAsync();

        Assert.Equal(bench.Receiver.Calls.Select(static call => call.Body), prepared);
    }

    [Fact]
    public async Task A_value_that_json_cannot_hold_fails_the_run_that_was_asked_for_and_pauses_the_one_that_was_not()
    {
        var broken = new Person("u-1") { Properties = new Dictionary<string, object?> { ["x"] = new object() } };
        await using var manual = await CohortSyncBench.StartManualAsync();
        manual.People.Set(broken);
        manual.Members("u-1");
        manual.Sync(SyncKind.Recurring, "x");
        await Assert.ThrowsAsync<NotSupportedException>(() => manual.RunAsync());

        await using var scheduled = await CohortSyncBench.StartAsync();
        scheduled.People.Set(broken);
        scheduled.Members("u-1");
        scheduled.Sync(SyncKind.Recurring, "x");
        await scheduled.QuietAsync();
        Assert.Equal(SyncState.Paused, scheduled.Status.State);
        Assert.Contains("cannot hold", scheduled.Status.LastError, StringComparison.Ordinal);
    }

    private static JsonElement Parameters(byte[] body) => JsonDocument.Parse(body).RootElement.GetProperty("parameters");

    private static async Task<string> BodyAsync(CohortSyncOptions options, string[] exported, bool empty = false) =>
        Encoding.UTF8.GetString((await PagesAsync(options, exported, empty)).Single());

    private static async Task<string> MembersAsync(CohortSyncOptions options, string[] exported) =>
        Parameters((await PagesAsync(options, exported)).Single()).GetProperty("members").GetRawText();

    private static async Task<List<byte[]>> PagesAsync(CohortSyncOptions options, string[] exported, bool empty = false)
    {
        await using var bench = await CohortSyncBench.StartManualAsync(options);
        bench.Cohort.Description = "no session for 30 days";
        if (!empty)
        {
            bench.People.Set(new Person("u-1001")
            {
                Email = "ana@example.org",
                FirstName = "Ana",
                LastName = "Lima",
                Phone = "+15550001001",
                Properties = new Dictionary<string, object?>
                {
                    ["plan"] = "",
                    ["número de pedidos"] = 3,
                    ["ltv"] = 12.50m,
                    ["vip"] = true,
                    ["seen"] = new DateTimeOffset(2026, 2, 1, 8, 30, 0, TimeSpan.FromHours(9)),
                    ["tags"] = new[] { "a", "b" },
                    ["gone"] = null,
                    ["nested"] = new Dictionary<string, object?>
                    {
                        ["k"] = new object[] { 1L, JsonDocument.Parse("""{"x":1.5}""").RootElement },
                    },
                },
            });
            bench.Members("u-1001", "$device:7f1c");
        }

        return [.. bench.Simulator.PreparePages(CohortSyncBench.CohortId, SyncAction.Members, exported)];
    }
}
