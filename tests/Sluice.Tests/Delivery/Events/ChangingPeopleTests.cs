using Sluice.Core.Identity;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery.Events;

/// <summary>People are joined and come apart while their events are on the way, and Brevo does not take everything at once.</summary>
public sealed class ChangingPeopleTests
{
    private const int People = 6;
    private const int Rounds = 40;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_event_arrives_once(int seed)
    {
        var random = new Random(seed);
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(People);
        world.Run();
        var events = 0;
        for (var round = 0; round < Rounds; round++)
        {
            switch (random.Next(6))
            {
                case 0:
                    world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.TooManyRequests(random.Next(1, 10)), count: random.Next(1, 6));
                    break;
                case 1:
                    world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.Error(503, "internal_error", "try again"), count: random.Next(1, 4));
                    break;
                case 2:
                    world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.CutBefore());
                    break;
                case 3:
                    var (one, other) = (random.Next(1, People + 1), random.Next(1, People + 1));
                    events++;
                    await world.AppendAsync(
                        [("a", one)], claims: one == other ? [] : [new IdentityClaim(IdentityClaimKind.Merge, EventsWorld.Id(one), EventsWorld.Id(other))]);
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
            events += more.Count;
            await (more.Count > 0 ? world.AppendAsync(more.Select(p => ("a", p))) : Task.CompletedTask);
            await world.PassAsync(TimeSpan.FromMilliseconds(random.Next(3_000)));
        }

        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(1, events), world.Delivered().Order());
        Assert.Empty(world.Errors);
    }
}
