using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Sluice.Commands;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Testing;

namespace Sluice.Tests.Commands;

/// <summary><c>sluice export --source mixpanel</c> against the simulated Mixpanel: the file is what Mixpanel has, whatever happens on the way.</summary>
public sealed class ExportTests
{
    private const int EventsPerDay = 400;
    private const string Path = "/api/2.0/export";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly DateOnly To = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-2);
    private static readonly DateOnly From = To.AddDays(-7);

    [Fact]
    public async Task A_file_holds_what_mixpanel_has_and_nothing_else_is_left()
    {
        await using var world = await WorldAsync();
        var json = (await world.RunAsync("--days", "3", "--format", "json")).Expect(0).Json;
        Assert.Equal((8 * EventsPerDay, 3, 0), (json.GetProperty("events").GetInt32(), json.GetProperty("calls").GetInt32(), json.GetProperty("damaged").GetInt32()));
        Assert.Equal(await world.TruthAsync(), await File.ReadAllTextAsync(world.File, CommandHome.Token));
        Assert.Equal([world.File], Directory.GetFiles(world.Folder.Path));

        var text = await world.RunAsync("--days", "3", "--restart");
        Assert.Contains("3,200", text.Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(await world.TruthAsync(), await File.ReadAllTextAsync(world.File, CommandHome.Token));
    }

    [Fact]
    public async Task Events_and_expressions_are_mixpanels_to_choose()
    {
        await using var world = await WorldAsync();
        var json = (await world.RunAsync("--event", "Purchase", "--event", "Search", "--where", "properties[\"$insert_id\"] != \"x\"", "--format", "json")).Expect(0).Json;
        var names = File.ReadLines(world.File).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("event").GetString()).ToList();
        Assert.Equal(["Purchase", "Search"], names.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(json.GetProperty("events").GetInt32(), names.Count);
        Assert.InRange(names.Count, 1, (8 * EventsPerDay) - 1);
    }

    [Fact]
    public async Task A_packed_file_is_one_although_it_was_written_in_windows()
    {
        await using var world = await WorldAsync();
        (await world.RunAsync("--gzip", "--days", "2")).Expect(0);
        await using var packed = File.OpenRead(world.File);
        using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        Assert.Equal(await world.TruthAsync(), await reader.ReadToEndAsync(CommandHome.Token));
    }

    [Fact]
    public async Task A_window_that_breaks_is_asked_for_again_and_nothing_comes_twice()
    {
        await using var world = await WorldAsync();
        world.Mixpanel.Faults.Add("GET", Path, MixpanelFaultEffect.CutInside(150));
        world.Mixpanel.Faults.Add("GET", Path, MixpanelFaultEffect.TerminatedEarly(150));
        (await world.RunAsync("--days", "4")).Expect(0);
        Assert.Equal(await world.TruthAsync(), await File.ReadAllTextAsync(world.File, CommandHome.Token));
    }

    [Fact]
    public async Task What_a_run_could_not_end_the_next_one_goes_on_with()
    {
        await using var world = await WorldAsync();

        // From the third window on, Mixpanel asks to wait longer than somebody before a terminal does.
        foreach (var call in Enumerable.Range(3, 20))
        {
            world.Mixpanel.Faults.Add(new MixpanelFault { Method = "GET", Path = Path, Nth = call, Effect = MixpanelFaultEffect.TooManyRequests(1_800) });
        }

        var stopped = await world.RunAsync("--days", "2");
        Assert.Equal(2, world.Windows);
        Assert.Contains("repeat the command", stopped.Expect(5).Error, StringComparison.OrdinalIgnoreCase);
        Assert.False(File.Exists(world.File));
        Assert.True(File.Exists(world.File + ".part.state"));
    }

    [Fact]
    public async Task Killed_at_any_moment_an_export_goes_on_without_loss_and_twice()
    {
        await using var world = await WorldAsync();
        for (var round = 0; round < 2; round++)
        {
            world.Mixpanel.Faults.Clear();
            world.Mixpanel.Faults.Add(new MixpanelFault { Method = "GET", Path = Path, Nth = 2, Effect = MixpanelFaultEffect.SlowBody(100, TimeSpan.FromHours(1)) });
            await using var child = ChildProcess.Sluice(world.Arguments("--days", "1"));
            var before = world.LastDay;

            // In the midst of a window: one is done, and of the next the body stands still after some bytes, which are there or about to be.
            await Eventually.TrueAsync($"a window of round {round}", () => world.LastDay > before, Patience, cancellationToken: CommandHome.Token);
            await child.KillAsync(CommandHome.Token);
        }

        world.Mixpanel.Faults.Clear();
        Assert.False(File.Exists(world.File));
        var done = world.LastDay;
        var json = (await world.RunAsync("--days", "1", "--format", "json")).Expect(0).Json;
        Assert.Equal(done.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), json.GetProperty("resumed").GetString());
        Assert.Equal(To.DayNumber - done.DayNumber, json.GetProperty("calls").GetInt32());
        Assert.Equal(await world.TruthAsync(), await File.ReadAllTextAsync(world.File, CommandHome.Token));
    }

    [Fact]
    public async Task What_lies_behind_the_last_whole_window_is_cut_off()
    {
        await using var world = await WorldAsync();
        (await world.RunAsync("--days", "1")).Expect(0);
        var whole = await File.ReadAllTextAsync(world.File, CommandHome.Token);
        var lines = whole.Split('\n')[..(3 * EventsPerDay)];
        var kept = string.Join('\n', lines) + "\n";
        File.Delete(world.File);
        await File.WriteAllTextAsync(world.File + ".part", kept + "{\"event\":\"half", CommandHome.Token);
        await world.SetStateAsync(From.AddDays(2), Encoding.UTF8.GetByteCount(kept));
        (await world.RunAsync("--days", "1")).Expect(0);
        Assert.Equal(whole, await File.ReadAllTextAsync(world.File, CommandHome.Token));
    }

    [Fact]
    public async Task Begun_again_and_killed_in_the_first_window_nothing_of_the_old_export_counts()
    {
        await using var world = await WorldAsync();
        await File.WriteAllTextAsync(world.File + ".part", "{}\n", CommandHome.Token);
        await world.SetStateAsync(From.AddDays(2), 3);
        world.Mixpanel.Faults.Add("GET", Path, MixpanelFaultEffect.Error(402, "Your plan does not allow API calls."));
        Assert.NotEqual(0, (await world.RunAsync("--restart")).Code);

        // As a kill would have left it: bytes of a window that is not whole, and more than the old state speaks of.
        await File.WriteAllTextAsync(world.File + ".part", "{\"event\":\"half", CommandHome.Token);
        (await world.RunAsync()).Expect(0);
        Assert.Equal(await world.TruthAsync(), await File.ReadAllTextAsync(world.File, CommandHome.Token));
    }

    [Fact]
    public async Task Behind_what_standard_output_has_of_a_window_nothing_is_written_again()
    {
        await using var world = await WorldAsync();
        var line = $"{{\"event\":\"A\",\"properties\":{{\"x\":\"{new string('x', 1_000)}\"}}}}\n";
        var body = string.Concat(Enumerable.Repeat(line, 2_000)) + "{\"error\":\"Timeout Error.\"}\n";
        world.Mixpanel.Faults.Add("GET", Path, new MixpanelFaultEffect { Kind = MixpanelFaultKind.Status, Status = 200, Body = body });
        var ran = await world.Home.RunAsync("export", "--source", "mixpanel", "--from", Text(From), "--to", Text(From.AddDays(1)), "--days", "2");
        Assert.NotEqual(0, ran.Code);
        Assert.NotEmpty(ran.Output);
        Assert.StartsWith(ran.Output, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_output_has_the_events_and_nothing_else()
    {
        await using var world = await WorldAsync();
        var ran = await world.Home.RunAsync("export", "--source", "mixpanel", "--from", Text(From), "--to", Text(From));
        Assert.Contains("400 events in 1 calls", ran.Expect(0).Error, StringComparison.Ordinal);
        Assert.Equal(await world.TruthAsync(From, From), ran.Output);
    }

    [Fact]
    public async Task What_cannot_be_exported_is_told_by_its_code()
    {
        await using var world = await WorldAsync();
        (await world.Home.RunAsync("export", "--source", "own", "--from", Text(From), "--to", Text(To))).Expect(2);
        (await world.Home.RunAsync("export", "--source", "mixpanel", "--from", Text(To), "--to", Text(From))).Expect(2);
        (await world.Home.RunAsync("export", "--source", "mixpanel", "--from", "yesterday", "--to", Text(From))).Expect(2);
        (await world.Home.RunAsync("export", "--source", "mixpanel", "--from", Text(From), "--to", Text(To.AddDays(9)))).Expect(2);
        (await world.RunAsync("--days", "101")).Expect(2);

        (await world.RunAsync()).Expect(0);
        Assert.Contains("is there already", (await world.RunAsync()).Expect(2).Error, StringComparison.Ordinal);
        File.Move(world.File, world.File + ".part");
        await File.WriteAllTextAsync(
            world.File + ".part.state",
            """{"Question":{"Project":"shop","From":"2020-01-01","To":"2020-01-02","Events":"","Gzip":false},"Done":null,"Length":0,"Records":0,"Damaged":0}""",
            CommandHome.Token);
        Assert.Contains("another export", (await world.RunAsync()).Expect(2).Error, StringComparison.Ordinal);

        await world.ChangeAsync("simulator-secret", "wrong-secret");
        Assert.DoesNotContain("wrong-secret", (await world.RunAsync("--restart")).Expect(78).Error, StringComparison.Ordinal);
        await world.ChangeAsync("service_account:", "sync: { groups: true } #");
        Assert.Contains("credentials", (await world.RunAsync("--restart")).Expect(78).Error, StringComparison.Ordinal);
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static async Task<World> WorldAsync()
    {
        var mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions { Projects = [new MixpanelProject { Id = "4100200" }], Limits = new MixpanelLimits { ExportsPerHour = 1_000, ExportsPerSecond = 1_000 } },
            CommandHome.Token);
        mixpanel.Desk("4100200").Generate(new MixpanelGenerated(From, To, EventsPerDay));
        var world = new World(mixpanel, await CommandHome.CreateAsync(TimeProvider.System));
        await world.Home.WithStoreAsync(_ => Task.CompletedTask);
        await world.ChangeAsync(
            "enabled: true",
            $$"""
            enabled: true
                service_account: { username: simulator.account, secret: simulator-secret }
                endpoints: { export: "{{mixpanel.ExportUrl.AbsoluteUri}}api/2.0" }
            """);
        return world;
    }

    private sealed class World(MixpanelSimulator mixpanel, CommandHome home) : IAsyncDisposable
    {
        public MixpanelSimulator Mixpanel => mixpanel;

        public CommandHome Home => home;

        public TempFolder Folder { get; } = new();

        public string File => Folder.Combine("events.ndjson");

        public int Windows => LastDay.DayNumber == 0 ? 0 : (LastDay.DayNumber - From.DayNumber + 1) / 2;

        /// <summary>The last whole day, by the state; the first day of all before there is one.</summary>
        public DateOnly LastDay
        {
            get
            {
                if (!System.IO.File.Exists(File + ".part.state"))
                {
                    return default;
                }

                using var state = JsonDocument.Parse(System.IO.File.ReadAllText(File + ".part.state"));
                return DateOnly.ParseExact(state.RootElement.GetProperty("Done").GetString()!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
            }
        }

        public string[] Arguments(params string[] more) =>
            ["export", "--source", "mixpanel", "--from", Text(From), "--to", Text(To), "--output", File, .. more, "--config", home.ConfigFile];

        public Task<Ran> RunAsync(params string[] more) => home.RunAsync(Arguments(more)[..^2]);

        public Task<string> TruthAsync() => TruthAsync(From, To);

        public async Task<string> TruthAsync(DateOnly from, DateOnly to)
        {
            using var http = new HttpClient(CommandHost.Process.Http());
            http.DefaultRequestHeaders.Add("Authorization", "Basic " + Convert.ToBase64String("simulator.account:simulator-secret"u8));
            return await http.GetStringAsync(
                new Uri(mixpanel.ExportUrl, $"{Path}?project_id=4100200&from_date={Text(from)}&to_date={Text(to)}&time_in_ms=true"), CommandHome.Token);
        }

        /// <summary>Lays down how far an export of all days has come.</summary>
        public Task SetStateAsync(DateOnly done, int length) => System.IO.File.WriteAllTextAsync(
            File + ".part.state",
            JsonSerializer.Serialize(new
            {
                Question = new { CommandHome.Project, From = Text(From), To = Text(To), Events = "", Where = (string?)null, Gzip = false },
                Done = Text(done),
                Length = length,
                Records = (done.DayNumber - From.DayNumber + 1) * EventsPerDay,
                Damaged = 0,
            }),
            CommandHome.Token);

        public async Task ChangeAsync(string old, string now)
        {
            var config = await System.IO.File.ReadAllTextAsync(home.ConfigFile, CommandHome.Token);
            Assert.Contains(old, config, StringComparison.Ordinal);
            await System.IO.File.WriteAllTextAsync(home.ConfigFile, config.Replace(old, now, StringComparison.Ordinal), CommandHome.Token);
        }

        public async ValueTask DisposeAsync()
        {
            await home.DisposeAsync();
            await mixpanel.DisposeAsync();
            Folder.Dispose();
        }
    }
}
