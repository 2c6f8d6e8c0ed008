using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Sluice.Simulators.Brevo;

namespace Sluice.Bench;

/// <summary>
/// How much of Brevo's budget events use in real time: more of them wait than can go out, every clock is the system's, and the calls of ten minutes are counted.
/// </summary>
internal static class EventDeliveryBench
{
    private const int People = 2_000;
    private const int PerRequest = 2_000;
    private const long List = 15;
    private const int SinglesPerSecond = 10;
    private const int BatchesPerHour = 100;
    private const int PerBatch = 200;
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static async Task<int> RunAsync(BenchOptions options)
    {
        foreach (var engine in options.Engines)
        {
            await using var brevo = await BrevoSimulator.StartAsync();
            brevo.CreateList("Everybody", List);
            await using var server = await BenchServer.StartAsync(engine, Connectors(brevo));
            await LatencyCohort.FullAsync(server, "everybody", 0, People);
            await UntilAsync(() => brevo.ListCount(List) == People);
            for (var from = 0; from < options.Members; from += PerRequest)
            {
                await SendAsync(server, from, Math.Min(PerRequest, options.Members - from));
            }

            await UntilAsync(() => brevo.EventCount > 0);
            var clock = Stopwatch.StartNew();
            await Task.Delay(Length, TimeProvider.System, CancellationToken.None);
            var seconds = clock.Elapsed.TotalSeconds;
            var (singles, batches, events) = (brevo.Calls.Count("POST", "/events"), brevo.Calls.Count("POST", "/events/batch"), brevo.EventCount);
            var allowed = (SinglesPerSecond * seconds) + (BatchesPerHour * PerBatch);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{engine}: {events:N0} events in {seconds:0} s, {events / allowed:P1} of {allowed:N0} allowed; single calls {singles:N0} of {SinglesPerSecond * seconds:N0}, batches {batches} of {BatchesPerHour}; {brevo.Calls.BudgetViolationCount} calls were beyond a budget; memory {server.PeakMemoryBytes() / 1e6:0} MB"));
        }

        return 0;
    }

    private static string Connectors(BrevoSimulator brevo) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        connectors:
          mixpanel:
            project_id: "4100200"
            project_token: bench-token
            lists: { everybody: {{List}} }
          brevo:
            api_key: {{brevo.Options.ApiKey}}
            base_url: {{brevo.BaseUrl}}
        property_mapping: { $email: email }
        event_mapping: { "*": "*" }
        """);

    private static async Task SendAsync(BenchServer server, int from, int count)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(from, count).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"event":"Viewed","properties":{"time":{{{now}}},"distinct_id":"{{{LatencyCohort.DistinctId(i % People)}}}","$insert_id":"delivery-{{{i}}}","page":"page {{{i % 7}}}"}}""")))));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using var answer = await server.Http.PostAsync("/import?strict=1", content);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"The server answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!reached())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }
}
