using System.Globalization;
using Sluice.Simulators.Brevo;

namespace Sluice.Bench;

/// <summary>
/// How long a small change of a cohort takes from the webhook's answer until Brevo's list shows it: when nothing else happens, and
/// while one large import follows the other.
/// </summary>
internal static class LatencyBench
{
    private const int KnownPeople = 10_000;
    private const int FirstMembers = 2_000;
    private const long KnownList = 15;
    private const long ChangingList = 16;
    private const long LargeList = 17;
    private const int LargeLists = 30;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static async Task<int> RunAsync(BenchOptions options)
    {
        foreach (var engine in options.Engines)
        {
            await using var brevo = await StartBrevoAsync();
            await using var server = await BenchServer.StartAsync(engine, Connectors(brevo));
            await LatencyCohort.FullAsync(server, "known", 0, KnownPeople);
            await LatencyCohort.FullAsync(server, "changing", 0, FirstMembers);
            await UntilAsync(() => brevo.ListCount(KnownList) == KnownPeople && brevo.ListCount(ChangingList) == FirstMembers, CancellationToken.None);

            var changes = new LatencyChanges(server, brevo, "changing", ChangingList, KnownPeople, FirstMembers);
            Print(engine, "calm", await changes.RunAsync(options.Changes));

            using var over = new CancellationTokenSource();
            var feeding = FeedAsync(server, brevo, options.Members, over.Token);
            await UntilAsync(() => feeding.IsCompleted || brevo.Processes.Count > 1, CancellationToken.None);
            Print(engine, "beside imports", await changes.RunAsync(options.Changes));
            await over.CancelAsync();
            var imports = await feeding;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{engine}: {imports} imports of {options.Members:N0} people went by; {brevo.Calls.BudgetViolationCount} calls were beyond a budget"));
        }

        return 0;
    }

    private static async Task<BrevoSimulator> StartBrevoAsync()
    {
        var brevo = await BrevoSimulator.StartAsync();
        foreach (var list in Enumerable.Range((int)KnownList, (int)(LargeList - KnownList) + LargeLists))
        {
            brevo.CreateList(string.Create(CultureInfo.InvariantCulture, $"List {list}"), list);
        }

        return brevo;
    }

    private static string Connectors(BrevoSimulator brevo)
    {
        var large = Enumerable.Range(0, LargeLists).Select(i => string.Create(CultureInfo.InvariantCulture, $"large_{i}: {LargeList + i}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            connectors:
              mixpanel:
                project_id: "4100200"
                lists: { known: {{KnownList}}, changing: { list: {{ChangingList}}, max_removal: 1 }, {{string.Join(", ", large)}} }
              brevo:
                api_key: {{brevo.Options.ApiKey}}
                base_url: {{brevo.BaseUrl}}
            property_mapping: { $email: email, $first_name: FIRSTNAME, plan: PLAN_TYPE }
            """);
    }

    /// <summary>Sends one large cohort of new people after the other; each when the list of the one before it is full.</summary>
    /// <returns>How many reached their list.</returns>
    private static async Task<int> FeedAsync(BenchServer server, BrevoSimulator brevo, int members, CancellationToken cancellationToken)
    {
        var done = 0;
        try
        {
            for (; done < LargeLists; done++)
            {
                var list = LargeList + done;
                await LatencyCohort.FullAsync(server, string.Create(CultureInfo.InvariantCulture, $"large_{done}"), 10_000_000 + (done * members), members);
                await UntilAsync(() => brevo.ListCount(list) == members, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // All changes have been measured.
        }

        return done;
    }

    private static async Task UntilAsync(Func<bool> reached, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        while (!reached())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
        }
    }

    private static void Print(string engine, string phase, IReadOnlyList<LatencyChange> changes)
    {
        foreach (var kind in changes.GroupBy(c => c.Kind))
        {
            var seconds = kind.Select(c => c.Took.TotalSeconds).Order().ToArray();
            double Percentile(double part) => seconds[Math.Max(0, (int)Math.Ceiling(seconds.Length * part) - 1)];
            var worst = kind.MaxBy(c => c.Took)!;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{engine}, {phase}, {kind.Key}: {seconds.Length} changes of 1 to {kind.Max(c => c.People)} people: median {Percentile(0.5):0.00} s, 95 % {Percentile(0.95):0.00} s, 99 % {Percentile(0.99):0.00} s; longest {worst.Took.TotalSeconds:0.00} s for {worst.People} people, meanwhile {worst.Calls}"));
        }
    }
}
