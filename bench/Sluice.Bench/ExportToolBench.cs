using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Sluice.Core.Projects;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Bench;

/// <summary>
/// Two ways to have a project's events in a file: <c>sluice export --source mixpanel</c> and the npm tool <c>mixpanel-import</c>. Both are processes
/// of their own from their start to their end, take the same days of the simulated Mixpanel, packed beforehand, and alternate who begins.
/// </summary>
internal static class ExportToolBench
{
    private const int Days = 5;
    private const string Id = "12345";
    private const string Tool = "tests/Sluice.Tests/Ingestion/mixpanel-import";
    private static readonly DateOnly From = new(2026, 1, 1);
    private static readonly DateOnly To = From.AddDays(Days - 1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public static async Task<int> RunAsync(BenchOptions options)
    {
        if (!Directory.Exists(Path.Combine(Repository.Combine(Tool), "node_modules", "mixpanel-import")))
        {
            Console.Error.WriteLine($"mixpanel-import is not installed: npm ci in {Tool}");
            return 1;
        }

        var events = options.Members / Days * Days;
        await using var mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions { Limits = new MixpanelLimits { ExportsPerHour = int.MaxValue, ExportsPerSecond = int.MaxValue } });
        mixpanel.Desk(Id).Generate(new MixpanelGenerated(From, To, events / Days) { Wide = true, KeepPacked = true });
        var bytes = await PackAsync(mixpanel, "");
        await PackAsync(mixpanel, "&time_in_ms=true");
        var (rates, memories) = (new List<double>(), new List<double>());
        for (var run = 0; run < options.Runs; run++)
        {
            var measures = new Measure[2];
            foreach (var one in run % 2 == 0 ? [0, 1] : (int[])[1, 0])
            {
                measures[one] = one == 0 ? await SluiceAsync(mixpanel, events) : await ToolAsync(mixpanel, events);
            }

            rates.Add(measures[0].Rate / measures[1].Rate);
            memories.Add((double)measures[0].PeakBytes / measures[1].PeakBytes);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  sluice export {measures[0]}, mixpanel-import {measures[1]}; ratios: rate {rates[^1]:0.00}, memory {memories[^1]:0.00}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"export of {events:N0} events of {bytes / events:N0} bytes: median ratios sluice / mixpanel-import: rate {BenchOptions.Median(rates):0.00}, peak memory {BenchOptions.Median(memories):0.00}"));
        return 0;
    }

    /// <summary>Has the simulator pack its days in one form of time, and tells how large they are.</summary>
    private static async Task<long> PackAsync(MixpanelSimulator mixpanel, string more)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = System.Net.DecompressionMethods.GZip }) { Timeout = TimeSpan.FromMinutes(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("simulator.account:simulator-secret"u8));
        await using var stream = await http.GetStreamAsync(new Uri(mixpanel.ExportUrl, $"/api/2.0/export?project_id={Id}&from_date={Text(From)}&to_date={Text(To)}{more}"));
        var buffer = new byte[256 * 1024];
        long all = 0;
        while (await stream.ReadAsync(buffer) is var count and > 0)
        {
            all += count;
        }

        return all;
    }

    // A store of its own each time: its books allow 60 exports an hour.
    private static async Task<Measure> SluiceAsync(MixpanelSimulator mixpanel, int events)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.Combine("data"));
        await using (var store = await Store.OpenSqliteAsync(folder.Combine("data", "sluice.db"), TimeProvider.System, CancellationToken.None))
        {
            await store.Projects.PutAsync(new StoredProject(BenchServer.Project, "bench-access", new byte[32]), CancellationToken.None);
        }

        var config = folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{folder.Combine("data")}} }
            project: { id: {{BenchServer.Project}}, access_key: bench-access, secret_key: bench-secret }
            connectors:
              mixpanel:
                project_id: "{{Id}}"
                service_account: { username: simulator.account, secret: simulator-secret }
                endpoints: { export: "{{mixpanel.ExportUrl.AbsoluteUri}}api/2.0" }
            """);
        var file = folder.Combine("events.ndjson");
        return await MeasureAsync(
            () => ChildProcess.Sluice(["export", "--source", "mixpanel", "--from", Text(From), "--to", Text(To), "--output", file, "--config", config]), file, events);
    }

    private static async Task<Measure> ToolAsync(MixpanelSimulator mixpanel, int events)
    {
        using var folder = new TempFolder();
        return await MeasureAsync(
            () => ChildProcess.Start(
                "node",
                [
                    Repository.Combine("bench/Sluice.Bench/export-tool.mjs"), Repository.Combine(Tool), mixpanel.ExportUrl.AbsoluteUri, "simulator.account",
                    "simulator-secret", Id, Text(From), Text(To), folder.Path,
                ],
                new Dictionary<string, string?> { ["HTTPS_PROXY"] = null, ["HTTP_PROXY"] = null }),
            folder.Combine("events.json"), events);
    }

    private static async Task<Measure> MeasureAsync(Func<ChildProcess> start, string file, int events)
    {
        var clock = Stopwatch.StartNew();
        await using var process = start();
        var tree = new ProcessTree(process.Id);
        while (!process.HasExited)
        {
            tree.Look();
            await Task.Delay(Look, TimeProvider.System);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var code = await process.WaitForExitAsync();
        var lines = code == 0 ? File.ReadLines(file).Count() : 0;
        return lines == events
            ? new Measure(events / seconds, tree.PeakBytes)
            : throw new InvalidOperationException($"Ended with {code} and {lines} of {events} events: {string.Join('\n', process.Output.Concat(process.Errors))}");
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private sealed record Measure(double Rate, long PeakBytes)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rate:N0} events/s and {PeakBytes / 1e6:N0} MB");
    }
}
