using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.People;
using Sluice.Core.Pull;

namespace Sluice.Tests.Pull;

/// <summary>Scripts whose rows are a lookup table.</summary>
public sealed class JqlTableTests
{
    private const string Script = "function main() { return Events({}).groupBy(['properties.sku'], mixpanel.reducer.any()) }";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_become_a_table_that_enrichment_finds_and_are_replaced_together()
    {
        await using var world = await PullWorld.StartAsync();
        world.Desk.SetScript(Script, """[["a","Shoe",9.5],{"sku":"b","price":7,"title":"Hat","more":1},{"key":["c"],"value":["Bag",null]},{"key":[4],"value":["Box",[1,2]]},["e",{"x":1},3]]""");
        world.Plan = world.Plan with { Jql = [Rule("every 6h")] };
        world.Run();
        var run = await world.EndedAsync("jql/products");
        Assert.Null(run.Error);
        Assert.Equal((5, 5, 1), (run.Counts["rows"], run.Counts["table_rows"], run.Counts["values_left_out"]));
        Assert.Equal(
            ["""{"title":"Shoe","price":9.5}""", """{"title":"Hat","price":7}""", """{"title":"Bag"}""", """{"title":"Box","price":[1,2]}""", """{"price":3}"""],
            await RowsAsync(world, "a", "b", "c", "4", "e"));
        Assert.Equal(["sku", "title", "price"], Assert.Single(await world.Store.Lookups.ListAsync(PullWorld.Project, Token)).Columns);

        // A person who names a row gets its columns on the way.
        var update = new ProfileUpdate(0, "ana", null, false, [new ProfileOperation(ProfileOperationKind.Set, "favourite", "\"b\""u8.ToArray())]);
        Assert.Empty(await world.Store.Profiles.ApplyAsync(new ProfileUpdates(PullWorld.Project, Core.Identity.IdentityMode.Simplified, [update]), Token));
        var join = new LookupJoin("products", "favourite", [new LookupColumn("title", "favourite_title")]);
        var scope = new DeliveryScope(PullWorld.Project, "none", [], GroupAttributes: false) { Enrichment = new EnrichmentRules([], [join]) };
        var ana = Assert.Single(await world.Store.Ledger.LoadAsync(scope, [PersonKey.Of(PullWorld.Project, "ana")], Token));
        Assert.Equal("""{"favourite_title":"Hat"}""", ana.Added);

        world.Desk.SetScript(Script, """[["a","Boot",11]]""");
        run = await world.EndedAsync("jql/products");
        Assert.Null(run.Error);
        Assert.Equal(["""{"title":"Boot","price":11}""", "-"], await RowsAsync(world, "a", "b"));
        world.AssertClean();
    }

    [Theory]
    [InlineData("[]", "gives no row")]
    [InlineData("""[[null,"x"],[true]]""", "gives no row")]
    public async Task A_script_that_gives_nothing_takes_nothing_away_and_says_so(string rows, string said)
    {
        await using var world = await PullWorld.StartAsync();
        world.Desk.SetScript(Script, """[["a","Shoe",9.5]]""");
        world.Plan = world.Plan with { Jql = [Rule("every 6h")] };
        world.Run();
        Assert.Null((await world.EndedAsync("jql/products")).Error);

        world.Desk.SetScript(Script, rows);
        var run = await world.EndedAsync("jql/products");
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
        Assert.Contains("Table products stays as it was", run.Error, StringComparison.Ordinal);
        Assert.Equal(["""{"title":"Shoe","price":9.5}"""], await RowsAsync(world, "a"));
    }

    [Fact]
    public async Task A_load_that_is_interrupted_is_seen_by_nobody()
    {
        await using var world = await PullWorld.StartAsync();
        world.Desk.SetScript(Script, """[["a","Shoe",9.5]]""");
        world.Plan = world.Plan with { Jql = [Rule("every 6h")] };
        world.Run();
        Assert.Null((await world.EndedAsync("jql/products")).Error);

        var adds = 0;
        var failed = new TaskCompletionSource();
        world.StoreFault = m => m == "AddAsync" && ++adds == 2 && failed.TrySetResult() ? new InvalidOperationException("Cannot be.") : null;
        world.Desk.SetScript(Script, $"[{string.Join(',', Enumerable.Range(0, 2_500).Select(i => $"[\"k{i}\",\"Thing\",{i}]"))},[\"a\",\"Boot\",1]]");
        await world.UntilAsync(() => Task.FromResult(failed.Task.IsCompleted));
        Assert.Equal(["""{"title":"Shoe","price":9.5}""", "-"], await RowsAsync(world, "a", "k7"));

        var run = await world.EndedAsync("jql/products");
        Assert.Null(run.Error);
        Assert.Equal(["""{"title":"Boot","price":1}""", """{"title":"Thing","price":7}"""], await RowsAsync(world, "a", "k7"));
        Assert.Equal(2_501, Assert.Single(await world.Store.Lookups.ListAsync(PullWorld.Project, Token)).Rows);
    }

    [Fact]
    public async Task Of_rows_that_cannot_be_used_the_run_tells_the_shape_and_some_are_kept()
    {
        await using var world = await PullWorld.StartAsync();
        var bad = string.Join(',', Enumerable.Range(0, 40).Select(i => $"[null,\"secret{i}@example.test\"]"));
        world.Desk.SetScript(Script, $$"""[["a","Shoe",9.5],["a","Again",1],{"SKU":"x","secret.person@example.test":1},{"alice":3,"title":"x"},{{bad}}]""");
        world.Plan = world.Plan with { Jql = [Rule("every 6h")] };
        world.Run();
        var run = await world.EndedAsync("jql/products");
        Assert.Null(run.Error);
        Assert.Equal((44, 1, 1, 42), (run.Counts["rows"], run.Counts["table_rows"], run.Counts["repeated"], run.Counts["refused"]));
        Assert.Contains("Rows such as {…: text, …: number} and {…: number, title: text} and [null, text] were passed over", run.Note, StringComparison.Ordinal);
        Assert.Contains("Let the script give [sku, value, …]", run.Note, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.Note, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", run.Note, StringComparison.Ordinal);
        Assert.Equal(["""{"title":"Shoe","price":9.5}"""], await RowsAsync(world, "a"));
        var letters = await world.Store.DeadLetters.ListAsync(PullWorld.Project, "open", 100, Token);
        Assert.Equal(10, letters.Count);
        Assert.All(letters, l => Assert.Equal("pull", l.Origin));
        Assert.Contains(letters, l => l.Payload == """[null,"secret0@example.test"]""");
        world.AssertClean();
    }

    [Fact]
    public async Task A_key_that_no_database_keeps_holds_up_no_other_row()
    {
        await using var world = await PullWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", "/api/query/jql", PullWorld.Answer("""[["a\u0000b","x",1],["b","Hat\u0000",2],["\ud83d","y",3]]"""));
        world.Plan = world.Plan with { Jql = [Rule("every 6h")] };
        world.Run();
        var run = await world.EndedAsync("jql/products");
        Assert.Null(run.Error);
        Assert.Equal((1, 2), (run.Counts["table_rows"], run.Counts["refused"]));
        Assert.Equal(["""{"title":"Hat\u0000","price":2}"""], await RowsAsync(world, "b"));
    }

    private static JqlPullRule Rule(string schedule) => new("products", () => Script, PullWorld.When(schedule), null) { Table = new JqlTableRule("products", "sku", ["title", "price"]) };

    private static async Task<string[]> RowsAsync(PullWorld world, params string[] keys)
    {
        var found = await world.Store.Lookups.FindAsync(PullWorld.Project, "products", keys, Token);
        return [.. keys.Select(k => found.GetValueOrDefault(k, "-"))];
    }
}
