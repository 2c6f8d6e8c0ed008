using System.Collections.Concurrent;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Projects;
using Sluice.Hosting;
using Sluice.Simulators;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Management;

public sealed class ClearingTests
{
    private const string Project = "p1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_has_served_its_time_goes_also_where_the_work_is_exchanged_every_hour()
    {
        using var folder = new TempFolder();
        var clock = new ManualClock();
        await using var store = await Store.OpenSqliteAsync(folder.Combine("sluice.db"), clock, Token, durable: false);
        await store.Projects.PutAsync(new StoredProject(Project, "access", new byte[32]), Token);
        await store.Runs.WriteAsync(Project, RunAt("old", clock.GetUtcNow()), Token);
        clock.Advance(TimeSpan.FromDays(31));
        await store.Runs.WriteAsync(Project, RunAt("young", clock.GetUtcNow()), Token);

        var errors = new ConcurrentQueue<Exception>();
        for (var hour = 0; hour < 12; hour++)
        {
            var looks = new Looks(store.Settling);
            var loop = new SettleLoop(Project, looks, store.Lookups, () => { }, clock, errors.Enqueue);
            using var stop = new CancellationTokenSource();
            var running = loop.RunAsync(stop.Token);
            await LookedAsync(looks, loop, 1);
            clock.Advance(TimeSpan.FromHours(1));

            // The second one from now on begins when all is done that the first one has led to.
            await LookedAsync(looks, loop, 2);
            await stop.CancelAsync();
            await running;
        }

        Assert.Empty(errors);
        Assert.Equal(["young"], (await store.Runs.ListAsync(Project, 10, Token)).Select(r => r.Id));
    }

    private static Run RunAt(string id, DateTimeOffset at) => new(id, null, "sync", "done", at, at, new Dictionary<string, long>(), null) { Destination = "brevo" };

    private static Task LookedAsync(Looks looks, SettleLoop loop, int more)
    {
        var wanted = looks.Begun + more;
        return Eventually.TrueAsync(
            "the loop to look",
            () =>
            {
                loop.Wake();
                return looks.Begun >= wanted;
            },
            TimeSpan.FromMinutes(4), cancellationToken: Token);
    }

    /// <summary>Counts how often it was asked whether there is something to do.</summary>
    private sealed class Looks(ISettling inner) : ISettling
    {
        private int _begun;

        public int Begun => Volatile.Read(ref _begun);

        public Task<bool> SettleAsync(string project, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _begun);
            return inner.SettleAsync(project, cancellationToken);
        }

        public Task ClearAsync(string project, CancellationToken cancellationToken) => inner.ClearAsync(project, cancellationToken);
    }
}
