using System.Text.Json.Nodes;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.People;
using Sluice.Core.Pull;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;

namespace Sluice.Tests.Pull;

/// <summary>Profiles, and what scripts come to.</summary>
public sealed class ProfilePullTests
{
    private const string Script = "function main() { return People().map(p => [p.distinct_id, 1]) }";

    [Fact]
    public async Task Profiles_take_over_what_Mixpanel_has_and_keep_the_rest()
    {
        await using var world = await PullWorld.StartAsync();
        for (var i = 0; i < 1_201; i++)
        {
            world.Desk.SetProfile($"u{i}", $$"""{"$email":"u{{i}}@example.test","plan":"pro","tags":["a", {"b":1.50}]}""");
        }

        await UpdateAsync(world, "u7", ("plan", "\"free\""), ("own", "17"));
        world.Plan = world.Plan with { Profiles = new ProfilePullRule(PullWorld.When("every 6h"), null, null) };
        world.Run();
        var run = await world.EndedAsync("profiles");
        Assert.Null(run.Error);
        Assert.Equal((2, 1_201), (run.Counts["calls"], run.Counts["profiles"]));
        var profile = await ProfileAsync(world, "u7");
        Assert.Equal(("pro", 17), ((string)profile["plan"]!, (int)profile["own"]!));
        Assert.Equal("""["a",{"b":1.50}]""", profile["tags"]!.ToJsonString());
        Assert.Equal("u1200@example.test", (string)(await ProfileAsync(world, "u1200"))["$email"]!);

        // Where they came from they never go.
        Assert.Empty(await world.Store.Forwarding.ReadAsync(PullWorld.Project, ForwardWay.Profiles, 10, 1_000, TestContext.Current.CancellationToken));
        world.AssertClean();
    }

    [Fact]
    public async Task Only_those_who_meet_the_condition_come_with_the_properties_that_were_asked_for()
    {
        await using var world = await PullWorld.StartAsync();
        world.Desk.SetProfile("u1", """{"plan":"pro","age":30}""");
        world.Desk.SetProfile("u2", """{"plan":"free","age":30}""");
        world.Plan = world.Plan with { Profiles = new ProfilePullRule(PullWorld.When("every 6h"), "properties[\"plan\"] == \"pro\"", ["age"]) };
        world.Run();
        Assert.Equal(1, (await world.EndedAsync("profiles")).Counts["profiles"]);
        Assert.Equal("""{"age":30}""", (await ProfileAsync(world, "u1")).ToJsonString());
    }

    [Fact]
    public async Task A_forgotten_answer_is_asked_for_again()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "All", PullWorld.People(2_100));
        world.Mixpanel.Faults.Add(new MixpanelFault
        {
            Method = "POST", Path = "/api/query/engage", Effect = MixpanelFaultEffect.Error(400, "request for page in uncached query for params"), Every = 2, Count = 1,
        });
        world.Plan = world.Plan with { Profiles = new ProfilePullRule(PullWorld.When("every 6h"), null, null) };
        world.Run();
        var run = await world.EndedAsync("profiles");
        Assert.Null(run.Error);
        Assert.Equal("u2099@example.test", (string)(await ProfileAsync(world, "u2099"))["$email"]!);
        Assert.Equal(5, run.Counts["calls"]);
    }

    [Fact]
    public async Task An_answer_that_is_forgotten_every_time_ends_the_run()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "All", PullWorld.People(2_100));
        world.Mixpanel.Faults.Add(new MixpanelFault
        {
            Method = "POST", Path = "/api/query/engage", Effect = MixpanelFaultEffect.Error(400, "request for page in uncached query for params"), Every = 2, Count = 20,
        });
        world.Plan = world.Plan with { Profiles = new ProfilePullRule(PullWorld.When("every 6h"), null, null) };
        world.Run();
        var run = await world.EndedAsync("profiles");
        Assert.Contains("3 times", run.Error, StringComparison.Ordinal);
        Assert.Equal((6, 6), (run.Counts["calls"], world.CallsTo("/engage")));
    }

    [Fact]
    public async Task Profiles_that_cannot_be_kept_are_set_aside_and_the_others_count()
    {
        await using var world = await PullWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", "/api/query/engage", PullWorld.Answer(PullWorld.PageWithTwoBad));
        world.Plan = world.Plan with { Profiles = new ProfilePullRule(PullWorld.When("every 6h"), null, null) };
        world.Run();
        var run = await world.EndedAsync("profiles");
        Assert.Null(run.Error);
        Assert.Equal((1, 1, 2), (run.Counts["calls"], run.Counts["profiles"], run.Counts["refused"]));
        Assert.Equal("pro", (string)(await ProfileAsync(world, "u1"))["plan"]!);
        var letters = await world.Store.DeadLetters.ListAsync(PullWorld.Project, null, 10, TestContext.Current.CancellationToken);
        Assert.Equal(2, letters.Count);
        Assert.All(letters, l => Assert.Equal("pull", l.Origin));
        Assert.Contains(letters, l => l.Payload.Contains("ud83d", StringComparison.OrdinalIgnoreCase));
        world.AssertClean();
    }

    [Fact]
    public async Task A_profile_that_is_refused_is_kept_with_the_reason()
    {
        await using var world = await PullWorld.StartAsync();
        world.Desk.SetProfile("u1", $"{{{string.Join(',', Enumerable.Range(0, ProfileDraft.MaxProperties + 1).Select(i => $"\"p{i}\":{i}"))}}}");
        world.Desk.SetProfile("u2", """{"plan":"pro"}""");
        world.Plan = world.Plan with { Profiles = new ProfilePullRule(PullWorld.When("every 6h"), null, null) };
        world.Run();
        var run = await world.EndedAsync("profiles");
        Assert.Equal((1, 1), (run.Counts["profiles"], run.Counts["refused"]));
        var letter = Assert.Single(await world.Store.DeadLetters.ListAsync(PullWorld.Project, null, 10, TestContext.Current.CancellationToken));
        Assert.Equal("pull", letter.Origin);
        Assert.Contains("at most", letter.Detail, StringComparison.Ordinal);
        Assert.StartsWith("""{"$distinct_id":"u1","$set":{"p0":0,""", letter.Payload, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_of_a_script_become_properties()
    {
        await using var world = await PullWorld.StartAsync();
        world.Desk.SetScript(Script, """[["u1",3,"x"],{"key":["u2"],"value":[4,null]},["u3"],[null,1],{"distinct_id":5,"n":6}]""");
        world.Plan = world.Plan with { Jql = [new JqlPullRule("spent", () => Script, PullWorld.When("every 6h"), ["purchases", "last"])] };
        world.Run();
        var run = await world.EndedAsync("jql/spent");
        Assert.Null(run.Error);
        Assert.Equal((5, 1), (run.Counts["rows"], run.Counts["refused"]));
        Assert.Equal("""{"purchases":3,"last":"x"}""", (await ProfileAsync(world, "u1")).ToJsonString());
        Assert.Equal("""{"purchases":4,"last":null}""", (await ProfileAsync(world, "u2")).ToJsonString());
        Assert.Equal("""{"purchases":6}""", (await ProfileAsync(world, "5")).ToJsonString());
        world.AssertClean();
    }

    [Fact]
    public async Task People_of_a_script_become_a_user_group_that_follows_it()
    {
        await using var world = await PullWorld.StartAsync();
        world.Desk.SetScript(Script, $"[{string.Join(',', PullWorld.People(2_400).Select(p => $"[\"{p}\"]"))}]");
        world.Plan = world.Plan with { Jql = [new JqlPullRule("spenders", () => Script, PullWorld.When("every 6h"), null)] };
        world.Run();
        var run = await world.EndedAsync("jql/spenders");
        Assert.Null(run.Error);
        Assert.Equal(2_400, (await world.MembersAsync("jql/spenders")).Length);
        Assert.Equal("spenders", (await world.Store.Groups.FindAsync(PullWorld.Project, "jql/spenders", TestContext.Current.CancellationToken))!.Name);

        world.Desk.SetScript(Script, "[]");
        await world.EndedAsync("jql/spenders");
        Assert.Empty(await world.MembersAsync("jql/spenders"));
        world.AssertClean();
    }

    [Fact]
    public async Task A_script_whose_rows_give_nobody_leaves_the_user_group_as_it_was()
    {
        await using var world = await PullWorld.StartAsync();
        world.Desk.SetScript(Script, """[["u1"],["u2"]]""");
        world.Plan = world.Plan with { Jql = [new JqlPullRule("spenders", () => Script, PullWorld.When("every 6h"), null)] };
        world.Run();
        Assert.Null((await world.EndedAsync("jql/spenders")).Error);

        world.Desk.SetScript(Script, """[[null,"u1"],[true]]""");
        var run = await world.EndedAsync("jql/spenders");
        Assert.Contains("None of the script's 2 rows", run.Error, StringComparison.Ordinal);
        Assert.Equal(["u1", "u2"], await world.MembersAsync("jql/spenders"));
    }

    [Fact]
    public async Task A_row_with_half_of_a_character_is_passed_over()
    {
        await using var world = await PullWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", "/api/query/jql", PullWorld.Answer("""[["u1",3],["u2","\ud83d"],["\ud83d",1]]"""));
        world.Plan = world.Plan with { Jql = [new JqlPullRule("spent", () => Script, PullWorld.When("every 6h"), ["purchases"])] };
        world.Run();
        var run = await world.EndedAsync("jql/spent");
        Assert.Null(run.Error);
        Assert.Equal((1, 3, 2), (run.Counts["calls"], run.Counts["rows"], run.Counts["refused"]));
        Assert.Equal("""{"purchases":3}""", (await ProfileAsync(world, "u1")).ToJsonString());
        world.AssertClean();
    }

    [Fact]
    public async Task A_script_that_cannot_be_had_ends_its_own_run_alone()
    {
        await using var world = await PullWorld.StartAsync();
        world.Desk.SetScript(Script, """[["u1",3]]""");
        var gone = new MixpanelSourceException("The script is gone.") { Problem = SourceProblem.BadQuestion };
        world.Plan = world.Plan with
        {
            Jql =
            [
                new JqlPullRule("gone", () => throw gone, PullWorld.When("every 6h"), ["purchases"]),
                new JqlPullRule("spent", () => Script, PullWorld.When("every 6h"), ["purchases"]),
            ],
        };
        world.Run();
        Assert.Null((await world.EndedAsync("jql/spent")).Error);
        await world.UntilAsync(async () => await world.Store.PullJobs.FindAsync(PullWorld.Project, "jql/gone", TestContext.Current.CancellationToken) is { Run.EndedAt: not null });
        Assert.Equal(gone.Message, (await world.JobAsync("jql/gone")).Run!.Error);
        Assert.Equal([gone], world.Errors);
    }

    [Fact]
    public async Task A_script_that_fails_says_so_and_is_not_tried_again_before_it_is_due()
    {
        await using var world = await PullWorld.StartAsync();
        world.Mixpanel.Faults.Add(new MixpanelFault
        {
            Method = "POST", Path = "/api/query/jql", Effect = MixpanelFaultEffect.Error(412, "Uncaught exception TypeError: x is undefined"), Every = 1, Count = 1,
        });
        world.Plan = world.Plan with { Jql = [new JqlPullRule("spenders", () => Script, PullWorld.When("every 6h"), null)] };
        world.Run();
        var run = await world.EndedAsync("jql/spenders");
        Assert.Contains("TypeError", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, world.CallsTo("/jql"));
        Assert.Single(world.Errors);
    }

    [Theory]
    [InlineData("cohorts")]
    [InlineData("profiles")]
    [InlineData("jql/spenders")]
    public async Task What_changes_here_after_Mixpanel_was_asked_is_newer_than_the_answer(string job)
    {
        await using var world = await PullWorld.StartAsync(new MixpanelQueryOptions { PageSize = 2 });
        world.SetCohort(901, "All", PullWorld.People(4));
        world.Desk.SetScript(Script, """[["u0","old","free"],["u1","old","free"],["u2","old","free"],["u3","old","free"]]""");
        world.Plan = job switch
        {
            "cohorts" => world.Plan with { Cohorts = new CohortPullRule(PullWorld.When("every 6h"), null, ["$email", "plan"]) },
            "profiles" => world.Plan with { Profiles = new ProfilePullRule(PullWorld.When("every 6h"), null, null) },
            _ => world.Plan with { Jql = [new JqlPullRule("spenders", () => Script, PullWorld.When("every 6h"), ["$email", "plan"])] },
        };
        await UpdateAsync(world, "u0", ("$email", "\"before@example.test\""));
        await UpdateAsync(world, "u3", ("$email", "\"before@example.test\""));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var changed = false;
        world.Between = source => new AnsweredSource(source, async (_, place) =>
        {
            if (place is null && !changed)
            {
                changed = true;
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                foreach (var person in PullWorld.People(3))
                {
                    await UpdateAsync(world, person, ("$email", "\"new@example.test\""));
                }
            }
        });
        world.Run();
        Assert.Null((await world.EndedAsync(job)).Error);
        foreach (var person in PullWorld.People(3))
        {
            Assert.Equal("""{"$email":"new@example.test","plan":"free"}""", (await ProfileAsync(world, person)).ToJsonString());
        }

        Assert.NotEqual("before@example.test", (string)(await ProfileAsync(world, "u3"))["$email"]!);
        world.AssertClean();
    }

    private static async Task UpdateAsync(PullWorld world, string person, params (string Name, string Value)[] properties) =>
        Assert.Empty(await world.Store.Profiles.ApplyAsync(
            new ProfileUpdates(PullWorld.Project, Core.Identity.IdentityMode.Simplified, [
                new ProfileUpdate(0, person, null, false, [.. properties.Select(p => new ProfileOperation(ProfileOperationKind.Set, p.Name, System.Text.Encoding.UTF8.GetBytes(p.Value)))])]),
            TestContext.Current.CancellationToken));

    private static async Task<JsonNode> ProfileAsync(PullWorld world, string person)
    {
        var scope = new DeliveryScope(PullWorld.Project, "none", [], GroupAttributes: false);
        var state = Assert.Single(await world.Store.Ledger.LoadAsync(scope, [PersonKey.Of(PullWorld.Project, person)], TestContext.Current.CancellationToken));
        return JsonNode.Parse(state.Properties)!;
    }
}
