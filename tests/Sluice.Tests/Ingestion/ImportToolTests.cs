using System.Globalization;
using System.Text.Json;
using Sluice.Testing;

namespace Sluice.Tests.Ingestion;

/// <summary>The tool that teams bring their history with, as published but for where its connections lead, against the running program.</summary>
public sealed class ImportToolTests
{
    private const int Events = 5_000;
    private const int People = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_import_tool_sends_is_found_in_the_store_exactly()
    {
        using var folder = new TempFolder();
        var since = TimeProvider.System.GetUtcNow().AddDays(-20).ToUnixTimeSeconds();
        var events = folder.Write("events.ndjson", string.Join('\n', Enumerable.Range(0, Events).Select(i => Event(i, since))));
        var profiles = folder.Write("profiles.ndjson", string.Join('\n', Enumerable.Range(0, People).Select(Profile)));
        await using var sluice = await RunningSluice.StartAsync("simplified", tls: false, Token);

        Assert.Equal(
            """{"event":{"total":5000,"success":5000,"failed":0},"user":{"total":300,"success":300,"failed":0}}""",
            await DriveAsync(sluice, events, profiles));
        await sluice.StopAsync(Token);

        Assert.Equal(
            Enumerable.Range(0, Events).Select(i => Line($"Old {i % 5}", (since + i) * 1000, $"p-{i % People}", $"insert-{i}", $"{i} ü≠\ud83d\ude00", i / 4.0)).Order(StringComparer.Ordinal),
            sluice.Events()
                .Select(e => Line(
                    e.Name, e.Time, e.Text("distinct_id")!, e.Text("$insert_id")!, e.Text("text")!, e.Properties.GetProperty("amount").GetDouble()))
                .Order(StringComparer.Ordinal));
        Assert.Equal(
            Enumerable.Range(0, People).Select(i => $"p-{i} plan {i % 3} p-{i}@example.test").Order(StringComparer.Ordinal),
            sluice.Profiles().Select(p => $"{p.Key} {p.Value.GetProperty("plan")} {p.Value.GetProperty("$email")}").Order(StringComparer.Ordinal));
    }

    private static string Event(int i, long since) => JsonSerializer.Serialize(new
    {
        @event = $"Old {i % 5}",
        properties = new Dictionary<string, object>
        {
            ["time"] = since + i, ["distinct_id"] = $"p-{i % People}", ["$insert_id"] = $"insert-{i}", ["text"] = $"{i} ü≠\ud83d\ude00", ["amount"] = i / 4.0,
        },
    });

    private static string Profile(int i) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["$token"] = RunningSluice.Token, ["$distinct_id"] = $"p-{i}",
        ["$set"] = new Dictionary<string, string> { ["plan"] = $"plan {i % 3}", ["$email"] = $"p-{i}@example.test" },
    });

    private static string Line(string name, long time, string person, string insertId, string text, double amount) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} {time} {person} {insertId} {text} {amount}");

    private static Task<string> DriveAsync(RunningSluice sluice, string events, string profiles)
    {
        var folder = Repository.Combine("tests/Sluice.Tests/Ingestion/mixpanel-import");
        Assert.True(Directory.Exists(Path.Combine(folder, "node_modules", "mixpanel-import")), $"mixpanel-import is not installed: npm ci in {folder}");
        return ChildProcess.RunAsync(
            OfficialClients.Program("node"),
            [
                "drive.mjs", sluice.Url.ToString(), RunningSluice.Account, RunningSluice.AccountSecret, RunningSluice.ProjectId, RunningSluice.Token, events, profiles,
            ],
            new Dictionary<string, string?> { ["HTTPS_PROXY"] = null, ["HTTP_PROXY"] = null },
            folder, Patience, Token);
    }
}
