using System.Text.Json;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Gdpr;

public sealed class DeletionTests : IAsyncLifetime
{
    private const string Path = "/data-deletions/v3.0/";
    private const string Query = "?token=simulator-token";
    private const string Bearer = "Bearer owner";

    private MixpanelHarness _mixpanel = null!;

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelHarness.StartAsync(new MixpanelProject { OAuthTokens = ["owner"] });

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Fact]
    public async Task A_deletion_goes_through_its_states()
    {
        var id = await AskAsync("""["u-1","u-2"]""");
        var seen = new List<string?>();
        foreach (var minutes in new[] { 1, 10, 20, 400 })
        {
            _mixpanel.Clock.Advance(TimeSpan.FromMinutes(minutes));
            var shown = Results(await _mixpanel.AppAsync("GET", $"{Path}{id}{Query}", authorization: Bearer));
            Assert.Equal((id, 12345, "u-2"), (shown.GetProperty("tracking_id").GetString(), shown.GetProperty("project_id").GetInt32(), shown.GetProperty("distinct_ids")[1].GetString()));
            seen.Add(shown.GetProperty("status").GetString());
        }

        Assert.Equal(["PENDING", "STAGING", "STARTED", "SUCCESS"], seen);
    }

    [Fact]
    public async Task When_it_has_ended_everything_of_before_its_beginning_is_gone()
    {
        await _mixpanel.ImportAsync($"[{_mixpanel.Event("u-1", "i-1")},{_mixpanel.Event("u-2", "i-2")},{_mixpanel.Event("$device:d", "i-3")}]");
        await _mixpanel.ImportAsync($"[{_mixpanel.Event("u-1", "i-4", more: ""","$user_id":"u-1","$device_id":"d" """)}]");
        await SetAsync("u-1");
        await SetAsync("u-2");
        await AskAsync("""["u-1"]""");
        _mixpanel.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(4, _mixpanel.Events.Count);
        await _mixpanel.ImportAsync($"[{_mixpanel.Event("u-1", "i-5")}]");
        _mixpanel.Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(["2 u-2 i-2", "5 u-1 i-5"], _mixpanel.Events.Select(stored => $"{stored.Number} {stored.DistinctId} {stored.InsertId}"));
        Assert.Equal(2, (await _mixpanel.ExportAsync("from_date=2026-03-01&to_date=2026-03-02")).Text.Count(letter => letter == '\n'));
        Assert.Equal(["u-2"], _mixpanel.Simulator.Profiles(MixpanelHarness.Project).Select(profile => profile.DistinctId));
        await SetAsync("u-1");
        _mixpanel.Clock.Advance(TimeSpan.FromDays(40));
        Assert.Equal((2, 2), (_mixpanel.Events.Count, _mixpanel.Simulator.Profiles(MixpanelHarness.Project).Count));

        async Task SetAsync(string id) => Assert.Equal("1", (await _mixpanel.PostAsync(
            "/engage?ip=0", $$$"""{"$token":"simulator-token","$distinct_id":"{{{id}}}","$set":{"plan":"pro"}}""")).Text);
    }

    [Fact]
    public async Task One_that_is_cancelled_deletes_nothing()
    {
        await _mixpanel.ImportAsync($"[{_mixpanel.Event("u-1", "i-1")}]");
        Assert.Equal(204, (await CancelAsync(await AskAsync("""["u-1"]"""))).Status);
        _mixpanel.Clock.Advance(TimeSpan.FromDays(40));
        Assert.Single(_mixpanel.Events);
    }

    [Fact]
    public async Task A_new_one_is_told_in_either_of_the_published_shapes()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(new MixpanelSimulatorOptions
        {
            Projects = [new MixpanelProject { OAuthTokens = ["owner"] }], Query = new MixpanelQueryOptions { ListsNewJobs = true },
        });
        var made = await mixpanel.AppAsync("POST", Path + Query, """{"distinct_ids":["u-1","u-2"],"compliance_type":"CCPA"}""", Bearer);
        var job = Results(made)[0];
        Assert.Equal((201, "PENDING", "ccpa", 2), (made.Status, job.GetProperty("status").GetString(), job.GetProperty("compliance_type").GetString(), job.GetProperty("distinct_id_count").GetInt32()));
        Assert.Equal(Assert.Single(mixpanel.Simulator.Deletions(MixpanelHarness.Project)).TrackingId, job.GetProperty("tracking_id").GetString());
    }

    [Fact]
    public async Task It_is_cancelled_before_it_starts_and_not_after()
    {
        var first = await AskAsync("""["u-1"]""");
        Assert.Equal(204, (await CancelAsync(first)).Status);
        var second = await AskAsync("""["u-2"]""");
        _mixpanel.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(405, (await CancelAsync(second)).Status);
        Assert.Equal(["REVOKED", "STARTED"], _mixpanel.Simulator.Deletions(MixpanelHarness.Project).Select(d => d.Status));
    }

    [Fact]
    public async Task Only_a_bearer_opens_it_and_one_call_a_second_is_taken()
    {
        Assert.Equal(401, (await PostAsync("""["u-1"]""", MixpanelHarness.ServiceAccount)).Status);
        Assert.Equal(401, (await PostAsync("""["u-1"]""", "Bearer somebody")).Status);
        Assert.Equal(201, (await PostAsync("""["u-1"]""", Bearer)).Status);
        Assert.Equal(429, (await PostAsync("""["u-1"]""", Bearer)).Status);
        Assert.Equal(400, (await PostLaterAsync("[]")).Status);
        Assert.Equal(400, (await PostLaterAsync($"[{string.Join(',', Enumerable.Repeat("\"x\"", 2_000))}]")).Status);
        Assert.Equal(404, (await LaterAsync(() => _mixpanel.AppAsync("GET", $"{Path}17{Query}", authorization: Bearer))).Status);
    }

    private Task<Answer> PostAsync(string ids, string authorization) => _mixpanel.AppAsync(
        "POST", Path + Query, $$"""{"distinct_ids":{{ids}},"compliance_type":"GDPR"}""", authorization);

    private Task<Answer> PostLaterAsync(string ids) => LaterAsync(() => PostAsync(ids, Bearer));

    private Task<Answer> CancelAsync(string id) => LaterAsync(() => _mixpanel.AppAsync("DELETE", $"{Path}{id}{Query}", authorization: Bearer));

    private Task<Answer> LaterAsync(Func<Task<Answer>> call)
    {
        _mixpanel.Clock.Advance(TimeSpan.FromSeconds(1));
        return call();
    }

    private async Task<string> AskAsync(string ids)
    {
        var answer = await PostLaterAsync(ids);
        Assert.Equal(201, answer.Status);
        return Results(answer).GetProperty("task_id").GetString()!;
    }

    private static JsonElement Results(Answer answer) => JsonElement.Parse(answer.Text).GetProperty("results");
}
