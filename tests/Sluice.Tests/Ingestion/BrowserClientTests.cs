using Sluice.Testing;

namespace Sluice.Tests.Ingestion;

/// <summary>Mixpanel's own script in a real browser, unchanged but for its host, against the running program.</summary>
public sealed class BrowserClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_browser_client_sends_is_found_in_the_store_exactly()
    {
        await using var sluice = await RunningSluice.StartAsync("simplified", tls: false, Token);
        var page = await File.ReadAllTextAsync(Repository.Combine("tests/Sluice.Tests/Ingestion/browser.html"), Token);
        page = page.Replace("{host}", sluice.Url.ToString().TrimEnd('/'), StringComparison.Ordinal).Replace("{token}", RunningSluice.Token, StringComparison.Ordinal);
        using var server = new PageServer(page, OfficialClients.File("mixpanel-browser/dist/mixpanel.umd.js"));
        using var profile = new TempFolder();
        string[] names = ["Before", "Beacon", "By GET", "Json", "Last", "Now", "Page"];
        await using (var browser = Open(server.Url, profile))
        {
            await Eventually.GetAsync(
                "every event and update to be in the store",
                () => string.Join(", ", sluice.Events().Select(e => e.Name).Order(StringComparer.Ordinal))
                    + $"; {sluice.Profiles().Count} profiles, {sluice.Groups().Count} groups; {string.Join(", ", server.Reports)}",
                seen => names.All(name => seen.Contains(name, StringComparison.Ordinal)) && seen.EndsWith("; 1 profiles, 1 groups; now 1", StringComparison.Ordinal),
                Patience, cancellationToken: Token);
            await browser.StopAsync(cancellationToken: Token);
        }

        await sluice.StopAsync(Token);
        var events = sluice.Events();
        Assert.Equal(names.Order(StringComparer.Ordinal), events.Select(e => e.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["now 1"], server.Reports);
        Assert.Equal(("😀 ≠ 한국", "web"), (events.Single(e => e.Name == "Before").Text("mood"), events.Single(e => e.Name == "Before").Text("mp_lib")));
        AssertPeople(sluice, events);
        Assert.Equal(["""company acme {"seats":40}"""], sluice.Groups());
        Assert.Empty(sluice.DeadLetters());
    }

    // The browser's device was nobody's before the person signed in, and is the person's from then on.
    private static void AssertPeople(RunningSluice sluice, List<StoredEvent> events)
    {
        var before = events.Single(e => e.Name == "Before");
        var device = before.Text("$device_id");
        Assert.Equal($"$device:{device}", before.Text("distinct_id"));
        Assert.All(events.Where(e => e.Name != "Before"), e => Assert.Equal("user-42", e.Text("distinct_id")));
        Assert.Equal([$"user-42 $device:{device} followed"], sluice.Claims());
        var profile = Assert.Single(sluice.Profiles());
        Assert.Equal(("user-42", "pro", 3), (profile.Key, profile.Value.GetProperty("plan").GetString(), profile.Value.GetProperty("logins").GetInt32()));
    }

    private static ChildProcess Open(Uri page, TempFolder profile) => ChildProcess.Start(
        OfficialClients.Program(OfficialClients.Browser),
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-breakpad", "--disable-crash-reporter",
            "--no-first-run", "--no-default-browser-check", "--disable-sync", "--disable-extensions", "--disable-component-update",
            "--disable-background-networking", "--disable-domain-reliability", "--no-proxy-server",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", $"--user-data-dir={profile.Path}", page.ToString(),
        ]);
}
