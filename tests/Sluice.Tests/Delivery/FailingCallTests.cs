namespace Sluice.Tests.Delivery;

/// <summary>A class of its own, so that its many cases run beside the other faults.</summary>
public sealed class FailingCallTests
{
    public static TheoryData<string> Kinds => [.. FaultTests.Effects.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_call_may_fail_twice(string kind)
    {
        await using var world = await World.StartAsync();
        foreach (var (method, path) in new[]
        {
            ("POST", "/contacts/import"), ("POST", "/contacts"), ("POST", "/contacts/lists/*/contacts/remove"), ("POST", "/contacts/lists/*/contacts/add"),
            ("GET", "/contacts/attributes"), ("GET", "/contacts"), ("GET", "/contacts/lists/16"), ("GET", "/processes*"), ("GET", "/contacts/*"),
        })
        {
            world.Brevo.Faults.Add(method, path, FaultTests.Effects[kind], 2);
        }

        await world.FullAsync(World.People(200));
        await world.ListHoldsAsync(World.Emails(World.People(200)));
        await world.EnterAsync(World.People(10, 300));
        await world.LeaveAsync(World.People(160));
        await world.ListHoldsAsync([.. World.Emails(World.People(40, 160)), .. World.Emails(World.People(10, 300))]);
        world.AssertClean();
        FaultTests.AssertOtherBucket(world);
    }
}
