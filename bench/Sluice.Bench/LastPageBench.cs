using System.Diagnostics;
using System.Globalization;

namespace Sluice.Bench;

/// <summary>The page that makes a full session the membership, and what other requests feel of it and of the settling behind it.</summary>
internal static class LastPageBench
{
    public static async Task<int> RunAsync(BenchOptions options)
    {
        foreach (var engine in options.Engines)
        {
            await using var server = await BenchServer.StartAsync(engine);
            var pages = BenchCohort.Pages(options.Members);
            var clock = Stopwatch.StartNew();
            foreach (var page in pages.Take(pages.Count - 1))
            {
                await server.SendAsync(page);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{engine}: {pages.Count - 1:N0} pages of {options.Members:N0} members in {clock.Elapsed.TotalSeconds:0} s"));
            using var over = new CancellationTokenSource();
            var others = OthersAsync(server, over.Token);
            clock.Restart();
            await server.SendAsync(pages[^1]);
            var last = clock.Elapsed;

            // The settling that follows the swap is what others would feel.
            await Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, CancellationToken.None);
            await over.CancelAsync();
            var latencies = (await others).Order().ToArray();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{engine}: last page {last.TotalMilliseconds:0} ms; {latencies.Length} other requests: median {latencies[latencies.Length / 2]:0} ms, 99th percentile {latencies[(int)(latencies.Length * 0.99)]:0} ms, worst {latencies[^1]:0} ms; memory {server.PeakMemoryBytes() / 1e6:0} MB"));
        }

        return 0;
    }

    private static async Task<List<double>> OthersAsync(BenchServer server, CancellationToken cancellationToken)
    {
        var latencies = new List<double>();
        var pages = BenchCohort.Pages(20_000, "7700999");
        for (var i = 0; !cancellationToken.IsCancellationRequested; i++)
        {
            var clock = Stopwatch.StartNew();
            await server.SendAsync(pages[i % pages.Count]);
            latencies.Add(clock.Elapsed.TotalMilliseconds);
        }

        return latencies;
    }
}
