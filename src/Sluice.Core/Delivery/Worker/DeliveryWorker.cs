using System.Threading.Channels;
using Sluice.Core.Delivery.Enrichment;

namespace Sluice.Core.Delivery.Worker;

/// <summary>What a worker is to keep in step: the rules are asked for again whenever cohorts may have changed.</summary>
public sealed record WorkerTarget(string Project, bool GroupAttributes, IReadOnlyList<ListTarget> Lists)
{
    /// <summary>What is added to people on their way.</summary>
    public EnrichmentRules Enrichment { get; init; } = EnrichmentRules.None;
}

/// <summary>A list of the config, before its source is found.</summary>
/// <param name="Source"><c>all_users</c>, or a cohort by id, name or slug.</param>
public sealed record ListTarget(string Source, long List, ListMode Mode, double MaxRemoval)
{
    public const string AllUsers = "all_users";
}

/// <summary>
/// Keeps one destination of one project in step, alone: it holds the lease of the account. One loop of small steps, the most urgent
/// first: people who changed, then what is known of imports, then what must be known beforehand, then walks.
/// </summary>
public sealed class DeliveryWorker(
    WorkerTarget target, IListDestination destination, ILedger ledger, ILeases leases, WorkerOptions options, TimeProvider time, string owner,
    Action<Exception> report)
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TargetScope _scope = new(target, destination.Name, ledger);
    private ImportRunner? _imports;

    /// <summary>Something has changed: look now.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>The destination says that a job has ended.</summary>
    public void JobEnded(string token)
    {
        if (_imports?.Current?.Token == token)
        {
            _imports.Hurry();
            Wake();
        }
    }

    public Task RunAsync(CancellationToken cancellationToken) => LeasedLoop.RunAsync(
        leases, $"delivery/{destination.Account}", owner, options.LeaseLength, WorkAsync, time, report, cancellationToken, WaitAsync);

    private async Task WorkAsync(Lease lease, CancellationToken stopping)
    {
        await using var keeper = new LeaseKeeper(leases, lease, options.LeaseLength, time, stopping);
        var cancellationToken = keeper.Token;
        var scope = await _scope.ReadAsync(cancellationToken);
        var context = new WorkerContext(scope, lease, ledger, destination, options, time)
        {
            State = await ledger.RegisterAsync(scope with { LeaseName = lease.Name }, cancellationToken), Wake = Wake,
        };
        await using var imports = new ImportRunner(context);
        _imports = imports;
        await imports.ResumeAsync(cancellationToken);
        await WorkAsync(context, imports, cancellationToken);
    }

    private async Task WorkAsync(WorkerContext context, ImportRunner imports, CancellationToken cancellationToken)
    {
        var guard = new RemovalGuard(context);
        var setup = new SetupStep(context);
        var people = new PeopleStep(context, imports, guard);
        var walk = new WalkStep(context, imports, guard);
        var releaseAt = context.Now;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (context.Now < context.HoldUntil)
            {
                await WaitAsync(Min(context.HoldUntil - context.Now, options.LeaseLength / 3), cancellationToken);
                continue;
            }

            context.Scope = WithKept(await _scope.ReadAsync(cancellationToken), context.State);
            var bases = await ledger.BasesAsync(target.Project, cancellationToken);
            if (context.Now >= releaseAt)
            {
                releaseAt = context.Now + TimeSpan.FromSeconds(15);
                await guard.ReleaseAllAsync(cancellationToken);
            }

            var busy = await setup.RunAsync(cancellationToken);
            if (setup.IsReady && context.Now >= context.HoldUntil)
            {
                // A list is written to only after those who were there before us have been read.
                var known = context.Scope.Rules.Where(r => context.List(r.List).ForeignRead < 0).ToList();
                context.Scope = context.Scope with { Rules = known };
                busy |= await ledger.FollowAsync(context.Scope, context.Lease, options.PeoplePerStep, cancellationToken);
                busy |= await people.RunAsync(cancellationToken);
                busy |= await imports.RunAsync(cancellationToken);
                busy |= await walk.RunAsync(bases, cancellationToken);
            }

            if (!busy)
            {
                await WaitAsync(options.Idle, cancellationToken);
            }
        }
    }

    /// <summary>Beside the lists of the target, those that were filled because somebody asked: who is suppressed leaves them too.</summary>
    private static DeliveryScope WithKept(DeliveryScope scope, DestinationState state) => scope with
    {
        Rules =
        [
            .. scope.Rules,
            .. state.Lists.Values.Where(l => l.IsKept && l.ForeignRead < 0 && scope.Rules.All(r => r.List != l.List)).Select(l => ListRule.OfKept(l.List)),
        ],
    };

    private async Task WaitAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = Task.Delay(length, time, waiting.Token);
        await Task.WhenAny(timer, _wake.Reader.WaitToReadAsync(waiting.Token).AsTask());
        _wake.Reader.TryRead(out _);
        await waiting.CancelAsync();
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
