using Sluice.Simulators.Brevo;

namespace Sluice.Simulators.Tests.Brevo;

public sealed class RateLimitTests
{
    [Theory]
    [InlineData("GET", "/contacts", 10)]
    [InlineData("GET", "/contacts/attributes", 10)]
    [InlineData("GET", "/contacts/lists?limit=1", 10)]
    [InlineData("POST", "/events", 10)]
    [InlineData("POST", "/events/batch", 100)]
    [InlineData("GET", "/events", 100)]
    [InlineData("GET", "/processes", 100)]
    [InlineData("GET", "/account", 100)]
    [InlineData("GET", "/webhooks", 100)]
    [InlineData("GET", "/nothing", 100)]
    [InlineData("GET", "/smtp/blockedContacts", 1000)]
    public async Task Every_answer_says_what_its_bucket_has_left(string method, string path, int limit)
    {
        await using var brevo = await StartAsync();

        var first = await brevo.SendAsync(method, path, method == "POST" ? "{}" : null);
        var second = await brevo.SendAsync(method, path, method == "POST" ? "{}" : null);

        Assert.Equal((limit, limit - 1), (first.Limit("limit"), first.Limit("remaining")));
        Assert.Equal(limit - 2, second.Limit("remaining"));
        Assert.InRange(second.Limit("reset"), 1, 3600);
    }

    [Fact]
    public async Task The_eleventh_call_of_any_second_is_refused_wherever_the_second_begins()
    {
        await using var brevo = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await brevo.GetAsync("/contacts")).Status);
        }

        brevo.Clock.Advance(TimeSpan.FromMilliseconds(900));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await brevo.GetAsync("/contacts")).Status);
        }

        // A window that starts anew every full second would let this one through.
        brevo.Clock.Advance(TimeSpan.FromMilliseconds(99));
        var refused = await brevo.GetAsync("/contacts");
        refused.IsError(429, "too_many_requests");
        Assert.Equal((0, 1), (refused.Limit("remaining"), refused.Limit("reset")));
        Assert.False(refused.Headers.ContainsKey("Retry-After"));

        brevo.Clock.Advance(TimeSpan.FromMilliseconds(1));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await brevo.GetAsync("/contacts")).Status);
        }

        Assert.Equal(429, (await brevo.GetAsync("/contacts")).Status);
        var violations = brevo.Simulator.Calls.BudgetViolations;
        Assert.Equal(2, violations.Count);
        Assert.All(violations, call => Assert.Equal(("/contacts", 429), (call.Template, call.Status)));
        // Ten that were let in and the two that were not: all arrived within one second.
        Assert.Equal(12, brevo.Simulator.Calls.MaxInWindow(BrevoBucket.Contacts, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task The_hundred_and_first_other_call_of_an_hour_is_refused_until_one_leaves_the_window()
    {
        await using var brevo = await StartAsync();
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(200, (await brevo.GetAsync("/account")).Status);
            brevo.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var refused = await brevo.GetAsync("/processes");
        Assert.Equal(429, refused.Status);
        Assert.Equal(3_500, refused.Limit("reset"));
        Assert.Equal(200, (await brevo.GetAsync("/contacts")).Status);

        brevo.Clock.Advance(TimeSpan.FromSeconds(3_500));
        Assert.Equal(200, (await brevo.GetAsync("/processes")).Status);
        Assert.Equal(429, (await brevo.GetAsync("/processes")).Status);
    }

    [Fact]
    public async Task The_hourly_window_of_a_fast_bucket_binds_too()
    {
        await using var brevo = await StartAsync(new BrevoLimits
        {
            Contacts = [new(10, TimeSpan.FromSeconds(1)), new(25, TimeSpan.FromHours(1))],
        });
        List<int> statuses = [];
        Reply? last = null;
        for (var i = 0; i < 30; i++)
        {
            last = await brevo.GetAsync("/contacts");
            statuses.Add(last.Status);
            brevo.Clock.Advance(TimeSpan.FromMilliseconds(200));
        }

        Assert.Equal(25, statuses.Count(status => status == 200));
        Assert.Equal(5, statuses.Count(status => status == 429));
        Assert.Equal(25, last!.Limit("limit"));
    }

    [Fact]
    public async Task The_tiers_have_their_numbers()
    {
        foreach (var (limits, contacts, other) in new[]
        {
            (BrevoLimits.General, 10, 100), (BrevoLimits.Advanced, 20, 200), (BrevoLimits.Extended, 60, 600),
        })
        {
            await using var brevo = await StartAsync(limits);
            Assert.Equal(contacts, (await brevo.GetAsync("/contacts")).Limit("limit"));
            Assert.Equal(other, (await brevo.GetAsync("/account")).Limit("limit"));
        }
    }

    [Fact]
    public async Task A_wrong_key_uses_nothing_up()
    {
        await using var brevo = await StartAsync();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(401, (await brevo.SendAsync("GET", "/contacts", key: "wrong")).Status);
        }

        Assert.Equal(9, (await brevo.GetAsync("/contacts")).Limit("remaining"));
    }

    [Fact]
    public async Task Chosen_answers_lack_the_headers()
    {
        await using var brevo = await BrevoHarness.StartAsync(options => options with
        {
            AnswersWithoutRateLimitHeaders = ["GET /contacts/lists*"],
        });

        Assert.False((await brevo.GetAsync("/contacts/lists")).Headers.ContainsKey("x-sib-ratelimit-limit"));
        Assert.True((await brevo.GetAsync("/contacts")).Headers.ContainsKey("x-sib-ratelimit-limit"));
    }

    [Fact]
    public async Task Calls_are_counted_by_endpoint_and_bucket()
    {
        await using var brevo = await StartAsync();
        brevo.Simulator.CreateList("a", 15);
        brevo.Simulator.CreateList("b", 16);

        await brevo.GetAsync("/contacts/lists/15");
        await brevo.GetAsync("/contacts/lists/16");
        await brevo.GetAsync("/account");

        Assert.Equal(2, brevo.Simulator.Calls.Count("GET", "/contacts/lists/{listId}"));
        Assert.Equal(2, brevo.Simulator.Calls.Count(BrevoBucket.Contacts));
        Assert.Equal(3, brevo.Simulator.Calls.Total);
        Assert.Equal(["/contacts/lists/15", "/contacts/lists/16", "/account"], brevo.Simulator.Calls.Last.Select(call => call.Path));
    }

    private static Task<BrevoHarness> StartAsync(BrevoLimits? limits = null) =>
        BrevoHarness.StartAsync(options => options with { Limits = limits ?? BrevoLimits.General });
}
