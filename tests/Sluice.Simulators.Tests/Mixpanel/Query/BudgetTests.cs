using System.Globalization;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Query;

public sealed class BudgetTests
{
    [Fact]
    public async Task Sixty_queries_an_hour_are_shared_by_all_kinds_and_come_back_one_by_one()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        for (var i = 0; i < 60; i++)
        {
            Assert.Equal(200, (await mixpanel.QueryAsync(i % 2 == 0 ? "/cohorts/list" : "/engage", "")).Status);
            mixpanel.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        var refused = await mixpanel.QueryAsync("/cohorts/list", "");
        Assert.Equal((429, false), (refused.Status, refused.Headers.ContainsKey("Retry-After")));
        Assert.Equal("Query rate limit exceeded", refused.Json.GetProperty("error").GetString());
        Assert.Equal(1, mixpanel.Simulator.Calls.BudgetViolationCount);
        Assert.True(mixpanel.Simulator.Calls.Last[^1].OverBudget);

        mixpanel.Clock.Advance(TimeSpan.FromMinutes(50));
        Assert.Equal(200, (await mixpanel.QueryAsync("/cohorts/list", "")).Status);
        Assert.Equal(429, (await mixpanel.QueryAsync("/cohorts/list", "")).Status);
        mixpanel.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(200, (await mixpanel.QueryAsync("/cohorts/list", "")).Status);
        Assert.Equal(60, mixpanel.Simulator.Desk(MixpanelHarness.Project).Queries.InWindow);
    }

    [Fact]
    public async Task Five_queries_at_once_are_counted_until_the_answer_is_out()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        mixpanel.Simulator.Faults.Add("GET", "/api/2.0/cohorts/list", MixpanelFaultEffect.SlowAnswer(TimeSpan.FromMinutes(1)), count: 5);
        var slow = Enumerable.Range(0, 5).Select(_ => mixpanel.QueryAsync("/cohorts/list")).ToArray();
        await MixpanelHarness.UntilAsync(() => mixpanel.Simulator.Desk(MixpanelHarness.Project).Queries.AtOnce == 5 && mixpanel.Clock.WaitingTimers >= 5);

        Assert.Equal(429, (await mixpanel.QueryAsync("/engage")).Status);
        mixpanel.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.All(await Task.WhenAll(slow), answer => Assert.Equal(200, answer.Status));
        await MixpanelHarness.UntilAsync(() => mixpanel.Simulator.Desk(MixpanelHarness.Project).Queries.AtOnce == 0);
        Assert.Equal(200, (await mixpanel.QueryAsync("/engage")).Status);
        Assert.Equal(6, mixpanel.Simulator.Desk(MixpanelHarness.Project).Queries.MaxAtOnce);
    }

    [Fact]
    public async Task A_query_that_asks_for_nonsense_has_used_its_place_and_one_without_rights_has_not()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(limits: new MixpanelLimits { QueriesPerHour = 2 });

        Assert.Equal(401, (await mixpanel.QueryAsync("/engage", authorization: "Bearer nobody")).Status);
        Assert.Equal(400, (await mixpanel.QueryAsync("/engage?where=((")).Status);
        Assert.Equal(404, (await mixpanel.QueryAsync("/nothing")).Status);
        Assert.Equal(200, (await mixpanel.QueryAsync("/engage")).Status);
        Assert.Equal(429, (await mixpanel.QueryAsync("/engage")).Status);
    }

    [Fact]
    public async Task Exports_have_an_allowance_of_their_own_by_the_second_and_the_hour()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(new MixpanelSimulatorOptions
        {
            Limits = new MixpanelLimits { ExportsPerHour = 5 }, Query = new MixpanelQueryOptions { SendsRetryAfter = true },
        });
        var statuses = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            statuses.Add((await mixpanel.ExportAsync("from_date=2026-03-01&to_date=2026-03-01")).Status);
        }

        Assert.Equal([200, 200, 200, 429], statuses);
        mixpanel.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await mixpanel.ExportAsync("from_date=2026-03-01&to_date=2026-03-01")).Status);
        Assert.Equal(200, (await mixpanel.ExportAsync("from_date=2026-03-01&to_date=2026-03-01")).Status);
        var refused = await mixpanel.ExportAsync("from_date=2026-03-01&to_date=2026-03-01");
        Assert.Equal((429, "3599"), (refused.Status, refused.Headers["Retry-After"]));
        Assert.Equal(200, (await mixpanel.QueryAsync("/cohorts/list")).Status);
    }

    [Fact]
    public async Task The_log_tells_the_family_and_the_parameters()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        await mixpanel.QueryAsync("/engage?page=0", "output_properties=%5B%22plan%22%5D");
        var call = mixpanel.Simulator.Calls.Last[^1];

        Assert.Equal((MixpanelFamily.Query, "12345", "/api/2.0/engage"), (call.Family, call.ProjectId, call.Path));
        Assert.Equal("?page=0&project_id=12345&output_properties=%5B%22plan%22%5D", call.Query);
        Assert.Equal(mixpanel.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), call.Time.ToString("O", CultureInfo.InvariantCulture));
    }
}
