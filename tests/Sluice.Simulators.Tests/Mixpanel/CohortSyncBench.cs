using Sluice.Simulators.Mixpanel;
using Sluice.Simulators.People;

namespace Sluice.Simulators.Tests.Mixpanel;

/// <summary>A simulator, a receiver and a clock that stands still.</summary>
internal sealed class CohortSyncBench : IAsyncDisposable
{
    /// <summary>No wait of a test is longer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public const string CohortId = "7700123";

    private CohortSyncBench(ScriptedReceiver receiver, CohortSyncOptions options)
    {
        Receiver = receiver;
        Simulator = new CohortSyncSimulator(options, People, Clock);
        Connection = Simulator.Connect("Sluice", receiver.Url, "key", "secret");
        Cohort = Simulator.AddCohort(CohortId, "Dormant 30d");
    }

    public ManualClock Clock { get; } = new();

    public PersonDirectory People { get; } = new();

    public ScriptedReceiver Receiver { get; }

    public CohortSyncSimulator Simulator { get; }

    public CohortConnection Connection { get; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public SimulatedCohort Cohort { get; }

    public SyncStatus Status => Simulator.Status(CohortId);

    public static async Task<CohortSyncBench> StartAsync(CohortSyncOptions? options = null) =>
        new(await ScriptedReceiver.StartAsync(), options ?? new CohortSyncOptions());

    /// <summary>One that runs only when asked to.</summary>
    public static Task<CohortSyncBench> StartManualAsync(CohortSyncOptions? options = null) =>
        StartAsync((options ?? new CohortSyncOptions()) with { RunOnSchedule = false });

    public void Members(params string[] ids)
    {
        Cohort.Clear();
        Array.ForEach(ids, id => Cohort.Add(id));
    }

    public void Sync(SyncKind kind = SyncKind.Recurring, params string[] properties) =>
        Simulator.StartSync(CohortId, Connection, kind, properties);

    public Task<SyncRun> RunAsync(string cohortId = CohortId) => Simulator.RunNowAsync(cohortId, Cancelled).WaitAsync(Patience, Cancelled);

    public Task QuietAsync() => Simulator.WaitUntilQuietAsync(Cancelled).WaitAsync(Patience, Cancelled);

    /// <summary>Moves the clock, stopping wherever the simulator has something to do.</summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        var end = Clock.GetUtcNow() + by;
        await QuietAsync();
        while (Simulator.NextActivityAt is { } next && next <= end)
        {
            Clock.Advance(next - Clock.GetUtcNow());
            await QuietAsync();
        }

        Clock.Advance(end - Clock.GetUtcNow());
    }

    /// <summary>What arrived since the last time this was asked.</summary>
    public string[] Arrived()
    {
        string[] calls = [.. Receiver.Calls.Select(static call => call.ToString())];
        Receiver.Forget();
        return calls;
    }

    public async ValueTask DisposeAsync()
    {
        await Simulator.DisposeAsync();
        await Receiver.DisposeAsync();
    }
}
