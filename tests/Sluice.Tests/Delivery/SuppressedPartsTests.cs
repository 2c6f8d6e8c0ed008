using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Events;
using Sluice.Core.Identity;

namespace Sluice.Tests.Delivery;

/// <summary>
/// Two people who are contacts of their own turn out to be one. Each contact stays where it is; what is then said against the person is
/// said against both.
/// </summary>
public sealed class SuppressedPartsTests
{
    private static readonly string[] Left = ["u2@example.test"];

    [Theory]
    [InlineData("u0@example.test")]
    [InlineData("u1@example.test")]
    public async Task Whoever_is_suppressed_under_one_address_leaves_the_list_under_every_other(string email)
    {
        await using var world = await StartAsync();
        await MergeAsync(world, "u1", "u0");
        await SuppressAsync(world, email);
        await AssertLeftAsync(world);
    }

    [Fact]
    public async Task A_suppression_for_one_list_is_for_that_list_under_every_address()
    {
        await using var world = await StartAsync(World.Target(mode: ListMode.Add), World.Target(list: 17, mode: ListMode.Add));
        await MergeAsync(world, "u1", "u0");
        await SuppressAsync(world, "u1@example.test", World.List);
        await AssertLeftAsync(world);
        Assert.Equal(World.Emails(World.People(3)), world.Held(17));
    }

    [Fact]
    public async Task Who_becomes_one_with_a_suppressed_person_leaves_under_every_id_that_they_had()
    {
        await using var world = await StartAsync();
        await MergeAsync(world, "u1", "u0");
        await world.EnterAsync([new("u3", "u3@example.test")]);
        await world.ListHoldsAsync(World.Emails(World.People(4)));
        await SuppressAsync(world, "u3@example.test");
        await world.ListHoldsAsync(World.Emails(World.People(3)));
        await MergeAsync(world, "u3", "u1");
        await AssertLeftAsync(world);
    }

    [Fact]
    public async Task Who_takes_a_suppressed_address_leaves_under_every_id()
    {
        await using var world = await StartAsync();
        await MergeAsync(world, "u1", "u0");
        await SuppressAsync(world, "other@example.test");
        await world.EnterAsync([new("u1", "other@example.test")]);
        await AssertLeftAsync(world);
    }

    private static async Task<World> StartAsync(params ListTarget[] lists)
    {
        var world = await World.StartAsync(lists.Length == 0 ? [World.Target(mode: ListMode.Add)] : lists);
        await world.FullAsync(World.People(3));
        await world.ListHoldsAsync(World.Emails(World.People(3)));
        return world;
    }

    /// <summary>Nobody but the third is left in the list, and nothing goes on being done.</summary>
    private static async Task AssertLeftAsync(World world)
    {
        await world.ListHoldsAsync(Left);
        var sent = world.Sent.Count;
        await world.PassAsync(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(world.Sent.Skip(sent), s => !s.StartsWith("GET", StringComparison.Ordinal));
        world.AssertClean();
    }

    /// <summary>The first id speaks for both from now on. Until something is said against them, both stay where they are.</summary>
    private static async Task MergeAsync(World world, string id, string other)
    {
        await world.Store.Events.AppendAsync(
            new EventBatch(
                World.Project, Origin.Received, IdentityMode.Original, [new EventRecord("merged", 1, id, $"{id}-{other}", "{}"u8.ToArray())],
                [new IdentityClaim(IdentityClaimKind.Merge, id, other)]),
            TestContext.Current.CancellationToken);
        world.Worker.Wake();
        await world.PassAsync(TimeSpan.FromSeconds(10));
    }

    private static async Task SuppressAsync(World world, string email, long list = 0)
    {
        await world.Store.Suppressions.AddAsync(
            World.Project, [new SuppressionEntry(email, null, list, "manual", "hand", world.Clock.GetUtcNow())], TestContext.Current.CancellationToken);
        world.Worker.Wake();
    }
}
