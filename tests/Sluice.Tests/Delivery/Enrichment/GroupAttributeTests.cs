using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Delivery.Worker;
using Sluice.Destinations.Brevo.Attributes;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery.Enrichment;

/// <summary>What is known of a person's group reaches the person's contact, and follows the group.</summary>
public sealed class GroupAttributeTests
{
    private static readonly AttributeMapping[] Mapping =
    [
        new("plan", "PLAN_TYPE", null), new("group:company.plan", "COMPANY_PLAN", AttributeKind.Text), new("group:company.seats", "COMPANY_SEATS", AttributeKind.Number),
    ];

    private static readonly EnrichmentRules Rules = new([new GroupSource("company", "plan"), new GroupSource("company", "seats")], []);

    [Fact]
    public async Task A_contact_has_what_is_known_of_the_persons_group_and_follows_it()
    {
        await using var world = await World.StartAsync(mapping: Mapping, enrichment: Rules);
        await world.Store.GroupAsync(World.Project, "company", "acme", """{"plan":"team","seats":40,"secret":"x"}""");
        await SendAsync(world, ("ana", "\"acme\""), ("bo", "[\"acme\",\"other\"]"), ("cy", "\"other\""));
        Assert.Equal(("team", 40d), Company(world, "ana"));
        Assert.Equal(("team", 40d), Company(world, "bo"));
        Assert.Equal((null, null), Company(world, "cy"));

        var calls = world.Sent.Count(s => s.Contains("/contacts ", StringComparison.Ordinal));
        await world.Store.GroupAsync(World.Project, "company", "acme", """{"plan":"enterprise"}""");
        await world.UntilAsync(() => Company(world, "ana") == ("enterprise", 40d) && Company(world, "bo") == ("enterprise", 40d));
        await world.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(calls + 2, world.Sent.Count(s => s.Contains("/contacts ", StringComparison.Ordinal)));

        // Nothing of what is mapped: nobody's change.
        await world.Store.GroupAsync(World.Project, "company", "acme", """{"secret":"y"}""");
        await world.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(calls + 2, world.Sent.Count(s => s.Contains("/contacts ", StringComparison.Ordinal)));
        world.AssertClean();
    }

    [Fact]
    public async Task What_the_group_loses_and_who_leaves_it_is_emptied()
    {
        await using var world = await World.StartAsync(mapping: Mapping, enrichment: Rules);
        await world.Store.GroupAsync(World.Project, "company", "acme", """{"plan":"team","seats":40}""");
        await world.Store.GroupAsync(World.Project, "company", "beta", """{"plan":"free"}""");
        await SendAsync(world, ("ana", "\"acme\""), ("bo", "\"acme\""), ("cy", "\"acme\""));

        await world.Store.GroupAsync(World.Project, "company", "acme", """{"seats":null}""");
        await world.UntilAsync(() => Company(world, "ana") == ("team", null) && Company(world, "bo") == ("team", null) && Company(world, "cy") == ("team", null));
        await world.Store.ProfileAsync(World.Project, "bo", """{"company":null}""");
        await world.UntilAsync(() => Company(world, "bo") == (null, null));
        await world.Store.ProfileAsync(World.Project, "cy", """{"company":"beta"}""");
        await world.UntilAsync(() => Company(world, "cy") == ("free", null));
        await world.Store.DeleteGroupAsync(World.Project, "company", "acme");
        await world.UntilAsync(() => Company(world, "ana") == (null, null));
        Assert.Equal(("free", null), Company(world, "cy"));
        world.AssertClean();
    }

    [Fact]
    public async Task A_large_group_follows_in_slices_and_in_imports()
    {
        await using var world = await World.StartAsync(mapping: Mapping, enrichment: Rules, options: new WorkerOptions { PeoplePerStep = 100 });
        await world.Store.GroupAsync(World.Project, "company", "acme", """{"plan":"team","seats":1}""");
        var people = Enumerable.Range(0, 450).Select(i => (FormattableString.Invariant($"u{i}"), "\"acme\"")).ToArray();
        await SendAsync(world, people);
        var singles = world.Brevo.Calls.Count("POST", "/contacts");

        await world.Store.GroupAsync(World.Project, "company", "acme", """{"plan":"enterprise"}""");
        await world.Store.GroupAsync(World.Project, "company", "acme", """{"seats":2}""");
        await world.UntilAsync(() => people.All(p => Company(world, p.Item1) == ("enterprise", 2d)));

        // What is left of the last slice is few enough to go singly.
        Assert.InRange(world.Brevo.Calls.Count("POST", "/contacts"), singles, singles + 50);
        world.AssertClean();
    }

    [Fact]
    public async Task Whatever_fails_on_the_way_everybody_has_the_newest_in_the_end()
    {
        const string table = "6f1f0d2e-0000-4000-8000-000000000002";
        var rules = new EnrichmentRules(Rules.Groups, [new LookupJoin(table, "company", [new LookupColumn("city", "city")])]);
        await using var world = await World.StartAsync(
            mapping: [.. Mapping, new AttributeMapping("city", "CITY_OF_COMPANY", AttributeKind.Text)], enrichment: rules, options: new WorkerOptions { PeoplePerStep = 40 });
        var people = Enumerable.Range(0, 120).Select(i => (Id: FormattableString.Invariant($"u{i}"), Company: FormattableString.Invariant($"\"g{i % 3}\""))).ToArray();
        await world.Store.TableAsync(World.Project, table, ("g0", """{"city":"Oslo"}"""));
        await SendAsync(world, people);
        foreach (var effect in new[] { BrevoFaultEffect.CutAfter(), BrevoFaultEffect.CutBefore(), BrevoFaultEffect.Error(500, "internal", "No"), BrevoFaultEffect.TooManyRequests(1) })
        {
            world.Brevo.Faults.Add(new BrevoFault { Effect = effect, Probability = 0.03 });
        }

        for (var round = 1; round <= 4; round++)
        {
            for (var group = 0; group < 3; group++)
            {
                await world.Store.GroupAsync(World.Project, "company", FormattableString.Invariant($"g{group}"), $$"""{"plan":"p{{round}}","seats":{{group}}}""");
            }

            await world.Store.TableAsync(World.Project, table, ("g1", $$"""{"city":"Bergen {{round}}"}"""));
            world.Worker.Wake();
            await world.PassAsync(TimeSpan.FromSeconds(2));
        }

        await world.UntilAsync(() => people.Index().All(p => Company(world, p.Item.Id) == ("p4", p.Index % 3)
            && world.Brevo.ContactByExtId(p.Item.Id)!.Attributes.GetValueOrDefault("CITY_OF_COMPANY") as string == (p.Index % 3 == 1 ? "Bergen 4" : null)));
        world.AssertClean();
    }

    private static async Task SendAsync(World world, params (string Id, string Company)[] people)
    {
        foreach (var (id, company) in people)
        {
            await world.Store.ProfileAsync(World.Project, id, $$"""{"$email":"{{id}}@example.test","company":{{company}}}""");
        }

        var members = people.Select(p => new Someone(p.Id, $"{p.Id}@example.test")).ToList();
        await world.FullAsync(members);
        await world.ListHoldsAsync(World.Emails(members));
    }

    private static (string? Plan, double? Seats) Company(World world, string id)
    {
        var attributes = world.Brevo.ContactByExtId(id)!.Attributes;
        return (attributes.GetValueOrDefault("COMPANY_PLAN") as string, attributes.GetValueOrDefault("COMPANY_SEATS") as double?);
    }
}
