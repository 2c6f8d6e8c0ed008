using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Mixpanel.Client;
using Sluice.Simulators;
using Sluice.Simulators.Mixpanel;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Testing;
using Sluice.Tests.Ingestion;
using MixpanelProject = Sluice.Simulators.Mixpanel.Ingestion.MixpanelProject;

namespace Sluice.Tests.Rows;

// The rows about amounts and rates. What Sluice spends it books itself: its own books and the simulated Mixpanel's say no at the same call.
public sealed partial class SeedRowTests
{
    private const string ExportPath = "/api/2.0/export";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Ingestion_takes_2_GB_a_minute_and_2_MB_a_call()
    {
        Assert.Equal((2_147_483_648, TimeSpan.FromMinutes(1)), (new MixpanelLimits().IngestionBytes, new MixpanelLimits().IngestionWindow));

        // The rate by a smaller number: two calls of the largest size fit, and the third when the first is a minute old.
        await using var world = await RowWorld.StartAsync(new MixpanelSimulatorOptions { Limits = new MixpanelLimits { IngestionBytes = 2 * MixpanelBatch.MaxBytes } });
        var full = new MixpanelBatch();
        var record = Encoding.UTF8.GetBytes(world.Event(more: $",\"text\":\"{new string('x', 10_000)}\""));
        while (full.TryAppend(record))
        {
            // Until not one more fits.
        }

        Assert.InRange(full.Count, 200, MixpanelBatch.MaxCount - 1);
        for (var i = 0; i < 2; i++)
        {
            Assert.Empty((await world.Ingestion().ImportAsync(full, Token)).Failed);
            Assert.InRange(world.Mixpanel.Calls.Last[^1].Bytes, MixpanelBatch.MaxBytes - record.Length - 2, MixpanelBatch.MaxBytes);
        }

        var failure = await Assert.ThrowsAsync<MixpanelException>(() => world.Ingestion().ImportAsync(full, Token));
        Assert.Equal((MixpanelFailureKind.RateLimited, true), (failure.Kind, failure.ShouldRetry));
        Assert.InRange(failure.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty((await world.Ingestion().ImportAsync(full, Token)).Failed);
        Assert.Equal(3 * full.Count, world.Mixpanel.EventCount(RowWorld.Id));
        Assert.Equal(413, (await world.PostAsync("/import?strict=1&project_id=12345", new string(' ', MixpanelBatch.MaxBytes - 1) + "[]")).Status);
    }

    [Fact]
    public async Task Track_has_the_limits_of_import()
    {
        await using var world = await RowWorld.StartAsync(new MixpanelSimulatorOptions
        {
            Projects = [new MixpanelProject { Token = RunningSluice.Token }], Limits = new MixpanelLimits { IngestionBytes = 1_000_000 },
        });
        await program.StartedAsync();
        Assert.Equal((200, "1"), await world.PostAsync("/track", Bodies(2_000), authorized: false));
        Assert.Equal((200, "1"), await program.PostAsync("/track", Bodies(2_000)));

        // How one too many is refused is told nowhere: that it is, and whole, is the limit.
        Assert.NotEqual((200, "1"), await world.PostAsync("/track", Bodies(2_001), authorized: false));
        Assert.NotEqual((200, "1"), await program.PostAsync("/track", Bodies(2_001)));
        Assert.Equal((2_000, 2_000), (world.Mixpanel.EventCount(RowWorld.Id), program.Sluice.Events().Count(e => e.Name == "Tracked")));

        // One allowance for both.
        while ((await world.PostAsync("/import?strict=1&project_id=12345", Bodies(1_000))).Status == 200)
        {
            Assert.Equal(0, world.Mixpanel.Calls.BudgetViolationCount);
        }

        Assert.Equal(429, (await world.PostAsync("/track", Bodies(1_000), authorized: false)).Status);

        string Bodies(int events) =>
            $"[{string.Join(',', Enumerable.Range(0, events).Select(i => world.Event("row-13", $"i-{i}", "Tracked", $",\"token\":\"{RunningSluice.Token}\"")))}]";
    }

    [Fact]
    public async Task Engage_takes_2000_updates_a_batch()
    {
        await using var world = await RowWorld.StartAsync();
        var updates = Enumerable.Range(0, MixpanelBatch.MaxCount + 1)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $$$"""{"$token":"simulator-token","$distinct_id":"u-{{{i}}}","$set":{"n":{{{i}}}}}""")).ToArray();
        var batch = RowWorld.Batch(updates[..^1]);
        Assert.Equal((2_000, false), (batch.Count, batch.TryAppend(Encoding.UTF8.GetBytes(updates[^1]))));
        Assert.Empty((await world.Ingestion().EngageAsync(batch, Token)).Failed);
        Assert.Equal((2_000, 2_000), (world.Mixpanel.Calls.Last[^1].Accepted, world.Mixpanel.Profiles(RowWorld.Id).Count));
        Assert.Equal((200, "0"), await world.PostAsync("/engage", $"[{string.Join(',', updates)}]", authorized: false));
        Assert.Equal(2_000, world.Mixpanel.Profiles(RowWorld.Id).Count);
    }

    [Fact]
    public async Task Queries_of_all_kinds_share_60_an_hour_and_5_at_once()
    {
        await using (var world = await RowWorld.StartAsync())
        {
            var gate = await world.GateAsync();
            Func<MixpanelQueryClient, Task>[] kinds =
            [
                client => client.CohortsAsync(Token),
                client => client.ProfilesAsync(new ProfileQuery(), cancellationToken: Token),
                client => client.SegmentationAsync(new SegmentationQuery("Purchase", world.Today, world.Today), Token),
                client => client.RetentionAsync(new RetentionQuery(world.Today, world.Today), Token),
                client => client.FunnelsAsync(Token),
                client => client.StreamAsync(["u-1"], world.Today, world.Today, Token),
            ];
            await SpendAsync(world, gate, i => kinds[i % kinds.Length](world.Query(gate: gate)));
        }

        await AtOnceAsync("/api/query/cohorts/list", client => client.CohortsAsync(Token), _ => { });
    }

    [Fact]
    public async Task Scripts_count_as_queries()
    {
        await using (var world = await RowWorld.StartAsync())
        {
            world.Desk.SetScript(Script, "[1]");
            var gate = await world.GateAsync();
            await SpendAsync(world, gate, _ => RowsAsync(world.Query(gate: gate)));
        }

        await AtOnceAsync("/api/query/jql", RowsAsync, world => world.Desk.SetScript(Script, "[1]"));
    }

    [Fact]
    public async Task Reading_cohorts_has_no_limit_of_its_own_and_syncing_them_none_an_hour()
    {
        await using (var world = await RowWorld.StartAsync())
        {
            world.Desk.SetCohort(7, "Everybody", "u-1");
            var gate = await world.GateAsync();
            await SpendAsync(
                world, gate, i => i % 2 == 0 ? world.Query(gate: gate).CohortsAsync(Token) : world.Query(gate: gate).ProfilesAsync(new ProfileQuery { Cohort = 7 }, cancellationToken: Token));
        }

        await program.StartedAsync();
        await using var sender = RowProgram.Sender(new ManualClock(), onSchedule: false);
        var cohort = sender.AddCohort("218", "Sent again and again");
        sender.StartSync("218", program.Connect(sender), SyncKind.Recurring);
        for (var run = 1; run <= 61; run++)
        {
            cohort.Add($"u-{run:00}");
            await SucceedsAsync(sender, "218");
        }

        await program.HoldsAsync("218", [.. cohort.DistinctIds().Order(StringComparer.Ordinal)]);
    }

    [Fact]
    public async Task Exports_are_60_an_hour_3_a_second_and_100_at_once()
    {
        await using (var world = await RowWorld.StartAsync())
        {
            var gate = await world.GateAsync();
            var request = new ExportRequest(world.Today, world.Today);
            for (var i = 0; i < 3; i++)
            {
                await RowWorld.LinesAsync(world.Export(gate: gate), request);
            }

            await NoMoreAsync();
            for (var i = 3; i < 60; i++)
            {
                world.Clock.Advance(Pause);
                await RowWorld.LinesAsync(world.Export(gate: gate), request);
            }

            world.Clock.Advance(Pause);
            await NoMoreAsync();
            world.Clock.Advance(TimeSpan.FromHours(1));
            await RowWorld.LinesAsync(world.Export(gate: gate), request);
            Assert.Equal(2, world.Mixpanel.Calls.BudgetViolationCount);

            async Task NoMoreAsync()
            {
                await Assert.ThrowsAsync<MixpanelBudgetException>(() => RowWorld.LinesAsync(world.Export(gate: gate), request));
                Assert.Equal(MixpanelFailureKind.RateLimited, await RowWorld.FailureAsync(() => RowWorld.LinesAsync(world.Export(), request)));
            }
        }

        await using (var world = await RowWorld.StartAsync(new MixpanelSimulatorOptions { Limits = new MixpanelLimits { ExportsPerHour = 1_000, ExportsPerSecond = 1_000 } }))
        {
            // Sluice asks for 100 days at most; Mixpanel itself has no such rule.
            var request = new ExportRequest(world.Today.AddDays(-249), world.Today);
            await RowWorld.LinesAsync(world.Export(), request);
            Assert.Equal(3, world.Calls.Count());
            await RowWorld.LinesAsync(world.Export(), request with { WindowDays = 250 });
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"from_date={request.From:yyyy-MM-dd}&to_date={request.To:yyyy-MM-dd}"), world.Parameters, StringComparison.Ordinal);

            world.Mixpanel.Faults.Add("GET", ExportPath, MixpanelFaultEffect.SlowAnswer(TimeSpan.FromMinutes(1)), count: 100);
            var slow = Enumerable.Range(0, 100).Select(_ => RowWorld.LinesAsync(world.Export(), request with { From = world.Today })).ToArray();
            await Eventually.TrueAsync("100 exports to be under way", () => world.Desk.Exports.AtOnce == 100 && world.Clock.WaitingTimers >= 100, TimeSpan.FromMinutes(2), cancellationToken: Token);
            Assert.Equal(MixpanelFailureKind.RateLimited, await RowWorld.FailureAsync(() => RowWorld.LinesAsync(world.Export(), request with { From = world.Today })));
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAll(slow);
        }
    }

    [Fact]
    public async Task A_402_is_about_the_plan_and_not_about_amounts()
    {
        await using var world = await RowWorld.StartAsync(new MixpanelSimulatorOptions
        {
            Projects = [new MixpanelProject { AllowsQueries = false }], Limits = new MixpanelLimits { IngestionBytes = 1_000 },
        });
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => world.Query().CohortsAsync(Token));
        Assert.Equal((MixpanelFailureKind.PaymentRequired, false), (failure.Kind, failure.ShouldRetry));
        Assert.Contains("plan does not allow API calls", failure.Message, StringComparison.Ordinal);
        Assert.Equal(MixpanelFailureKind.PaymentRequired, await RowWorld.FailureAsync(() => RowsAsync(world.Query())));

        // Free projects were seen to have raw export; and whoever sends too much is told another number.
        Assert.Empty(await RowWorld.LinesAsync(world.Export(), new ExportRequest(world.Today, world.Today)));
        var batch = RowWorld.Batch(Enumerable.Range(0, 30).Select(i => world.Event(insertId: $"i-{i}")));
        Assert.Equal(MixpanelFailureKind.RateLimited, await RowWorld.FailureAsync(() => world.Ingestion().ImportAsync(batch, Token)));
    }

    [Fact]
    public async Task An_event_is_a_copy_when_four_things_are_equal()
    {
        await using var world = await RowWorld.StartAsync();
        await program.StartedAsync();
        var first = world.Event("row-22", "i-1", "Kept");
        string[] events =
        [
            first, first.Replace("}}", ",\"more\":1}}", StringComparison.Ordinal), world.Event("row-22-b", "i-1", "Kept"), world.Event("row-22", "i-2", "Kept"),
            world.Event("row-22", "i-1", "Kept too"), Earlier(first),
        ];
        var sluice = new MixpanelIngestionClient(
            world.Http, new MixpanelClientOptions { Credentials = MixpanelCredentials.ServiceAccount("access", "secret", RunningSluice.ProjectId), Hosts = MixpanelHosts.At(program.Sluice.Url) });
        for (var round = 0; round < 2; round++)
        {
            Assert.Empty((await world.Ingestion().ImportAsync(RowWorld.Batch(events), Token)).Failed);
            Assert.Empty((await sluice.ImportAsync(RowWorld.Batch(events), Token)).Failed);
        }

        // Six of which one is a copy, sent twice: raw export gives all, everything else each once.
        Assert.Equal(12, (await RowWorld.LinesAsync(world.Export(), new ExportRequest(world.Today, world.Today))).Count);
        string[] expected = [.. world.Mixpanel.QueryEvents(RowWorld.Id).Select(e => $"{e.Name} {e.DistinctId} {e.InsertId} {e.TimeMs}").Order(StringComparer.Ordinal)];
        Assert.Equal(5, expected.Length);
        Assert.Equal(expected, program.Sluice.Events().Where(e => e.Text("distinct_id")!.StartsWith("row-22", StringComparison.Ordinal))
            .Select(e => $"{e.Name} {e.Text("distinct_id")} {e.Text("$insert_id")} {e.Time}").Order(StringComparer.Ordinal));
    }

    // The same event an hour earlier.
    private static string Earlier(string one)
    {
        var node = JsonNode.Parse(one)!;
        node["properties"]!["time"] = node["properties"]!["time"]!.GetValue<long>() - 3_600;
        return node.ToJsonString();
    }

    /// <summary>Spends the hour's 60 calls; then neither our books nor Mixpanel's have another one, until an hour has passed.</summary>
    private static async Task SpendAsync(RowWorld world, IMixpanelGate gate, Func<int, Task> call)
    {
        for (var i = 0; i < 60; i++)
        {
            await call(i);
            world.Clock.Advance(Pause);
        }

        await Assert.ThrowsAsync<MixpanelBudgetException>(() => call(60));
        await Assert.ThrowsAsync<MixpanelBudgetException>(() => world.Query(gate: gate).CohortsAsync(Token));
        Assert.Equal(60, world.Mixpanel.Calls.Total);
        Assert.Equal(MixpanelFailureKind.RateLimited, await RowWorld.FailureAsync(() => world.Query().CohortsAsync(Token)));

        // An hour after the first one there is one again.
        world.Clock.Advance(TimeSpan.FromHours(1) - (60 * Pause) + TimeSpan.FromSeconds(1));
        await call(61);
        Assert.Equal(1, world.Mixpanel.Calls.BudgetViolationCount);
    }

    /// <summary>Has five calls under way; neither our books nor Mixpanel have a place for a sixth.</summary>
    private static async Task AtOnceAsync(string path, Func<MixpanelQueryClient, Task> call, Action<RowWorld> prepare)
    {
        await using var world = await RowWorld.StartAsync();
        prepare(world);
        var gate = await world.GateAsync();
        world.Mixpanel.Faults.Add("POST", path, MixpanelFaultEffect.SlowAnswer(TimeSpan.FromMinutes(1)), count: 5);
        var slow = Enumerable.Range(0, 5).Select(_ => call(world.Query(gate: gate))).ToArray();
        await Eventually.TrueAsync("5 queries to be under way", () => world.Desk.Queries.AtOnce == 5 && world.Clock.WaitingTimers >= 5, TimeSpan.FromMinutes(2), cancellationToken: Token);
        await Assert.ThrowsAsync<MixpanelBudgetException>(() => call(world.Query(gate: gate)));
        Assert.Equal(MixpanelFailureKind.RateLimited, await RowWorld.FailureAsync(() => call(world.Query())));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Task.WhenAll(slow);
        await Eventually.TrueAsync("no query to be under way", () => world.Desk.Queries.AtOnce == 0, cancellationToken: Token);
        world.Clock.Advance(Pause);
        await call(world.Query(gate: gate));
        Assert.Equal(1, world.Mixpanel.Calls.BudgetViolationCount);
    }
}
