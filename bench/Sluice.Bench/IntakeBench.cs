using System.Diagnostics;
using System.Globalization;

namespace Sluice.Bench;

/// <summary>The webhook's rate, durable before each answer, against the bare loop in the same run.</summary>
internal static class IntakeBench
{
    public static async Task<int> RunAsync(BenchOptions options)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"intake: {options.Members:N0} members, {options.Runs} runs, bodies made before the clock"));
        var pages = BenchCohort.Pages(options.Members);
        foreach (var engine in options.Engines)
        {
            var rows = await BareLoop.RowsAsync(pages, sharded: engine == "postgres");
            foreach (var senders in options.Senders)
            {
                var ratios = new List<double>();
                var memory = new List<double>();
                var rates = new List<double>();
                for (var run = 0; run < options.Runs; run++)
                {
                    var bare = engine == "postgres" ? await BareLoop.PostgresAsync(rows) : await BareLoop.SqliteAsync(rows);
                    var (seconds, peak) = await WebhookAsync(engine, pages, senders);
                    ratios.Add(bare / seconds);
                    rates.Add(options.Members / seconds);
                    memory.Add(peak / 1e6);
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"  {engine} {senders} senders: bare {options.Members / bare:N0}/s, webhook {options.Members / seconds:N0}/s, ratio {bare / seconds:0.00}, server's peak memory {peak / 1e6:0} MB"));
                }

                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{engine} {senders} senders: median ratio {BenchOptions.Median(ratios):0.00} (of {ratios.Min():0.00} to {ratios.Max():0.00}), {BenchOptions.Median(rates):N0} members/s, memory {memory.Max():0} MB"));
            }
        }

        return 0;
    }

    internal static async Task<(double Seconds, long PeakMemory)> WebhookAsync(string engine, List<byte[]> pages, int senders)
    {
        await using var server = await BenchServer.StartAsync(engine);
        var next = -1;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, senders).Select(async _ =>
        {
            for (var page = Interlocked.Increment(ref next); page < pages.Count; page = Interlocked.Increment(ref next))
            {
                await server.SendAsync(pages[page]);
            }
        }));
        return (clock.Elapsed.TotalSeconds, server.PeakMemoryBytes());
    }
}
