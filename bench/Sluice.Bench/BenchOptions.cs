using System.Globalization;

namespace Sluice.Bench;

/// <summary>What is measured, and how large.</summary>
internal sealed record BenchOptions(string? Scenario, int Members, int Runs, int Changes, IReadOnlyList<string> Engines, IReadOnlyList<int> Senders)
{
    public static BenchOptions Parse(string[] args)
    {
        string? Value(string name) => args.SkipWhile(a => a != name).Skip(1).FirstOrDefault();
        int Number(string name, int otherwise) => Value(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        return new BenchOptions(
            args.FirstOrDefault(a => !a.StartsWith('-')),
            Number("--members", args.Contains("export-tool") ? 1_000_000 : 100_000),
            Number("--runs", 3),
            Number("--changes", 100),
            Value("--engine") is { } engine ? [engine] : ["sqlite", "postgres"],
            Value("--senders") is { } senders ? [int.Parse(senders, CultureInfo.InvariantCulture)] : [1, 8]);
    }

    public static int Usage()
    {
        Console.WriteLine("""
            intake     the webhook's rate against a bare loop that writes the same rows; peak memory of the server
            last-page  how long the last page of a full session takes, and how other requests fare meanwhile
            latency    from the webhook's answer until the list in Brevo shows a small change, calm and beside imports of N members
            events     the rate of /import, 2,000 events of a kilobyte a request, against a bare loop that writes the same rows
            events-long  whether that rate holds while the log grows; parts of a million
            event-delivery  how much of Brevo's budget N waiting events use in ten minutes of real time (take 100,000)
            plan       the difference of a list and its cohort against the engine's own EXCEPT
            export     raw export of N events by the client against a bare loop that unpacks and splits the same bytes; peak memory
            export-tool  the command `sluice export --source mixpanel` against the npm tool mixpanel-import on the same days of N events (1000000)

            --members N (100000)   --runs N (3)   --engine sqlite|postgres (both)   --senders N (1 and 8)
            --changes N (100; of each kind, for latency)
            """);
        return 2;
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
