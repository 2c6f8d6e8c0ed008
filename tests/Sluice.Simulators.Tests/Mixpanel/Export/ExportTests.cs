using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Export;

public sealed class ExportTests
{
    // The clock of the harness stands at nine in the morning of the second of March.
    private const string Today = "from_date=2026-03-02&to_date=2026-03-02";

    [Fact]
    public async Task Every_event_is_a_line_and_copies_are_given_as_often_as_they_came()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        var twice = $"[{mixpanel.Event(more: ""","amount":19.5,"tags":["a"]""")}]";
        await mixpanel.ImportAsync(twice);
        await mixpanel.ImportAsync(twice);
        var answer = await mixpanel.ExportAsync(Today);
        var lines = Lines(answer);

        Assert.Equal((200, "text/plain; charset=utf-8"), (answer.Status, answer.Headers["Content-Type"]));
        Assert.Equal(2, lines.Length);
        var properties = lines[0].GetProperty("properties");
        Assert.Equal(["event", "properties"], lines[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            ("Purchase", mixpanel.Now, "u-1", "i-1", 19.5, true),
            (lines[0].GetProperty("event").GetString(), properties.GetProperty("time").GetInt64(), properties.GetProperty("distinct_id").GetString(),
             properties.GetProperty("$insert_id").GetString(), properties.GetProperty("amount").GetDouble(), properties.GetProperty("$import").GetBoolean()));
        Assert.Equal(mixpanel.Now * 1_000, Lines(await mixpanel.ExportAsync($"{Today}&time_in_ms=true"))[0].GetProperty("properties").GetProperty("time").GetInt64());
    }

    [Fact]
    public async Task Names_expressions_and_a_limit_narrow_it()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        await mixpanel.ImportAsync(
            $"""[{mixpanel.Event("a", "i-1", more: ""","amount":1""")},{mixpanel.Event("b", "i-2", more: ""","amount":9""")},{mixpanel.Event("c", "i-3", "Other", ""","amount":9""")}]""");

        Assert.Equal(["a", "b"], await IdsAsync(mixpanel, "event=%5B%22Purchase%22%5D"));
        Assert.Equal(["b"], await IdsAsync(mixpanel, "event=%5B%22Purchase%22%5D&where=" + Uri.EscapeDataString("""properties["amount"] > 5""")));
        Assert.Equal(["a", "b", "c"], await IdsAsync(mixpanel, "where=" + Uri.EscapeDataString($"""properties["$time"]>=datetime({mixpanel.Now})""")));
        mixpanel.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(["a", "b"], await IdsAsync(mixpanel, "limit=2"));
        Assert.Equal(400, (await mixpanel.ExportAsync($"{Today}&limit=100001")).Status);
        mixpanel.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(400, (await mixpanel.ExportAsync($"{Today}&where=properties")).Status);
        Assert.Equal(400, (await mixpanel.ExportAsync($"{Today}&event=Purchase")).Status);
    }

    [Fact]
    public async Task An_id_is_the_persons_canonical_one_and_says_what_it_was()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        await mixpanel.ImportAsync($"[{mixpanel.Event("$device:d", "i-1")}]");
        await mixpanel.ImportAsync($"[{mixpanel.Event("u-1", "i-2", more: ""","$user_id":"u-1","$device_id":"d" """)}]");
        var moved = Lines(await mixpanel.ExportAsync(Today))[0].GetProperty("properties");

        Assert.Equal(
            ("u-1", "$device:d", true),
            (moved.GetProperty("distinct_id").GetString(), moved.GetProperty("$distinct_id_before_identity").GetString(), moved.GetProperty("$is_reshuffled").GetBoolean()));
    }

    [Fact]
    public async Task Days_are_those_of_UTC_or_in_an_old_project_its_own_with_shifted_times()
    {
        var seoul = new MixpanelProject { TimeZone = "Asia/Seoul" };
        foreach (var old in new[] { false, true })
        {
            await using var mixpanel = await MixpanelHarness.StartAsync(seoul with { ExportsLocalTime = old });
            var lastNight = mixpanel.Now - (10 * 3_600);
            await mixpanel.ImportAsync($"[{mixpanel.Event("late", time: $"{lastNight}")}]");

            // 23:00 of the first in UTC is 8:00 of the second in Seoul.
            var first = Lines(await mixpanel.ExportAsync("from_date=2026-03-01&to_date=2026-03-01"));
            var second = Lines(await mixpanel.ExportAsync("from_date=2026-03-02&to_date=2026-03-02"));
            Assert.Equal(old ? (0, 1) : (1, 0), (first.Length, second.Length));
            Assert.Equal(old ? lastNight + (9 * 3_600) : lastNight, first.Concat(second).Single().GetProperty("properties").GetProperty("time").GetInt64());
            mixpanel.Clock.Advance(TimeSpan.FromHours(7));

            // Four in the afternoon of the second in UTC is the third in Seoul.
            Assert.Equal(old ? 200 : 400, (await mixpanel.ExportAsync("from_date=2026-03-03&to_date=2026-03-03")).Status);
        }
    }

    [Theory]
    [InlineData("from_date=2026-03-01&to_date=2026-03-03", "to_date cannot be later than today")]
    [InlineData("from_date=2026-03-02&to_date=2026-03-01", "from_date cannot be later than to_date")]
    [InlineData("from_date=2026-3-2&to_date=2026-03-02", "Error in from_date: invalid date, must be yyyy-mm-dd")]
    [InlineData("from_date=1999-01-01&to_date=2026-03-02", "Error in from_date: invalid date, bad year")]
    [InlineData("to_date=2026-03-02", "Missing required parameter: from_date")]
    public async Task Dates_are_checked(string query, string message)
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        var answer = await mixpanel.ExportAsync(query);

        Assert.Equal((400, message), (answer.Status, answer.Json.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task Who_may_not_export_is_told_so_in_its_own_words()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(new MixpanelProject { AllowsExport = false });

        Assert.Equal("Unable to authenticate request", (await mixpanel.ExportAsync(Today, "Basic x:y")).Json.GetProperty("error").GetString());
        Assert.Equal(402, (await mixpanel.ExportAsync(Today)).Status);
    }

    [Fact]
    public async Task It_is_packed_when_it_is_large_enough_and_asked_for()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        await mixpanel.ImportAsync($"[{mixpanel.Event()}]");
        Assert.False((await mixpanel.ExportAsync(Today, accept: "gzip")).Headers.ContainsKey("Content-Encoding"));
        await mixpanel.ImportAsync($"[{mixpanel.Event("u-2", more: $@",""text"":""{new string('x', 200)}"",""text2"":""{new string('y', 200)}""")},{string.Join(',', Enumerable.Range(2, 9).Select(i => mixpanel.Event("u", $"i-{i}")))}]");
        var plain = await mixpanel.ExportAsync(Today);
        var packed = await mixpanel.ExportAsync(Today, accept: "gzip");

        Assert.True(plain.Body.Length > 1_400);
        Assert.False(plain.Headers.ContainsKey("Content-Encoding"));
        Assert.Equal("gzip", packed.Headers["Content-Encoding"]);
        Assert.Equal(plain.Text, Unpacked(packed));
    }

    [Fact]
    public async Task An_export_can_be_cut_ended_early_broken_and_slow()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        await mixpanel.ImportAsync($"[{string.Join(',', Enumerable.Range(0, 20).Select(i => mixpanel.Event($"u-{i}", $"i-{i}")))}]");
        var whole = (await mixpanel.ExportAsync(Today)).Text;
        var faults = mixpanel.Simulator.Faults;

        faults.Add("GET", "/api/2.0/export", MixpanelFaultEffect.CutInside(lines: 3));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => mixpanel.ExportAsync(Today));

        mixpanel.Clock.Advance(TimeSpan.FromSeconds(1));
        faults.Add("GET", "/api/2.0/export", MixpanelFaultEffect.TerminatedEarly(lines: 3));
        var early = await mixpanel.ExportAsync(Today, accept: "gzip");
        Assert.Equal(["terminated early", ""], Unpacked(early).Split('\n')[3..]);

        faults.Add("GET", "/api/2.0/export", MixpanelFaultEffect.SplitLine(lines: 3));
        var broken = (await mixpanel.ExportAsync(Today)).Text;
        Assert.Equal(21, broken.Count(letter => letter == '\n'));
        Assert.Equal(whole.Replace("\n", "", StringComparison.Ordinal), broken.Replace("\n", "", StringComparison.Ordinal));

        faults.Add("GET", "/api/2.0/export", MixpanelFaultEffect.SlowBody(lines: 3, TimeSpan.FromMinutes(2)));
        var slow = mixpanel.ExportAsync(Today);
        await MixpanelHarness.UntilAsync(() => mixpanel.Clock.NextTimer is not null);
        Assert.Equal(1, mixpanel.Simulator.Desk(MixpanelHarness.Project).Exports.AtOnce);
        Assert.False(slow.IsCompleted);
        mixpanel.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(whole, (await slow).Text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    public async Task A_caller_who_goes_away_gives_the_place_back(string? accept)
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        var desk = mixpanel.Simulator.Desk(MixpanelHarness.Project);
        desk.Generate(new MixpanelGenerated(new DateOnly(2026, 3, 2), new DateOnly(2026, 3, 2), EventsPerDay: 10_000));
        mixpanel.Simulator.Faults.Add("GET", "/api/2.0/export", MixpanelFaultEffect.SlowBody(lines: 5_000, TimeSpan.FromHours(1)));
        using var patience = new CancellationTokenSource();
        var call = mixpanel.SendAsync(
            "GET", $"/api/2.0/export?{Today}&project_id=12345", authorization: MixpanelHarness.ServiceAccount, cancellationToken: patience.Token,
            family: MixpanelFamily.Export, accept: accept);
        await MixpanelHarness.UntilAsync(() => mixpanel.Clock.WaitingTimers > 0);
        Assert.Equal(1, desk.Exports.AtOnce);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await MixpanelHarness.UntilAsync(() => desk.Exports.AtOnce == 0);
        Assert.Equal(10_000, Lines(Unpacked(await mixpanel.ExportAsync(Today, accept: accept))).Length);
    }

    [Fact]
    public async Task Any_other_answer_can_be_cut_in_its_middle()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        mixpanel.Simulator.Desk(MixpanelHarness.Project).SetCohort(1, "c", "u-1");
        mixpanel.Simulator.Faults.Add("GET", "/api/2.0/cohorts/list", MixpanelFaultEffect.CutInside());

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => mixpanel.QueryAsync("/cohorts/list"));
        Assert.Equal(200, (await mixpanel.QueryAsync("/cohorts/list")).Status);
    }

    [Fact]
    public async Task Events_can_be_made_while_they_are_sent_always_the_same()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        var desk = mixpanel.Simulator.Desk(MixpanelHarness.Project);
        var generated = new MixpanelGenerated(new DateOnly(2026, 2, 1), new DateOnly(2026, 3, 1), EventsPerDay: 1_234, Seed: 3);
        desk.Generate(generated);
        const string TwoDays = "from_date=2026-02-28&to_date=2026-03-02";
        var plain = await mixpanel.ExportAsync(TwoDays);
        var lines = Lines(plain);

        Assert.Equal(2 * 1_234, lines.Length);
        Assert.Equal(lines.Length, lines.Select(line => line.GetProperty("properties").GetProperty("$insert_id").GetString()).Distinct().Count());
        Assert.Equal(
            (new DateTimeOffset(2026, 2, 28, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(), true),
            (lines[0].GetProperty("properties").GetProperty("time").GetInt64(), lines[^1].GetProperty("properties").GetProperty("time").GetInt64() < mixpanel.Now));
        Assert.Equal(plain.Text, Unpacked(await mixpanel.ExportAsync(TwoDays, accept: "gzip")));
        desk.Generate(generated with { KeepPacked = true });
        var kept = await mixpanel.ExportAsync(TwoDays, accept: "gzip");
        Assert.Equal(plain.Text, Unpacked(kept));
        mixpanel.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(kept.Body, (await mixpanel.ExportAsync(TwoDays, accept: "gzip")).Body);
        Assert.NotEqual(plain.Text, Unpacked(await WithSeed(4)));
        var filtered = Lines(await mixpanel.ExportAsync($"{TwoDays}&event=%5B%22Search%22%5D&where=" + Uri.EscapeDataString("""properties["plan"] == "pro" """)));
        Assert.NotEmpty(filtered);
        Assert.All(filtered, line => Assert.Equal(("Search", "pro"), (line.GetProperty("event").GetString(), line.GetProperty("properties").GetProperty("plan").GetString())));

        Task<Answer> WithSeed(int seed)
        {
            desk.Generate(generated with { Seed = seed });
            return mixpanel.ExportAsync(TwoDays, accept: "gzip");
        }
    }

    private static async Task<string[]> IdsAsync(MixpanelHarness mixpanel, string query) =>
        [.. Lines(await mixpanel.ExportAsync($"{Today}&{query}")).Select(line => line.GetProperty("properties").GetProperty("distinct_id").GetString()!)];

    private static JsonElement[] Lines(Answer answer) => Lines(answer.Status == 200 ? answer.Text : throw new InvalidOperationException(answer.Text));

    private static JsonElement[] Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];

    private static string Unpacked(Answer answer)
    {
        if (!answer.Headers.ContainsKey("Content-Encoding"))
        {
            return answer.Text;
        }

        using var unpacked = new GZipStream(new MemoryStream(answer.Body), CompressionMode.Decompress);
        using var text = new StreamReader(unpacked, Encoding.UTF8);
        return text.ReadToEnd();
    }
}
