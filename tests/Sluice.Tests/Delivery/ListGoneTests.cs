using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery;

/// <summary>A list is deleted in Brevo: that is nobody's fault who was to be put into it, and a person is told.</summary>
public sealed class ListGoneTests
{
    [Fact]
    public async Task Nobody_is_refused_for_it_and_everybody_arrives_when_there_is_a_list_again()
    {
        await using var world = await StartAsync();
        await world.EnterAsync(World.People(5, 500));
        await world.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(await world.Store.DeadLetters.ListAsync(World.Project, null, 10, TestContext.Current.CancellationToken));
        Assert.StartsWith("list_missing", await PauseAsync(world), StringComparison.Ordinal);

        world.Brevo.CreateList("List 16", World.List);
        await world.UntilAsync(() => World.Emails(World.People(5, 500)).All(e => world.Held().Contains(e)));
        Assert.Null(await PauseAsync(world));
        world.AssertClean();
    }

    [Fact]
    public async Task Only_who_is_refused_for_something_else_is_a_dead_letter()
    {
        await using var world = await StartAsync(delete: false);
        world.Brevo.Faults.Add("POST", "/contacts", BrevoFaultEffect.Error(400, "invalid_parameter", "no"), 1);
        await world.EnterAsync(World.People(5, 500));
        await world.UntilAsync(() => world.Held().Count == 204);
        Assert.Single(await world.Store.DeadLetters.ListAsync(World.Project, null, 10, TestContext.Current.CancellationToken));
        Assert.Null(await PauseAsync(world));
    }

    [Fact]
    public async Task An_import_that_is_refused_for_it_is_not_sent_again_at_once()
    {
        await using var world = await StartAsync();
        var before = world.Brevo.Calls.Count("POST", "/contacts/import");
        await world.EnterAsync(World.People(200, 500));
        await world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.InRange(world.Brevo.Calls.Count("POST", "/contacts/import") - before, 1, 2);
        Assert.NotNull(await PauseAsync(world));

        world.Brevo.CreateList("List 16", World.List);
        await world.UntilAsync(() => World.Emails(World.People(200, 500)).All(e => world.Held().Contains(e)));
        world.AssertClean();
    }

    private static async Task<World> StartAsync(bool delete = true)
    {
        var world = await World.StartAsync();
        await world.FullAsync(World.People(200));
        await world.ListHoldsAsync(World.Emails(World.People(200)));
        if (delete)
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Delete, new Uri($"{world.Brevo.BaseUrl.AbsoluteUri.TrimEnd('/')}/contacts/lists/{World.List}"));
            request.Headers.Add("api-key", "xkeysib-simulator");
            using var answer = await world.Http.SendAsync(request, TestContext.Current.CancellationToken);
            answer.EnsureSuccessStatusCode();
        }

        return world;
    }

    private static async Task<string?> PauseAsync(World world) =>
        (await world.Store.Insight.DestinationAsync(World.Project, "brevo", TestContext.Current.CancellationToken))?.PausedReason;
}
