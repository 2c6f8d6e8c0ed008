using Sluice.Core.Delivery;

namespace Sluice.Tests.Commands;

/// <summary>Runs, dead letters and suppressions.</summary>
public sealed class RecordsTests
{
    [Fact]
    public async Task Runs_tell_what_was_done()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.WithStoreAsync(async store =>
        {
            var scope = new DeliveryScope(CommandHome.Project, "brevo", [], false);
            var lease = (await store.Leases.TryTakeAsync("delivery/test", "test", TimeSpan.FromMinutes(1), CommandHome.Token))!;
            var at = home.Host.Time.GetUtcNow();
            foreach (var run in new[]
            {
                new Run("01", 16, "walk", "done", at, at.AddSeconds(12.4), new Dictionary<string, long> { ["added"] = 1200, ["calls"] = 3, ["skipped_suppressed"] = 7 }, null),
                new Run("02", null, "change", "held", at.AddMinutes(5), at.AddMinutes(5), new Dictionary<string, long> { ["removals_held"] = 40 }, "waits for a person"),
            })
            {
                await store.Ledger.CommitAsync(scope, lease, new LedgerChanges { Run = run }, CommandHome.Token);
            }
        });

        CommandHome.Golden.MatchesText("runs.txt", (await home.RunAsync("runs")).Expect(0).Output);
        CommandHome.Golden.MatchesJson("runs.json", (await home.RunAsync("runs", "--limit", "1", "--format", "json")).Expect(0).Output);
    }

    [Fact]
    public async Task Dead_letters_are_listed_and_tried_again()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.SendAsync(CommandHome.Engaged, "Engaged users", CommandHome.People(1), [CohortsListTests.Rejected("""{"name":"a"}"""), CohortsListTests.Rejected("""{"name":"b"}""")]);

        CommandHome.Golden.MatchesText("dead-letters.txt", (await home.RunAsync("dead-letters", "list")).Expect(0).Output);
        var listed = (await home.RunAsync("dead-letters", "list", "--format", "json")).Expect(0);
        CommandHome.Golden.MatchesJson("dead-letters.json", listed.Output);
        var id = listed.Json.GetProperty("deadLetters")[0].GetProperty("id").GetString()!;

        Assert.Contains("not those of open dead letters", (await home.RunAsync("dead-letters", "retry", "none")).Expect(3).Error, StringComparison.Ordinal);
        Assert.Equal("1 to be tried again.\n", (await home.RunAsync("dead-letters", "retry", id, "none")).Expect(5).Output);
        Assert.Equal(1, (await home.RunAsync("dead-letters", "retry", "--all", "--format", "json")).Expect(0).Json.GetProperty("retried").GetInt32());
        Assert.Equal("", (await home.RunAsync("dead-letters", "list")).Expect(0).Output);
        Assert.Equal(2, (await home.RunAsync("dead-letters", "list", "--state", "retried", "--format", "json")).Json.GetProperty("deadLetters").GetArrayLength());
    }

    [Fact]
    public async Task Retry_wants_ids_or_all_and_not_both()
    {
        await using var home = await CommandHome.CreateAsync();

        (await home.RunAsync("dead-letters", "retry")).Expect(2);
        (await home.RunAsync("dead-letters", "retry", "a", "--all")).Expect(2);
    }

    [Fact]
    public async Task An_address_is_suppressed_and_released()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.SendAsync(CommandHome.People(2));

        Assert.Equal("u01@shop.test is suppressed for all lists.\n", (await home.RunAsync("suppressions", "add", " U01@Shop.test")).Expect(0).Output);
        CommandHome.Golden.MatchesJson(
            "suppressions-add.json", (await home.RunAsync("suppressions", "add", "new@shop.test", "--list", "16", "--reason", "asked_by_phone", "--format", "json")).Expect(0).Output);
        CommandHome.Golden.MatchesText("suppressions.txt", (await home.RunAsync("suppressions", "list")).Expect(0).Output);
        var shown = (await home.RunAsync("cohorts", "show", CommandHome.Engaged, "--offline", "--step", "contactable", "--format", "json")).Expect(0);
        Assert.Equal("u01", shown.Json.GetProperty("missed").GetProperty("people")[0].GetProperty("distinctId").GetString());

        (await home.RunAsync("suppressions", "remove", "u01@shop.test")).Expect(0);
        Assert.Contains("is not suppressed", (await home.RunAsync("suppressions", "remove", "u01@shop.test")).Expect(3).Error, StringComparison.Ordinal);
        Assert.Contains("is not an e-mail address", (await home.RunAsync("suppressions", "add", "nobody")).Expect(2).Error, StringComparison.Ordinal);
    }
    [Fact]
    public async Task A_number_is_suppressed_and_released()
    {
        await using var home = await CommandHome.CreateAsync();
        await home.SendAsync(CommandHome.People(2));

        Assert.Equal("+491701234567 is suppressed for all lists.\n", (await home.RunAsync("suppressions", "add", "+49 170 1234567")).Expect(0).Output);
        Assert.Contains("  +491701234567   all ", (await home.RunAsync("suppressions", "list")).Expect(0).Output, StringComparison.Ordinal);
        var removed = (await home.RunAsync("suppressions", "remove", "0049 170 1234567", "--format", "json")).Expect(0).Json;
        Assert.Equal(("491701234567", 1), (removed.GetProperty("phone").GetString(), removed.GetProperty("removed").GetInt32()));
        Assert.Contains("+491701234567 is not suppressed", (await home.RunAsync("suppressions", "remove", "+491701234567")).Expect(3).Error, StringComparison.Ordinal);
        Assert.Contains("is not a phone number with a country code", (await home.RunAsync("suppressions", "add", "0170 1234567")).Expect(2).Error, StringComparison.Ordinal);
    }
}
