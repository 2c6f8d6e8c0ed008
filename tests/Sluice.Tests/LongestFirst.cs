using Sluice.Tests.Commands;
using Sluice.Tests.Delivery;
using Sluice.Tests.Delivery.Events;
using Sluice.Tests.Delivery.Webhooks;
using Sluice.Tests.Erasure;
using Sluice.Tests.Kill;
using Sluice.Tests.Pull;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(Sluice.Tests.LongestFirst))]

namespace Sluice.Tests;

/// <summary>
/// Begins with the classes that take longest. Most of them run the real program and wait for the true clock: beside them there is room
/// for those that compute, and at the end nobody waits for one of them alone.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly Type[] Longest =
    [
        typeof(KillTests), typeof(PostgresProgramTests), typeof(PostgresKillTests), typeof(CallCountTests), typeof(ErasureTests), typeof(ErasureKillTests),
        typeof(EventBudgetTests), typeof(FaultTests), typeof(PullKillTests), typeof(ExampleReceiverTests), typeof(CohortsSyncTests),
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection => [.. testCollections.OrderBy(Place)];

    private static int Place<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection
    {
        var place = Array.FindIndex(Longest, type => collection.TestCollectionDisplayName.Contains($" {type.FullName} ", StringComparison.Ordinal));
        return place < 0 ? Longest.Length : place;
    }
}
