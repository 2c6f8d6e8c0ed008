using Sluice.Mixpanel.Client;

namespace Sluice.Mixpanel.Tests.Client;

/// <summary>Each call of the query API, to the byte, and what is read out of the published answers.</summary>
public sealed class QueryWireTests
{
    private const string Project = "project_id=4100200";
    private static readonly DateOnly From = new(2026, 1, 1);
    private static readonly DateOnly To = new(2026, 1, 2);

    private static CancellationToken Token => WireServer.Token;

    [Fact]
    public async Task Cohorts_are_listed_by_a_post_without_a_body()
    {
        await using var server = WireServer.Start(
            """[{"id":7700123,"project_id":4100200,"name":"Dormant 30d","description":"no session for 30 days","count":1003,"is_visible":1,"created":"2026-01-05 09:30:00"},{"id":"8","name":"b","is_visible":0}]""");
        var cohorts = await server.Query().CohortsAsync(Token);
        Assert.Equal(
            [
                new MixpanelCohort(7700123, "Dormant 30d", "no session for 30 days", 1003, true, 4100200, "2026-01-05 09:30:00"),
                new MixpanelCohort(8, "b", "", null, false, null, null),
            ],
            cohorts);
        Assert.Equal(($"POST /api/query/cohorts/list?{Project} HTTP/1.1", ""), (server.Request.Line, server.Request.Body));
        Assert.Equal($"Basic {Convert.ToBase64String("robot:s3cret"u8)}", server.Request.Header("Authorization"));
        Assert.Equal(("application/json", "gzip"), (server.Request.Header("accept"), server.Request.Header("accept-encoding")));
        Assert.StartsWith("Sluice.Mixpanel/", server.Request.Header("User-Agent"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_secret_names_no_project_and_a_data_view_is_named()
    {
        await using var server = WireServer.Start("[]");
        var client = new MixpanelQueryClient(server.Http, server.Options(MixpanelCredentials.ProjectSecret("sec")) with { WorkspaceId = "900" });
        Assert.Empty(await client.CohortsAsync(Token));
        Assert.Equal("POST /api/query/cohorts/list?workspace_id=900 HTTP/1.1", server.Request.Line);
        Assert.Equal($"Basic {Convert.ToBase64String("sec:"u8)}", server.Request.Header("Authorization"));
    }

    [Fact]
    public async Task Profiles_are_asked_for_by_a_form()
    {
        await using var server = WireServer.Start(
            """{"status":"ok","page":0,"page_size":2,"total":3,"session_id":"s-1","results":[{"$distinct_id":"u-1","$properties":{"$email":"ana@example.org"}},{"$distinct_id":42}]}""");
        var page = await server.Query().ProfilesAsync(
            new ProfileQuery { Cohort = 7700123, IncludeAllUsers = false, Where = "properties[\"a\"] == \"ü\"", OutputProperties = ["$email", "plan"] }, cancellationToken: Token);
        Assert.Equal($"POST /api/query/engage?{Project} HTTP/1.1", server.Request.Line);
        Assert.Equal("application/x-www-form-urlencoded", server.Request.Header("Content-Type"));
        Assert.Equal(
            "filter_by_cohort=%7B%22id%22%3A7700123%7D&include_all_users=false&where=properties%5B%22a%22%5D%20%3D%3D%20%22%C3%BC%22&output_properties=%5B%22%24email%22%2C%22plan%22%5D",
            server.Request.Body);
        Assert.Equal((0, 2, 3L, "s-1", true), (page.Page, page.PageSize, page.Total, page.SessionId, page.HasNext));
        Assert.Equal(["u-1", "42"], page.Profiles.Select(p => p.DistinctId));
        Assert.Equal("ana@example.org", page.Profiles[0].Properties.GetProperty("$email").GetString());
        Assert.Empty(page.Profiles[1].Properties.EnumerateObject());
    }

    [Fact]
    public async Task Other_questions_about_profiles_have_their_own_fields()
    {
        await using var server = WireServer.Start("""{"page":2,"results":[]}""");
        await server.Query().ProfilesAsync(
            new ProfileQuery
            {
                DistinctIds = ["a", "b"], DataGroupId = "55", Behaviors = "[{}]", Where = "x", AsOf = DateTimeOffset.FromUnixTimeSeconds(1767225600),
            },
            2, "s-2", Token);
        Assert.Equal("where=x&distinct_ids=%5B%22a%22%2C%22b%22%5D&data_group_id=55&behaviors=%5B%7B%7D%5D&as_of_timestamp=1767225600&session_id=s-2&page=2", server.Request.Body);
    }

    [Fact]
    public async Task One_person_is_asked_for_by_the_field_for_one()
    {
        await using var server = WireServer.Start("""{"results":[]}""");
        await server.Query().ProfilesAsync(new ProfileQuery { DistinctIds = ["a&b"] }, cancellationToken: Token);
        Assert.Equal("distinct_id=a%26b", server.Request.Body);
    }

    [Fact]
    public async Task Pages_go_on_in_one_session_until_one_is_short_and_keep_the_first_total()
    {
        string[] answers =
        [
            """{"page":0,"page_size":2,"total":5,"session_id":"s-1","results":[{"$distinct_id":"a"},{"$distinct_id":"b"}]}""",
            """{"page":1,"page_size":2,"session_id":"s-1","results":[{"$distinct_id":"c"},{"$distinct_id":"d"}]}""",
            """{"page":2,"page_size":2,"total":1,"results":[{"$distinct_id":"e"}]}""",
        ];
        var asked = 0;
        await using var server = WireServer.Start(_ => WireReply.Json(answers[asked++]));
        var pages = new List<ProfilePage>();
        await foreach (var page in server.Query().AllProfilesAsync(new ProfileQuery { Cohort = 1 }, Token))
        {
            pages.Add(page);
        }

        Assert.Equal("abcde", string.Concat(pages.SelectMany(p => p.Profiles).Select(p => p.DistinctId)));
        Assert.All(pages, p => Assert.Equal(5, p.Total));
        Assert.Equal(
            ["filter_by_cohort=%7B%22id%22%3A1%7D", "filter_by_cohort=%7B%22id%22%3A1%7D&session_id=s-1&page=1", "filter_by_cohort=%7B%22id%22%3A1%7D&session_id=s-1&page=2"],
            server.Requests.Select(r => r.Body));
    }

    [Fact]
    public async Task A_session_that_is_gone_is_told_as_such()
    {
        await using var lost = WireServer.Start("""{"request":"/api/query/engage","error":"request for page in uncached query for params"}""", 400);
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => lost.Query().ProfilesAsync(new ProfileQuery(), 1, "old", Token));
        Assert.Equal((MixpanelFailureKind.SessionLost, true), (failure.Kind, failure.ShouldRetry));

        await using var none = WireServer.Start("""{"page":0,"page_size":1,"total":9,"results":[{"$distinct_id":"a"}]}""");
        failure = await Assert.ThrowsAsync<MixpanelException>(() => ReadAllAsync(none));
        Assert.Equal(MixpanelFailureKind.SessionLost, failure.Kind);
    }

    [Fact]
    public async Task A_page_that_was_not_asked_for_is_not_taken_for_the_one_that_was()
    {
        await using var server = WireServer.Start("""{"page":0,"results":[]}""");
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => server.Query().ProfilesAsync(new ProfileQuery(), 1, "s", Token));
        Assert.Equal(MixpanelFailureKind.Unreadable, failure.Kind);
    }

    [Fact]
    public async Task What_cannot_be_asked_is_refused_before_the_call()
    {
        var gate = new RecordingGate();
        await using var server = WireServer.Start("{}");
        var client = server.Query(gate);
        await Assert.ThrowsAsync<ArgumentException>(() => client.ProfilesAsync(new ProfileQuery(), 1, null, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => client.ProfilesAsync(new ProfileQuery { Cohort = 1, Behaviors = "[]" }, cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentException>(
            () => client.ProfilesAsync(new ProfileQuery { DistinctIds = [.. Enumerable.Range(0, 2_001).Select(i => $"{i}")] }, cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentException>(
            () => client.RetentionAsync(new RetentionQuery(From, To) { Unit = MixpanelUnit.Day, Interval = 2 }, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.SegmentationAsync(new SegmentationQuery("e", To, From), Token));
        await Assert.ThrowsAsync<ArgumentException>(() => client.FunnelAsync(new FunnelQuery(1, From, To) { Limit = 10_001 }, Token));
        Assert.Empty(gate.Said);
    }

    [Fact]
    public async Task Rows_of_a_script_are_streamed()
    {
        await using var server = WireServer.Start("""  [{"key":["KR"],"value":[42,31.5]},{"key":["BR"]}, 7 ]""");
        var rows = new List<string>();
        await foreach (var row in server.Query().JqlAsync("function main(){}", """{"from":"2026-01-01"}""", Token))
        {
            rows.Add(row.GetRawText());
        }

        Assert.Equal(["""{"key":["KR"],"value":[42,31.5]}""", """{"key":["BR"]}""", "7"], rows);
        Assert.Equal($"POST /api/query/jql?{Project} HTTP/1.1", server.Request.Line);
        Assert.Equal("script=function%20main%28%29%7B%7D&params=%7B%22from%22%3A%222026-01-01%22%7D", server.Request.Body);
    }

    [Theory]
    [InlineData("""{"error":"Timeout Error."}""", MixpanelFailureKind.QueryTimedOut)]
    [InlineData("""{"error":"it broke"}""", MixpanelFailureKind.QueryFailed)]
    [InlineData("""{"rows":[]}""", MixpanelFailureKind.Unreadable)]
    [InlineData("", MixpanelFailureKind.Unreadable)]
    [InlineData("""[{"a":1},{"b":""", MixpanelFailureKind.Unreadable)]
    public async Task A_script_whose_rows_are_none_fails(string body, MixpanelFailureKind kind)
    {
        await using var server = WireServer.Start(body);
        var failure = await Assert.ThrowsAsync<MixpanelException>(async () =>
        {
            await foreach (var row in server.Query().JqlAsync("x", cancellationToken: Token))
            {
                Assert.Equal("""{"a":1}""", row.GetRawText());
            }
        });
        Assert.Equal(kind, failure.Kind);
    }

    [Fact]
    public async Task Segmentations_name_their_parameters()
    {
        await using var server = WireServer.Start(
            """{"legend_size":2,"data":{"series":["2026-01-02","2026-01-01"],"values":{"KR":{"2026-01-01":12,"2026-01-02":9.5},"BR":{"2026-01-01":3}}}}""");
        var query = new SegmentationQuery("Purchase", From, To) { On = "properties[\"country\"]", Where = "w", Unit = MixpanelUnit.Day, Type = MixpanelCountType.Unique, Limit = 10 };
        var result = await server.Query().SegmentationAsync(query, Token);
        Assert.Equal(["2026-01-02", "2026-01-01"], result.Series);
        Assert.Equal((12, 9.5, 1), (result.Values["KR"]["2026-01-01"], result.Values["KR"]["2026-01-02"], result.Values["BR"].Count));
        await server.Query().SegmentationNumericAsync(new SegmentationQuery("Purchase", From, To) { On = "o", Unit = MixpanelUnit.Hour }, Token);
        Assert.Equal(
            [
                $"GET /api/query/segmentation?{Project}&event=Purchase&from_date=2026-01-01&to_date=2026-01-02&on=properties%5B%22country%22%5D&where=w&unit=day&type=unique&limit=10 HTTP/1.1",
                $"GET /api/query/segmentation/numeric?{Project}&event=Purchase&from_date=2026-01-01&to_date=2026-01-02&on=o&unit=hour HTTP/1.1",
            ],
            server.Requests.Select(r => r.Line));
        await Assert.ThrowsAsync<ArgumentNullException>(() => server.Query().SegmentationSumAsync(new SegmentationQuery("Purchase", From, To), Token));
    }

    [Fact]
    public async Task Sums_and_averages_are_read_by_day()
    {
        await using var server = WireServer.Start("""{"status":"ok","computed_at":"2026-01-03T00:00:00.000000+00:00","results":{"2026-01-01":41.5,"2026-01-02":7}}""");
        var query = new SegmentationQuery("Purchase", From, To) { On = "o" };
        Assert.Equal(41.5, (await server.Query().SegmentationSumAsync(query, Token))["2026-01-01"]);
        Assert.Equal(7, (await server.Query().SegmentationAverageAsync(query, Token))["2026-01-02"]);
        Assert.Equal(
            ["sum", "average"],
            server.Requests.Select(r => r.Line.Split('/', '?')[4]));
    }

    [Fact]
    public async Task Retention_is_read_by_cohort()
    {
        await using var server = WireServer.Start("""{"2026-01-01":{"first":10,"counts":[9,7,6]},"2026-01-02":{"first":2,"counts":[2,1,2]}}""");
        var result = await server.Query().RetentionAsync(
            new RetentionQuery(From, To) { BornEvent = "Sign up", Event = "Open", IntervalCount = 2, Unit = MixpanelUnit.Week, Unbounded = true }, Token);
        Assert.Equal((10, "9 7 6"), (result["2026-01-01"].First, string.Join(' ', result["2026-01-01"].Counts)));
        Assert.Equal(
            $"GET /api/query/retention?{Project}&from_date=2026-01-01&to_date=2026-01-02&retention_type=birth&born_event=Sign%20up&event=Open&interval_count=2&unit=week&unbounded_retention=true HTTP/1.1",
            server.Request.Line);
    }

    [Theory]
    [InlineData("""{"data":{"2026-01-01":[305,107,60]}}""")]
    [InlineData("""{"2026-01-01":[305,107,60]}""")]
    public async Task Frequency_is_read_with_and_without_its_wrapper(string answer)
    {
        await using var server = WireServer.Start(answer);
        var result = await server.Query().AddictionAsync(new AddictionQuery(From, To, MixpanelUnit.Day, MixpanelUnit.Hour) { Event = "Open" }, Token);
        Assert.Equal([305, 107, 60], result["2026-01-01"]);
        Assert.Equal($"GET /api/query/retention/addiction?{Project}&from_date=2026-01-01&to_date=2026-01-02&unit=day&addiction_unit=hour&event=Open HTTP/1.1", server.Request.Line);
    }

    [Fact]
    public async Task Funnels_are_listed_and_read_step_by_step()
    {
        const string Steps = """
            [{"count":100,"goal":"App Open","event":"App Open","step_conv_ratio":1,"overall_conv_ratio":1,"avg_time":null,"avg_time_from_start":null},
             {"count":40,"goal":"$custom_event:55","event":"$custom_event:55","step_label":"Paid","custom_event":true,"custom_event_id":55,"step_conv_ratio":0.4,"overall_conv_ratio":0.4,"avg_time":75,"avg_time_from_start":75}]
            """;
        await using var server = WireServer.Start(request => WireReply.Json(
            request.Line.Contains("/list", StringComparison.Ordinal) ? """[{"funnel_id":9070,"name":"Signup"}]"""
            : request.Line.Contains("&on=", StringComparison.Ordinal) ? $$$$$"""{"meta":{"dates":["2026-01-01"]},"data":{"2026-01-01":{"$overall":{{{{{Steps}}}}},"KR":{{{{{Steps}}}}}}}}"""
            : $$$$$"""{"meta":{"dates":["2026-01-01"]},"data":{"2026-01-01":{"steps":{{{{{Steps}}}}},"analysis":{"completion":40,"starting_amount":100,"steps":2,"worst":1}}}}"""));
        Assert.Equal([new MixpanelFunnel(9070, "Signup")], await server.Query().FunnelsAsync(Token));
        var result = await server.Query().FunnelAsync(new FunnelQuery(9070, From, To) { Length = 7, LengthUnit = MixpanelUnit.Day }, Token);
        Assert.Equal(["2026-01-01"], result.Dates);
        Assert.Equal(
            [
                new FunnelStep("App Open", "App Open", 100, 1, 1, null, null),
                new FunnelStep("$custom_event:55", "Paid", 40, 0.4, 0.4, TimeSpan.FromSeconds(75), TimeSpan.FromSeconds(75)),
            ],
            result.Steps["2026-01-01"][FunnelResult.Overall]);
        result = await server.Query().FunnelAsync(new FunnelQuery(9070, From, To) { On = "o" }, Token);
        Assert.Equal(["$overall", "KR"], result.Steps["2026-01-01"].Keys);
        Assert.Equal(40, result.Steps["2026-01-01"]["KR"][1].Count);
        Assert.Equal(
            [
                $"GET /api/query/funnels/list?{Project} HTTP/1.1",
                $"GET /api/query/funnels?{Project}&funnel_id=9070&from_date=2026-01-01&to_date=2026-01-02&length=7&length_unit=day HTTP/1.1",
                $"GET /api/query/funnels?{Project}&funnel_id=9070&from_date=2026-01-01&to_date=2026-01-02&on=o HTTP/1.1",
            ],
            server.Requests.Select(r => r.Line));
    }

    [Fact]
    public async Task A_saved_report_keeps_its_series_as_they_are()
    {
        await using var server = WireServer.Start("""{"computed_at":"2026-01-03","date_range":{"from_date":"a"},"headers":["$event"],"series":{"Purchase":{"2026-01-01T00:00:00+09:00":12}}}""");
        var report = await server.Query().InsightsAsync(77, Token);
        Assert.Equal(("2026-01-03", "$event", """{"Purchase":{"2026-01-01T00:00:00+09:00":12}}"""), (report.ComputedAt, report.Headers[0], report.Series.GetRawText()));
        Assert.Equal($"GET /api/query/insights?{Project}&bookmark_id=77 HTTP/1.1", server.Request.Line);
    }

    [Fact]
    public async Task Activity_knows_its_person_by_either_name()
    {
        await using var server = WireServer.Start(
            """{"status":"ok","results":{"events":[{"event":"a","properties":{"time":1767225600,"$distinct_id":"u-1"}},{"event":"b","properties":{"time":1767225601,"distinct_id":"u-2"}}]}}""");
        var events = await server.Query().StreamAsync(["u-1", "u-2"], From, To, Token);
        Assert.Equal(["a u-1 1767225600", "b u-2 1767225601"], events.Select(e => $"{e.Event} {e.DistinctId} {e.Time!.Value.ToUnixTimeSeconds()}"));
        Assert.Equal(
            $"GET /api/query/stream/query?{Project}&distinct_ids=%5B%22u-1%22%2C%22u-2%22%5D&from_date=2026-01-01&to_date=2026-01-02 HTTP/1.1", server.Request.Line);
    }

    [Fact]
    public async Task The_events_family_has_a_shape_each()
    {
        await using var server = WireServer.Start(request => WireReply.Json(request.Line.Split(' ', '?')[1] switch
        {
            "/api/query/events/top" => """{"type":"unique","events":[{"event":"pages","amount":75,"percent_change":-0.2}]}""",
            "/api/query/events/names" => """["a","b"]""",
            "/api/query/events/properties/top" => """{"plan":{"count":295}}""",
            "/api/query/events/properties/values" => """["pro","free"]""",
            _ => """{"legend_size":1,"data":{"series":["2026-01-01"],"values":{"a":{"2026-01-01":4}}}}""",
        }));
        var client = server.Query();
        var span = new EventsSpan(MixpanelUnit.Day) { From = From, To = To };
        Assert.Equal(4, (await client.EventsAsync(["a"], MixpanelCountType.General, span, Token)).Values["a"]["2026-01-01"]);
        Assert.Equal([new TopEvent("pages", 75, -0.2)], await client.TopEventsAsync(MixpanelCountType.Unique, 5, Token));
        Assert.Equal(["a", "b"], await client.EventNamesAsync(MixpanelCountType.General, 9, cancellationToken: Token));
        Assert.Equal(4, (await client.EventPropertyAsync("e", "plan", MixpanelCountType.Average, new EventsSpan(MixpanelUnit.Week) { Interval = 3 }, ["pro"], 2, Token)).Values["a"]["2026-01-01"]);
        Assert.Equal(295, (await client.TopPropertiesAsync("e", 1, Token))["plan"]);
        Assert.Equal(["pro", "free"], await client.PropertyValuesAsync("e", "plan", 3, Token));
        Assert.Equal(
            [
                $"/api/query/events?{Project}&event=%5B%22a%22%5D&type=general&unit=day&from_date=2026-01-01&to_date=2026-01-02",
                $"/api/query/events/top?{Project}&type=unique&limit=5",
                $"/api/query/events/names?{Project}&type=general&limit=9",
                $"/api/query/events/properties?{Project}&event=e&name=plan&values=%5B%22pro%22%5D&type=average&unit=week&interval=3&limit=2",
                $"/api/query/events/properties/top?{Project}&event=e&limit=1",
                $"/api/query/events/properties/values?{Project}&event=e&name=plan&limit=3",
            ],
            server.Requests.Select(r => r.Line.Split(' ')[1]));
    }

    [Fact]
    public async Task A_raw_question_goes_out_with_our_project_and_comes_back_as_it_is()
    {
        await using var server = WireServer.Start(_ => new WireReply(412, "odd"u8.ToArray()) { ContentType = "text/x-odd; a=b", Headers = ["Retry-After: 7"] });
        var answer = await server.Query().RawAsync(
            HttpMethod.Post, "/api/2.0/jql", [new("project_id", "999"), new("a b", "c&d")], [new("script", "s=1"), new("script", "t")], Token);
        Assert.Equal((412, "text/x-odd; a=b", "odd", 7), (answer.Status, answer.ContentType, System.Text.Encoding.UTF8.GetString(answer.Body.Span), answer.RetryAfter?.TotalSeconds));
        Assert.Equal(($"POST /api/2.0/jql?{Project}&a%20b=c%26d HTTP/1.1", "script=s%3D1&script=t"), (server.Request.Line, server.Request.Body));
    }

    [Theory]
    [InlineData("/import")]
    [InlineData("/api/app/me")]
    [InlineData("/api/query/../app/me")]
    [InlineData("/api/query/")]
    [InlineData("/api/query//x")]
    [InlineData("/api/query/a?b=c")]
    [InlineData("/api/query/a%2e%2e")]
    public async Task A_raw_question_reaches_nothing_but_the_query_api(string path)
    {
        await using var server = WireServer.Start("{}");
        await Assert.ThrowsAsync<ArgumentException>(() => server.Query().RawAsync(HttpMethod.Get, path, [], form: null, Token));
        Assert.Empty(server.Requests);
    }

    private static async Task ReadAllAsync(WireServer server)
    {
        await foreach (var page in server.Query().AllProfilesAsync(new ProfileQuery(), Token))
        {
            Assert.Single(page.Profiles);
        }
    }
}
