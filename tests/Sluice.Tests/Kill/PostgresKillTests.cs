using Sluice.Testing;

namespace Sluice.Tests.Kill;

/// <summary>The same on PostgreSQL, where the next node waits for the lease of the one that is gone.</summary>
public sealed class PostgresKillTests
{
    [Fact]
    public async Task Killed_on_postgresql_the_next_node_waits_for_the_lease()
    {
        var server = await PostgresServer.SharedAsync(TestContext.Current.CancellationToken);
        await using var database = await server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        using var folder = new TempFolder();
        await KillHarness.RunAsync(folder, KillHarness.Postgres(database), rounds: KillHarness.Rounds(3));
    }

    [Fact]
    public async Task Of_two_nodes_one_stands_still_past_its_lease_and_one_is_killed()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var server = await PostgresServer.SharedAsync(cancellationToken);
        await using var database = await server.CreateDatabaseAsync(cancellationToken);
        using var folder = new TempFolder();
        await using var brevo = await KillHarness.StartBrevoAsync(cancellationToken);
        await using var first = KillHarness.Start(folder, KillHarness.Postgres(database), brevo);
        var firstUrl = await KillHarness.AddressAsync(first, cancellationToken);
        await using var second = KillHarness.Start(folder, KillHarness.Postgres(database), brevo);
        var secondUrl = await KillHarness.AddressAsync(second, cancellationToken);
        using var cohort = new KillHarness.Sender(seed: 1);

        await cohort.FullAsync(firstUrl, Enumerable.Range(0, 300), cancellationToken);
        await cohort.ChangeAsync(secondUrl, enter: true, Enumerable.Range(300, 30), cancellationToken);
        await KillHarness.HoldsAsync(brevo, cohort, cancellationToken);

        // One of the two has the lease; whichever it is, it stands still in the middle of its work.
        await cohort.ChangeAsync(secondUrl, enter: true, Enumerable.Range(330, 60), cancellationToken);
        first.Signal(UnixSignal.Stop);
        await cohort.ChangeAsync(secondUrl, enter: false, Enumerable.Range(0, 100), cancellationToken);
        await KillHarness.HoldsAsync(brevo, cohort, cancellationToken);
        first.Signal(UnixSignal.Continue);
        await cohort.ChangeAsync(firstUrl, enter: true, Enumerable.Range(0, 20), cancellationToken);
        await KillHarness.HoldsAsync(brevo, cohort, cancellationToken);

        await cohort.ChangeAsync(secondUrl, enter: false, Enumerable.Range(300, 40), cancellationToken);
        await second.KillAsync(cancellationToken);
        await KillHarness.HoldsAsync(brevo, cohort, cancellationToken);
        Assert.Equal(0, brevo.Calls.BudgetViolationCount);
    }
}
