using System.Text.Json;
using Sluice.Simulators.Mixpanel.App;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Query;

public sealed class ProfileQueryTests
{
    private static readonly MixpanelQueryOptions SmallPages = new() { PageSize = 2, SessionLife = TimeSpan.FromMinutes(5) };

    [Fact]
    public async Task A_cohort_is_listed_with_its_size_as_a_bare_array()
    {
        await using var mixpanel = await StartAsync(new MixpanelQueryOptions());
        var desk = mixpanel.Simulator.Desk(MixpanelHarness.Project);
        desk.SetCohort(new MixpanelCohort(7, "Dormant", ["u-1", "u-2", "u-1"]) { Description = "sleeps", IsVisible = false });

        (await mixpanel.QueryAsync("/cohorts/list", "")).Is(
            200, """[{"id":7,"project_id":12345,"name":"Dormant","description":"sleeps","count":2,"is_visible":0,"created":"2026-01-05 09:30:00"}]""");
        Assert.True(desk.RemoveCohort(7));
        (await mixpanel.QueryAsync("/cohorts/list", "")).Is(200, "[]");
    }

    [Fact]
    public async Task Pages_go_on_in_one_session_until_the_last()
    {
        await using var mixpanel = await StartAsync(SmallPages);
        await ProfilesAsync(mixpanel, 5);
        var first = await PageAsync(mixpanel, "");
        var session = first.GetProperty("session_id").GetString();

        Assert.Equal(("ok", 0, 2, 5), (first.GetProperty("status").GetString(), first.GetProperty("page").GetInt32(), first.GetProperty("page_size").GetInt32(), first.GetProperty("total").GetInt32()));
        Assert.Matches("^[0-9]+-[A-Za-z0-9]{6}$", session);
        Assert.Equal(["u-0", "u-1"], Ids(first));
        Assert.Equal(["u-2", "u-3"], Ids(await PageAsync(mixpanel, $"session_id={session}&page=1")));
        Assert.Equal(["u-4"], Ids(await PageAsync(mixpanel, $"session_id={session}&page=2")));
        Assert.Equal(4, Sum(mixpanel));

        static long Sum(MixpanelHarness mixpanel) => mixpanel.Simulator.Calls.ByEndpoint["POST /api/2.0/engage"] + 1;
    }

    [Theory]
    [InlineData("page=1")]
    [InlineData("page=1&session_id=1-abcdef")]
    [InlineData("page=1&session_id={0}&where=defined(user%5B%22plan%22%5D)")]
    [InlineData("page=1&session_id={0}&output_properties=%5B%22plan%22%5D")]
    public async Task A_later_page_needs_the_session_of_the_same_filters(string form)
    {
        await using var mixpanel = await StartAsync(SmallPages);
        await ProfilesAsync(mixpanel, 3);
        var session = (await PageAsync(mixpanel, "")).GetProperty("session_id").GetString();
        var answer = await mixpanel.QueryAsync("/engage", form.Replace("{0}", session, StringComparison.Ordinal));

        Assert.Equal(400, answer.Status);
        Assert.StartsWith("/api/2.0/engage?", answer.Json.GetProperty("request").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(answer.Json.GetProperty("error").GetString()!);
    }

    [Fact]
    public async Task A_session_lives_from_page_to_page()
    {
        await using var mixpanel = await StartAsync(SmallPages);
        await ProfilesAsync(mixpanel, 5);
        var session = (await PageAsync(mixpanel, "")).GetProperty("session_id").GetString();
        mixpanel.Clock.Advance(TimeSpan.FromMinutes(4));
        await PageAsync(mixpanel, $"session_id={session}&page=1");
        mixpanel.Clock.Advance(TimeSpan.FromMinutes(4));
        await PageAsync(mixpanel, $"session_id={session}&page=2");
        mixpanel.Clock.Advance(TimeSpan.FromMinutes(5));
        var late = await mixpanel.QueryAsync("/engage", $"session_id={session}&page=2");

        Assert.Equal((400, "request for page in uncached query for params"), (late.Status, late.Json.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task The_pages_of_a_session_show_one_moment_unless_they_are_told_to_follow()
    {
        foreach (var follows in new[] { false, true })
        {
            await using var mixpanel = await StartAsync(SmallPages with { PagesFollowChanges = follows });
            await ProfilesAsync(mixpanel, 4);
            var desk = mixpanel.Simulator.Desk(MixpanelHarness.Project);
            desk.SetCohort(1, "c", "u-0", "u-1", "u-2", "u-3");
            var form = "filter_by_cohort=%7B%22id%22%3A1%7D";
            var first = await PageAsync(mixpanel, form);
            desk.SetCohort(1, "c", "u-1", "u-2", "u-3");
            var second = await PageAsync(mixpanel, $"{form}&page=1&session_id={first.GetProperty("session_id").GetString()}");

            Assert.Equal(follows ? ["u-3"] : ["u-2", "u-3"], Ids(second));
        }
    }

    [Fact]
    public async Task A_cohort_has_people_without_a_profile_unless_they_are_not_wanted()
    {
        await using var mixpanel = await StartAsync(new MixpanelQueryOptions());
        await ProfilesAsync(mixpanel, 1);
        mixpanel.Simulator.Desk(MixpanelHarness.Project).SetCohort(1, "c", "u-0", "$device:x");

        Assert.Equal(
            """[{"$distinct_id":"u-0","$properties":{"plan":"p0","n":0}},{"$distinct_id":"$device:x","$properties":{}}]""",
            (await PageAsync(mixpanel, "filter_by_cohort=%7B%22id%22%3A1%7D")).GetProperty("results").GetRawText());
        Assert.Equal(["u-0"], Ids(await PageAsync(mixpanel, "filter_by_cohort=%7B%22id%22%3A%221%22%7D&include_all_users=false")));
        Assert.Equal(400, (await mixpanel.QueryAsync("/engage", "filter_by_cohort=%7B%22id%22%3A2%7D")).Status);
    }

    [Fact]
    public async Task A_cohorts_ids_are_given_as_the_persons_canonical_id()
    {
        await using var mixpanel = await StartAsync(new MixpanelQueryOptions());
        await mixpanel.ImportAsync($"[{mixpanel.Event("u-1", more: ""","$user_id":"u-1","$device_id":"d" """)}]");
        mixpanel.Simulator.Desk(MixpanelHarness.Project).SetCohort(1, "c", "$device:d", "u-1");

        Assert.Equal(["u-1"], Ids(await PageAsync(mixpanel, "filter_by_cohort=%7B%22id%22%3A1%7D")));
    }

    [Fact]
    public async Task Ids_where_and_output_narrow_the_answer()
    {
        await using var mixpanel = await StartAsync(new MixpanelQueryOptions());
        await ProfilesAsync(mixpanel, 4);

        Assert.Equal(["u-1"], Ids(await PageAsync(mixpanel, "distinct_id=u-1")));
        Assert.Equal(["u-3", "u-0"], Ids(await PageAsync(mixpanel, "distinct_ids=%5B%22u-3%22%2C%22u-0%22%2C%22none%22%5D")));
        Assert.Equal(400, (await mixpanel.QueryAsync("/engage", "distinct_id=u-1&distinct_ids=%5B%22u-3%22%5D")).Status);
        Assert.Equal(["u-2", "u-3"], Ids(await PageAsync(mixpanel, "where=" + Uri.EscapeDataString("""properties["n"] >= 2 and user["plan"] in ["p2","p3"]"""))));
        Assert.Equal(
            """[{"$distinct_id":"u-1","$properties":{"plan":"p1"}}]""",
            (await PageAsync(mixpanel, "distinct_id=u-1&output_properties=%5B%22plan%22%2C%22none%22%5D")).GetProperty("results").GetRawText());
        Assert.Equal(["u-1"], Ids(await JsonPageAsync(mixpanel, """{"distinct_ids":["u-1"]}""")));
    }

    [Fact]
    public async Task Groups_are_asked_for_by_the_number_of_their_key()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(new MixpanelProject { GroupKeys = ["company"] });
        await mixpanel.PostAsync("/groups", """{"$token":"simulator-token","$group_key":"company","$group_id":"acme","$set":{"seats":4}}""");
        var groups = (await mixpanel.AppAsync("GET", "/projects/12345/data-groups/")).Json.GetProperty("results")[0];
        var id = groups.GetProperty("data_group_id").GetInt64();

        Assert.Equal((DataGroups.IdOf("company"), "company"), (id, groups.GetProperty("property_name").GetString()));
        Assert.Equal(["acme"], Ids(await PageAsync(mixpanel, $"data_group_id={id}")));
        Assert.Equal(400, (await mixpanel.QueryAsync("/engage", "data_group_id=17")).Status);
    }

    [Fact]
    public async Task Ids_may_be_numbers_and_totals_be_told_once()
    {
        await using var mixpanel = await StartAsync(SmallPages with { NumericDistinctIds = true, TotalOnFirstPageOnly = true });
        foreach (var id in new[] { "17", "017", "u" })
        {
            mixpanel.Simulator.Desk(MixpanelHarness.Project).SetProfile(id, "{}");
        }

        var first = await PageAsync(mixpanel, "");
        var second = await PageAsync(mixpanel, $"page=1&session_id={first.GetProperty("session_id").GetString()}");

        Assert.Equal(
            [JsonValueKind.Number, JsonValueKind.String],
            first.GetProperty("results").EnumerateArray().Select(row => row.GetProperty("$distinct_id").ValueKind));
        Assert.Equal((3, false), (first.GetProperty("total").GetInt32(), second.TryGetProperty("total", out _)));
    }

    [Fact]
    public async Task What_people_did_can_be_asked_for_and_needs_a_moment_on_later_pages()
    {
        await using var mixpanel = await StartAsync(SmallPages with { PageSize = 1 });
        await ProfilesAsync(mixpanel, 3);
        var old = $"{mixpanel.Now - (40 * 86_400)}";
        await mixpanel.ImportAsync($"""
            [{mixpanel.Event("u-0")},{mixpanel.Event("u-1", "i-2")},{mixpanel.Event("u-1", "i-3", name: "Other")},{mixpanel.Event("u-2", "i-4", time: old)}]
            """);
        var behaviors = "behaviors=" + Uri.EscapeDataString("""[{"window":"30d","name":"b","event_selectors":[{"event":"Purchase"}]}]""")
            + "&where=" + Uri.EscapeDataString("""(behaviors["b"] > 0)""");
        var first = await PageAsync(mixpanel, behaviors);
        var session = first.GetProperty("session_id").GetString();

        Assert.Equal(2, first.GetProperty("total").GetInt32());
        Assert.Equal(["u-0"], Ids(first));
        Assert.Equal(400, (await mixpanel.QueryAsync("/engage", $"{behaviors}&page=1&session_id={session}")).Status);
        var pinned = $"{behaviors}&as_of_timestamp={mixpanel.Now}";
        session = (await PageAsync(mixpanel, pinned)).GetProperty("session_id").GetString();
        Assert.Equal(["u-1"], Ids(await PageAsync(mixpanel, $"{pinned}&page=1&session_id={session}")));
    }

    [Fact]
    public async Task The_senders_cohort_can_be_shared()
    {
        await using var mixpanel = await StartAsync(new MixpanelQueryOptions());
        var clock = new ManualClock();
        await using var sender = new Simulators.Mixpanel.CohortSyncSimulator(
            new Simulators.Mixpanel.CohortSyncOptions { RunOnSchedule = false }, new Simulators.People.PersonDirectory(), clock);
        var cohort = sender.AddCohort("901", "Engaged");
        cohort.Add("u-1");
        mixpanel.Simulator.Desk(MixpanelHarness.Project).Share(cohort);
        cohort.Add("u-2");

        Assert.Equal(["u-1", "u-2"], Ids(await PageAsync(mixpanel, "filter_by_cohort=%7B%22id%22%3A901%7D")));
    }

    [Fact]
    public async Task What_clients_send_without_a_word_in_the_documentation_orders_searches_and_bounds()
    {
        await using var mixpanel = await StartAsync(SmallPages with { PageSize = 3 });
        var desk = mixpanel.Simulator.Desk(MixpanelHarness.Project);
        desk.SetProfile("u-1", """{"$name":"Ana","n":10}""");
        desk.SetProfile("u-2", """{"$name":"Bo"}""");
        desk.SetProfile("u-3", """{"$name":"Bela","n":9}""");
        desk.SetProfile("u-4", """{"$name":"Cy","n":100,"nick":"banana"}""");

        Assert.Equal(["u-3", "u-1", "u-4"], Ids(await PageAsync(mixpanel, "sort_key=n")));
        Assert.Equal(["u-4", "u-1", "u-3"], Ids(await PageAsync(mixpanel, "sort_key=n&sort_order=descending")));
        Assert.Equal(["u-2", "u-1", "u-3"], Ids(await PageAsync(mixpanel, "sort_order=descending&sort_key=" + Uri.EscapeDataString("""defined(user["n"]) == false"""))));
        Assert.Equal(["u-1", "u-4"], Ids(await PageAsync(mixpanel, "search=ANA")));
        Assert.Equal(["u-2"], Ids(await PageAsync(mixpanel, "search=u-2")));
        Assert.Equal(400, (await mixpanel.QueryAsync("/engage", "sort_order=up")).Status);
        Assert.Equal(400, (await mixpanel.QueryAsync("/engage", "limit=0")).Status);

        var form = "sort_key=n&page_size=2&limit=3";
        var first = await PageAsync(mixpanel, form);
        var session = first.GetProperty("session_id").GetString();
        Assert.Equal((2, 3), (first.GetProperty("page_size").GetInt32(), first.GetProperty("total").GetInt32()));
        Assert.Equal(["u-3", "u-1"], Ids(first));
        Assert.Equal(["u-4"], Ids(await PageAsync(mixpanel, $"{form}&page=1&session_id={session}")));
        Assert.Equal(400, (await mixpanel.QueryAsync("/engage", $"sort_key=n&page_size=3&limit=3&page=1&session_id={session}")).Status);
        Assert.Equal(3, (await PageAsync(mixpanel, "page_size=5000")).GetProperty("page_size").GetInt32());
    }

    private static Task<MixpanelHarness> StartAsync(MixpanelQueryOptions options) => MixpanelHarness.StartAsync(new MixpanelSimulatorOptions { Query = options });

    private static async Task ProfilesAsync(MixpanelHarness mixpanel, int count)
    {
        var updates = Enumerable.Range(0, count).Select(i =>
            $$$"""{"$token":"simulator-token","$distinct_id":"u-{{{i}}}","$ip":"0","$ignore_time":true,"$set":{"plan":"p{{{i}}}","n":{{{i}}}}}""");
        Assert.Equal("1", (await mixpanel.PostAsync("/engage?ip=0", $"[{string.Join(',', updates)}]")).Text);
    }

    private static async Task<JsonElement> PageAsync(MixpanelHarness mixpanel, string form)
    {
        var answer = await mixpanel.QueryAsync("/engage", form);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Json;
    }

    private static async Task<JsonElement> JsonPageAsync(MixpanelHarness mixpanel, string body) => (await mixpanel.SendAsync(
        "POST", "/api/query/engage?project_id=12345", System.Text.Encoding.UTF8.GetBytes(body), "application/json", MixpanelHarness.ServiceAccount,
        family: MixpanelFamily.Query)).Json;

    private static string[] Ids(JsonElement page) =>
        [.. page.GetProperty("results").EnumerateArray().Select(row => row.GetProperty("$distinct_id").GetString()!)];
}
