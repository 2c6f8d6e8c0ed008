using Sluice.Core.Identity;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery.Events;

/// <summary>People are joined and come apart while their events are on the way, Brevo does not take everything at once, and the worker begins anew.</summary>
public sealed class ChangingPeopleTests
{
    private const int People = 6;
    private const int Rounds = 40;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(21)]
    [InlineData(31)]
    public async Task Every_event_arrives_once_and_those_of_an_id_in_their_order(int seed)
    {
        var random = new Random(seed);
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(People);
        world.Run();

        // Whose the event of a number is, as it was sent.
        var of = new List<int> { 0 };
        for (var round = 0; round < Rounds; round++)
        {
            switch (random.Next(7))
            {
                case 0:
                    world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.TooManyRequests(random.Next(1, 10)), count: random.Next(1, 6));
                    break;
                case 1:
                    world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.Error(503, "internal_error", "try again"), count: random.Next(1, 4));
                    break;
                case 2:
                    world.Brevo.Faults.Add("POST", "/events", random.Next(2) == 0 ? BrevoFaultEffect.CutBefore() : BrevoFaultEffect.CutAfter());
                    break;
                case 3:
                    var (one, other) = (random.Next(1, People + 1), random.Next(1, People + 1));
                    of.Add(one);
                    await world.AppendAsync(
                        [("a", one)], claims: one == other ? [] : [new IdentityClaim(IdentityClaimKind.Merge, EventsWorld.Id(one), EventsWorld.Id(other))]);
                    break;
                case 4:
                    await world.StopAsync();
                    world.Run();
                    break;
                default:
                    var followed = await world.Store.Identities.ListAsync(EventsWorld.Project, "followed", 100, Token);
                    if (followed.Count > 0)
                    {
                        await world.Store.Identities.UndoAsync(EventsWorld.Project, followed[random.Next(followed.Count)].Claim, Token);
                    }

                    break;
            }

            var more = Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(1, People + 1)).ToList();
            of.AddRange(more);
            await (more.Count > 0 ? world.AppendAsync(more.Select(p => ("a", p))) : Task.CompletedTask);
            await world.PassAsync(TimeSpan.FromMilliseconds(random.Next(3_000)));
        }

        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(1, of.Count - 1), world.Delivered().Order());
        foreach (var sent in world.Delivered().GroupBy(n => of[n]))
        {
            Assert.Equal(sent.Order(), sent);
        }

        Assert.Empty(world.Errors);
    }
}
