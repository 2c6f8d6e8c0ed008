using Sluice.Core.Delivery.Worker;

namespace Sluice.Core.Delivery.Companies;

/// <summary>
/// Keeps the companies of one project at one destination in step with its groups, alone, under a lease of its own: however scarce its
/// calls are, it holds up no person. Level-triggered: of many changes the newest state is sent, and only when it differs.
/// </summary>
public sealed class CompanyWorker(
    string project, string groupKey, ICompanyDestination destination, ICompanies companies, ILedger ledger, ILeases leases, TimeProvider time, string owner,
    Action<Exception> report)
{
    private const int AtOnce = 10;
    private static readonly TimeSpan LeaseLength = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PrepareEvery = TimeSpan.FromHours(6);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly DeliveryScope _scope = new(project, destination.Name, [], GroupAttributes: false);

    public Task RunAsync(CancellationToken cancellationToken) => LeasedLoop.RunAsync(
        leases, $"companies/{project}/{destination.Name}", owner, LeaseLength, WorkAsync, time, report, cancellationToken);

    private async Task WorkAsync(Lease lease, CancellationToken stopping)
    {
        await using var keeper = new LeaseKeeper(leases, lease, LeaseLength, time, stopping);
        var cancellationToken = keeper.Token;
        await companies.RegisterAsync(_scope, groupKey, cancellationToken);
        var run = new CompanyRun(_scope, lease, companies, time);
        try
        {
            await WorkAsync(new CompanyStep(_scope, lease, destination, companies, ledger, run, time), run, cancellationToken);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(StopLimit, time);
            await run.SaveAsync(ended: true, limit.Token);
            throw;
        }
    }

    private async Task WorkAsync(CompanyStep step, CompanyRun run, CancellationToken cancellationToken)
    {
        var rests = new CompanyRests(time);
        DateTimeOffset? preparedAt = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var wait = Idle;
            try
            {
                var pending = await companies.PendingAsync(_scope, AtOnce, rests.Resting, cancellationToken);
                if (pending.Count > 0 && (preparedAt is null || time.GetUtcNow() - preparedAt > PrepareEvery))
                {
                    run.Missing = await destination.PrepareAsync(cancellationToken);
                    preparedAt = time.GetUtcNow();
                }

                run.Waits = null;
                var goneThrough = 0;
                foreach (var company in pending)
                {
                    goneThrough += await RunAsync(step, company, rests, run, cancellationToken) ? 1 : 0;
                }

                wait = rests.AllUntil - time.GetUtcNow() ?? (goneThrough > 0 ? TimeSpan.Zero : Idle);
            }
            catch (DeliveryException e)
            {
                // Whatever it is about, the marks wait; a refusal of one company has been dealt with before it comes here.
                run.Wait(e.Decision);
                wait = e.Decision.After > Idle ? e.Decision.After : Idle;
            }

            await run.SaveAsync(ended: wait == Idle && run.Waits is null, cancellationToken);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    /// <summary>What concerns the account or the line holds everything up; what may be about one company lets only that one rest.</summary>
    private static async Task<bool> RunAsync(CompanyStep step, CompanyState company, CompanyRests rests, CompanyRun run, CancellationToken cancellationToken)
    {
        try
        {
            await step.RunAsync(company, cancellationToken);
            rests.End(company.Group);
            return true;
        }
        catch (DeliveryException e) when (e.Decision.Kind != DecisionKind.Pause && !CompanyCalls.IsBudget(e.Decision))
        {
            rests.Begin(company.Group, e.Decision.After);
            run.Wait(e.Decision);
            return false;
        }
    }
}
