using Sluice.Core.Cohorts;
using Sluice.Core.Lookups;
using Sluice.Core.Pull;

namespace Sluice.Tests.Pull;

/// <summary>Whatever is stored between a question and its answer is newer than the answer.</summary>
public sealed class AskedSessionTests
{
    private const string Script = "function main() { return People().map(p => [p.distinct_id, 1]) }";

    private static readonly CohortPullRule Every6Hours = new(PullWorld.When("every 6h"), null, ["$email"]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whom_Mixpanel_sends_while_somebody_s_question_is_on_its_way_counts(bool known)
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", "u1", "u2", "u3");
        var all = await PageAsync(world, "901");
        if (known)
        {
            await SendAsync(world, Of(all, "u1", "u2") with { Session = "Mixpanel's own" });
            await world.SettleAsync();
        }

        world.SetCohort(901, "Engaged", "u1", "u2");
        var source = new AnsweredSource(world.Source(), async (_, _) =>
        {
            await SendAsync(world, Of(all, "u2") with { Session = "left", Action = CohortAction.RemoveMembers });
            await SendAsync(world, Of(all, "u3") with { Session = "entered", Action = CohortAction.AddMembers });
            await world.SettleAsync();
        });
        var fetched = await new CohortFetch(PullWorld.Project, source, world.Store.Intake, world.Store.Groups, null, world.Clock).FetchAsync("901", Token);

        Assert.Contains("is sent by Mixpanel too", fetched!.Note, StringComparison.Ordinal);
        Assert.Equal(["u1", "u3"], await world.MembersAsync("901"));
        await world.SettleAsync();
        Assert.Equal(["u1", "u3"], await world.MembersAsync("901"));
    }

    [Fact]
    public async Task An_answer_that_a_node_still_holds_while_another_one_fetches_a_newer_one_has_no_say()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", "u1");
        var newer = await PageAsync(world, "901");
        world.SetCohort(901, "Engaged", "u1", "u2");
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Between = source => new AnsweredSource(source, async (_, _) =>
        {
            await world.Store.Intake.BeginAsync(PullWorld.Project, "901", "another node's", null, Token);
            Assert.True((await SendAsync(world, newer with { Session = "another node's", IsFetched = true })).Swapped);
        });
        world.Run();
        Assert.Null((await world.EndedAsync("cohorts")).Error);
        await world.SettleAsync();
        Assert.Equal(["u1"], await world.MembersAsync("901"));
        Assert.Null((await world.Store.Groups.FindAsync(PullWorld.Project, "901", Token))!.Syncing);
        world.AssertClean();
    }

    [Fact]
    public async Task A_question_without_an_answer_leaves_nothing()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", "u1");
        var removed = Of(await PageAsync(world, "901"), "u1") with { Session = "left", Action = CohortAction.RemoveMembers };
        var source = new AnsweredSource(world.Source(), (_, _) => throw new MixpanelSourceException("Mixpanel is away."));
        var fetch = new CohortFetch(PullWorld.Project, source, world.Store.Intake, world.Store.Groups, null, world.Clock);
        await Assert.ThrowsAsync<MixpanelSourceException>(() => fetch.FetchAsync("901", Token));
        Assert.Equal(CohortPageEffect.UnknownCohort, (await SendAsync(world, removed)).Effect);
    }

    [Fact]
    public async Task Rows_of_a_script_are_as_old_as_the_question()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", "u1");
        var newer = await PageAsync(world, "901") with { Cohort = "jql/vips", Session = "another node's", IsFetched = true };
        world.Desk.SetScript(Script, """[["u1",1],["u2",1]]""");
        world.Plan = world.Plan with { Jql = [new("vips", () => Script, PullWorld.When("every 6h"), null)] };
        world.Between = source => new AnsweredSource(source, async (_, _) =>
        {
            await world.Store.Intake.BeginAsync(PullWorld.Project, "jql/vips", "another node's", null, Token);
            await SendAsync(world, newer);
        });
        world.Run();
        Assert.Null((await world.EndedAsync("jql/vips")).Error);
        await world.SettleAsync();
        Assert.Equal(["u1"], await world.MembersAsync("jql/vips"));
        world.AssertClean();
    }

    [Fact]
    public async Task A_table_that_is_replaced_while_its_script_runs_stays()
    {
        await using var world = await PullWorld.StartAsync();
        world.Desk.SetScript(Script, """[["a","Old"]]""");
        world.Plan = world.Plan with { Jql = [new("products", () => Script, PullWorld.When("every 6h"), null) { Table = new JqlTableRule("products", "sku", ["title"]) }] };
        world.Between = source => new AnsweredSource(source, async (_, _) =>
        {
            var load = await world.Store.Lookups.BeginAsync(PullWorld.Project, "products", Token);
            await world.Store.Lookups.AddAsync(load, [new LookupRow("a", """{"title":"New"}""")], Token);
            Assert.True(await world.Store.Lookups.FinishAsync(load, ["sku", "title"], 1, Token));
        });
        world.Run();
        var run = await world.EndedAsync("jql/products");
        Assert.Contains("replaced by somebody else meanwhile", run.Note, StringComparison.Ordinal);
        Assert.Equal("""{"title":"New"}""", (await world.Store.Lookups.FindAsync(PullWorld.Project, "products", ["a"], Token))["a"]);
        world.AssertClean();
    }

    /// <summary>A cohort's people as Mixpanel has them now.</summary>
    private static async Task<CohortPage> PageAsync(PullWorld world, string cohort) =>
        (await world.Source().CohortPageAsync(new RemoteCohort(cohort, "Engaged", null, null, true), null, null, Token)).Content with { Project = PullWorld.Project };

    /// <summary>Some of a page's people.</summary>
    private static CohortPage Of(CohortPage page, params string[] people) => page with { Members = [.. page.Members.Where(m => people.Contains(m.DistinctId))] };

    private static Task<CohortPageOutcome> SendAsync(PullWorld world, CohortPage page) => world.Store.Intake.ApplyAsync(page, Token);
}
