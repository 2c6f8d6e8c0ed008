using Sluice.Core.Delivery.Worker;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery;

public sealed class FaultTests
{
    internal static readonly Dictionary<string, BrevoFaultEffect> Effects = new()
    {
        ["500"] = BrevoFaultEffect.Error(500, "internal_error", "Something went wrong"),
        ["html 502"] = BrevoFaultEffect.Gateway(502),
        ["524"] = BrevoFaultEffect.Gateway(524),
        ["429"] = BrevoFaultEffect.TooManyRequests(3),
        ["429 bare"] = BrevoFaultEffect.TooManyRequests(null),
        ["425"] = BrevoFaultEffect.TooEarly(),
        ["cut before"] = BrevoFaultEffect.CutBefore(),
        ["cut after"] = BrevoFaultEffect.CutAfter(),
        ["hang"] = BrevoFaultEffect.Hang(),
        ["slow"] = BrevoFaultEffect.SlowAnswer(TimeSpan.FromSeconds(20)),
        ["401"] = BrevoFaultEffect.Error(401, "unauthorized", "Key not found"),
        ["unknown address"] = BrevoFaultEffect.UnrecognisedAddress(),
    };

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public async Task Faults_at_random_are_healed(int seed)
    {
        await using var world = await World.StartAsync([World.Target(), World.Target("902", 17)]);
        foreach (var kind in new[] { "500", "html 502", "429", "425", "cut before", "cut after" })
        {
            world.Brevo.Faults.Add(new BrevoFault { Effect = Effects[kind], Probability = 0.03 });
        }

        var random = new Random(seed);
        var inside = new HashSet<int>[] { [], [] };
        string[] cohorts = [World.Cohort, "902"];
        for (var round = 0; round < 12; round++)
        {
            var which = random.Next(2);
            var people = Enumerable.Range(0, random.Next(1, 150)).Select(_ => random.Next(400)).Distinct().ToList();
            switch (random.Next(3))
            {
                case 0:
                    inside[which] = [.. people];
                    await world.FullAsync(Of(people), cohorts[which]);
                    break;
                case 1 when round > 2:
                    inside[which].ExceptWith(people);
                    await world.LeaveAsync(Of(people), cohorts[which]);
                    break;
                default:
                    inside[which].UnionWith(people);
                    await world.EnterAsync(Of(people), cohorts[which]);
                    break;
            }

            await world.PassAsync(TimeSpan.FromSeconds(random.Next(0, 8)));
        }

        await world.UntilAsync(() => world.Held().Count == inside[0].Count && world.Held(17).Count == inside[1].Count);
        world.Brevo.Faults.Clear();
        await world.ListHoldsAsync(World.Emails(Of(inside[0])));
        await world.ListHoldsAsync(World.Emails(Of(inside[1])), 17);
        world.AssertClean();
        AssertOtherBucket(world);
    }

    [Fact]
    public async Task An_import_that_fails_is_sent_again()
    {
        await using var world = await World.StartAsync();
        world.Brevo.Faults.Add("POST", "/contacts/import", BrevoFaultEffect.ImportFails(), 2);
        await world.FullAsync(World.People(200));
        await world.ListHoldsAsync(World.Emails(World.People(200)));
        Assert.Equal(3, world.Brevo.Calls.Count("POST", "/contacts/import"));
        world.AssertClean();
    }

    [Fact]
    public async Task An_import_whose_answer_was_lost_is_not_sent_again_while_it_may_still_arrive()
    {
        await using var world = await World.StartAsync();
        world.Brevo.Faults.Add("POST", "/contacts/import", BrevoFaultEffect.CutBefore(), 1);
        await world.FullAsync(World.People(200));
        await world.ListHoldsAsync(World.Emails(World.People(200)));
        var imports = world.Brevo.Calls.Last.Where(c => c is { Method: "POST", Template: "/contacts/import" }).ToList();
        Assert.Equal(2, imports.Count);
        Assert.InRange(imports[1].Time - imports[0].Time, new WorkerOptions().UploadLimit, TimeSpan.FromMinutes(10));
        world.AssertClean();
    }

    [Fact]
    public async Task Whom_a_walk_could_not_remove_during_a_pause_is_removed_after_it()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync(World.People(100));
        await world.ListHoldsAsync(World.Emails(World.People(100)));
        world.Brevo.Faults.Add("POST", "/contacts/lists/*/contacts/remove", Effects["401"], 1);
        await world.FullAsync(World.People(60));
        var since = world.Clock.GetUtcNow();
        await world.ListHoldsAsync(World.Emails(World.People(60)));
        Assert.InRange(world.Clock.GetUtcNow() - since, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        world.AssertClean();
    }

    [Fact]
    public async Task However_slow_the_answers_to_reads_and_looks_changes_pass_them()
    {
        await using var world = await World.StartAsync(options: new WorkerOptions { ChangesEvery = TimeSpan.FromSeconds(30) });
        await world.FullAsync(World.People(5));
        await world.ListHoldsAsync(World.Emails(World.People(5)));
        world.Brevo.Faults.Add("POST", "/contacts/import", BrevoFaultEffect.ImportStalls(TimeSpan.FromMinutes(5)), 1);
        world.Brevo.Faults.Add("GET", "/contacts", BrevoFaultEffect.Delay(TimeSpan.FromSeconds(25)), 1_000);
        world.Brevo.Faults.Add("GET", "/contacts/*", BrevoFaultEffect.Delay(TimeSpan.FromSeconds(25)), 1_000);
        await world.EnterAsync(World.People(200, 100));
        await world.UntilAsync(() => world.Brevo.Processes.Count == 1);

        for (var i = 0; i < 8; i++)
        {
            var before = world.Clock.GetUtcNow();
            await world.EnterAsync(World.People(1, 500 + i));
            await world.UntilAsync(() => world.Held().Count == 6 + i);
            Assert.InRange(world.Clock.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(5));
            await world.PassAsync(TimeSpan.FromSeconds(7));
        }

        world.Brevo.Faults.Clear();
        await world.ListHoldsAsync(World.Emails([.. World.People(5), .. World.People(200, 100), .. World.People(8, 500)]));
        world.AssertClean();
    }

    [Fact]
    public async Task An_import_that_takes_hours_is_not_sent_twice_and_small_changes_pass_it()
    {
        await using var world = await World.StartAsync();
        world.Brevo.Faults.Add("POST", "/contacts/import", BrevoFaultEffect.ImportStalls(TimeSpan.FromHours(2)), 1);
        await world.FullAsync(World.People(200));
        await world.UntilAsync(() => world.Brevo.Processes.Count == 1);
        var before = world.Clock.GetUtcNow();
        await world.EnterAsync(World.People(50, 500));
        await world.UntilAsync(() => world.Held().Count == 50);
        Assert.InRange(world.Clock.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        await world.LeaveAsync(World.People(60));
        await world.PassAsync(TimeSpan.FromHours(2.2));
        await world.ListHoldsAsync([.. World.Emails(World.People(140, 60)), .. World.Emails(World.People(50, 500))]);
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/contacts/import"));
        world.AssertClean();
        AssertOtherBucket(world);
    }

    [Fact]
    public async Task Who_leaves_while_their_import_runs_is_removed_after_it()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync(World.People(200));
        await world.UntilAsync(() => world.Brevo.Processes.Count == 1);
        await world.LeaveAsync(World.People(30));
        await world.ListHoldsAsync(World.Emails(World.People(170, 30)));
        world.AssertClean();
    }

    [Fact]
    public async Task An_import_is_looked_at_a_few_times_only()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync(World.People(2000));
        await world.ListHoldsAsync(World.Emails(World.People(2000)));

        // The list shows the import's effect before its report has been read.
        await world.UntilAsync(() => world.Brevo.Calls.Count("GET", "/processes/{processId}") > 0);
        await world.PassAsync(TimeSpan.FromSeconds(30));
        Assert.InRange(world.Brevo.Calls.Count("GET", "/processes/{processId}"), 1, 2);
        Assert.InRange(world.Brevo.Calls.Count("GET", "/contacts/{identifier}"), 0, 5);
        world.AssertClean();
    }

    [Fact]
    public async Task A_contact_that_always_fails_holds_up_nobody()
    {
        await using var world = await World.StartAsync(options: new WorkerOptions { SinglesLimit = 500 });
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/contacts", Effect = Effects["425"], Every = 9 });
        await world.FullAsync(World.People(100));
        await world.ListHoldsAsync(World.Emails(World.People(100)));
        world.AssertClean();
    }

    private static List<Someone> Of(IEnumerable<int> numbers) => [.. numbers.SelectMany(n => World.People(1, n))];

    internal static void AssertOtherBucket(World world) =>
        Assert.InRange(world.Brevo.Calls.MaxInWindow(BrevoBucket.Other, TimeSpan.FromHours(1)), 0, 80);
}
