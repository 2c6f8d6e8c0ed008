using System.Text.Json;
using Sluice.Testing;

namespace Sluice.Tests.Ingestion;

/// <summary>Mixpanel's own client for Node, unchanged but for its host, against the running program.</summary>
public sealed class NodeClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_node_client_sends_is_found_in_the_store_exactly()
    {
        OfficialClients.File("mixpanel/package.json");
        await using var sluice = await RunningSluice.StartAsync("original", tls: true, Token);

        using var seen = JsonDocument.Parse(await DriveAsync(sluice));
        await sluice.StopAsync(Token);

        // Every call is a success for the client, but for the one with a wrong secret and the one with an id that is none.
        Assert.Equal(
            [
                """importWrong: Mixpanel Server Error: {"code":401,"error":"Invalid credentials","status":"Unauthorized"}""",
                "importBad: Mixpanel Server Error: 'properties.distinct_id' is invalid: must be an id and not a placeholder of one",
            ],
            seen.RootElement.EnumerateObject()
                .Where(entry => entry.Value.GetRawText() is not ("\"ok\"" or "[\"ok\",\"ok\"]" or "[\"ok\"]" or "[]"))
                .Select(entry => $"{entry.Name}: {entry.Value}"));
        AssertEvents(sluice.Events());
        AssertProfiles(sluice);
        Assert.Equal(["u-1 alias-1 followed"], sluice.Claims());
        Assert.Equal(["import: 'properties.distinct_id' is invalid: must be an id and not a placeholder of one."], sluice.DeadLetters());
        Assert.Equal(
            ["import accepted Old 3", "import refused  1", "track accepted $create_alias 1", "track accepted Batch 60", "track accepted Signed up 2"],
            sluice.Counts().Where(c => c.StartsWith("import", StringComparison.Ordinal) || c.StartsWith("track", StringComparison.Ordinal)));
    }

    private static void AssertEvents(List<StoredEvent> events)
    {
        Assert.Equal(
            ["$create_alias 1", "Batch 60", "Old 3", "Signed up 2"],
            events.GroupBy(e => e.Name).Select(g => $"{g.Key} {g.Count()}").Order(StringComparer.Ordinal));
        var signedUp = events.Single(e => e.Name == "Signed up" && e.Text("distinct_id") == "u-1");
        Assert.Equal(("pro ≠ basic", "node"), (signedUp.Text("plan"), signedUp.Text("mp_lib")));
        Assert.False(signedUp.Properties.TryGetProperty("ip", out _) || signedUp.Properties.TryGetProperty("token", out _));
        Assert.Equal(
            Enumerable.Range(0, 60).Select(i => $"b-{i} ???>>>~~~ü").Order(StringComparer.Ordinal),
            events.Where(e => e.Name == "Batch").Select(e => $"{e.Text("distinct_id")} {e.Text("text")}").Order(StringComparer.Ordinal));
        var monthAgo = TimeProvider.System.GetUtcNow().AddDays(-30).ToUnixTimeMilliseconds();
        Assert.All(events.Where(e => e.Name == "Old"), e => Assert.InRange(e.Time, monthAgo - 600_000, monthAgo + 600_000));
        Assert.Equal("i-3", events.Single(e => e.Name == "Old" && e.Text("distinct_id") == "u-3").Text("$insert_id"));
    }

    private static void AssertProfiles(RunningSluice sluice)
    {
        var profiles = sluice.Profiles();
        Assert.Equal(["u-1"], profiles.Keys);
        var ana = profiles["u-1"];
        Assert.Equal(
            ("pro", 2, "[\"a\"]", "[\"y\",\"z\"]", 29.5, false),
            (ana.GetProperty("plan").GetString(), ana.GetProperty("logins").GetInt32(), ana.GetProperty("history").GetRawText(),
             ana.GetProperty("tags").GetRawText(), ana.GetProperty("$transactions")[0].GetProperty("$amount").GetDouble(),
             ana.TryGetProperty("$first_name", out _)));
        Assert.Equal(["""company acme {"$name":"Acme","tags":["b2b"]}"""], sluice.Groups());
    }

    private static Task<string> DriveAsync(RunningSluice sluice)
    {
        return ChildProcess.RunAsync(
            OfficialClients.Program("node"),
            [
                "mixpanel.mjs", sluice.Url.ToString(), RunningSluice.Token, RunningSluice.Account, RunningSluice.AccountSecret,
                RunningSluice.ProjectId, RunningSluice.ProjectSecret,
            ],
            new Dictionary<string, string?>
            {
                ["NODE_EXTRA_CA_CERTS"] = sluice.Certificate,

                // The client would send even calls to loopback through a proxy.
                ["HTTPS_PROXY"] = null,
                ["HTTP_PROXY"] = null,
            },
            OfficialClients.Folder, Patience, Token);
    }
}
