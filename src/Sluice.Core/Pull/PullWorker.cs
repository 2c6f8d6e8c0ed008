using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Events;
using Sluice.Core.Lookups;
using Sluice.Core.People;
using Sluice.Core.Pull.Schedules;

namespace Sluice.Core.Pull;

/// <summary>What is fetched, as one of several kinds.</summary>
internal interface IPull
{
    string Name { get; }

    Schedule Schedule { get; }

    /// <summary>Where it reads.</summary>
    IMixpanelSource Source { get; }

    /// <summary>Does a run, or the rest of one, from the place that it has kept.</summary>
    Task RunAsync(PullRun run, CancellationToken cancellationToken);
}

/// <summary>Where what is fetched goes: the same doors as what is received.</summary>
public sealed record PullIntakes(ICohortIntake Cohorts, IEventIntake Events, IProfileIntake Profiles, IRefusedRecords Refused, IUserGroups Groups, ILookupTables Lookups)
{
    /// <summary>The way under which refused records are kept.</summary>
    internal const string Way = "pull";
}

/// <summary>
/// Fetches what a project's plan says when it is due, alone and under a lease: each job in a line of its own, so that one that waits for its
/// budget holds up no other. A job never overlaps itself; what became due while nothing ran is done once.
/// </summary>
/// <param name="sources">Gives a job, by its name, the Mixpanel project to read from: each has a part of the budget of its own.</param>
public sealed class PullWorker(
    PullPlan plan, Func<string, IMixpanelSource> sources, PullIntakes intakes, IPullJobs jobs, ILeases leases, PullOptions options, TimeProvider time, string owner, Action<Exception> report)
{
    private readonly List<IPull> _pulls = PullsOf(plan, sources, intakes);

    public Task RunAsync(CancellationToken cancellationToken) =>
        LeasedLoop.RunAsync(leases, $"pull/{plan.Project}", owner, options.LeaseLength, WorkAsync, time, report, cancellationToken);

    private static List<IPull> PullsOf(PullPlan plan, Func<string, IMixpanelSource> sources, PullIntakes intakes)
    {
        var pulls = new List<IPull>();
        if (plan.Cohorts is { } cohorts)
        {
            pulls.Add(new CohortPull(plan.Project, cohorts, sources(CohortPull.JobName), intakes));
        }

        if (plan.Events is { } events)
        {
            pulls.Add(new EventPull(plan, events, sources(EventPull.JobName), intakes));
        }

        if (plan.Profiles is { } profiles)
        {
            pulls.Add(new ProfilePull(profiles, sources(ProfilePull.JobName), intakes));
        }

        pulls.AddRange(plan.Jql.Select(j => new JqlPull(plan, j, sources(j.Group), intakes)));
        return pulls;
    }

    private async Task WorkAsync(Lease lease, CancellationToken stopping)
    {
        await using var keeper = new LeaseKeeper(leases, lease, options.LeaseLength, time, stopping);
        using var lines = CancellationTokenSource.CreateLinkedTokenSource(keeper.Token);
        var work = _pulls.Select(p => LineAsync(p, lease, lines.Token)).ToList();
        var first = await Task.WhenAny(work);

        // One that fails for a reason of ours ends all: the worker begins anew.
        await lines.CancelAsync();
        await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private async Task LineAsync(IPull pull, Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var job = await JobAsync(pull, lease, cancellationToken);
            if (job.Run is not { EndedAt: null })
            {
                if (job.DueAt > time.GetUtcNow())
                {
                    await RestAsync(job.DueAt, cancellationToken);
                    continue;
                }

                var now = time.GetUtcNow();
                job = job with { Run = new PullRunState(Guid.CreateVersion7(now).ToString("n"), now, null, new Dictionary<string, long>(), null, null) };
                await jobs.SaveAsync(plan.Project, lease, job, cancellationToken);
            }

            await RunAsync(pull, new PullRun(plan.Project, lease, jobs, job, time), cancellationToken);

            // A run that is cut off leaves to itself what it has kept: whoever goes on with it needs it.
            await pull.Source.ReleaseAsync(cancellationToken);
        }
    }

    /// <summary>The job as it is kept; one that is new is due at once, and one whose schedule has changed follows it.</summary>
    private async Task<PullJob> JobAsync(IPull pull, Lease lease, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var job = await jobs.FindAsync(plan.Project, pull.Name, cancellationToken);
        if (job is null)
        {
            job = new PullJob(pull.Name, now, null, null);
            await jobs.SaveAsync(plan.Project, lease, job, cancellationToken);
            return job;
        }

        var planned = NextOf(pull, now);
        if (job.Run is { EndedAt: not null } && job.DueAt > now && job.DueAt != planned)
        {
            job = job with { DueAt = planned };
            await jobs.SaveAsync(plan.Project, lease, job, cancellationToken);
        }

        return job;
    }

    private async Task RunAsync(IPull pull, PullRun run, CancellationToken cancellationToken)
    {
        var failures = 0;
        while (true)
        {
            var saves = run.Saves;
            try
            {
                await pull.RunAsync(run, cancellationToken);
                await run.EndAsync(NextOf(pull, run.Now), null, cancellationToken);
                return;
            }
            catch (MixpanelSourceException e) when (e.Problem == SourceProblem.Spent)
            {
                // Nothing has failed: the hour's budget is somebody else's by now.
                await WaitAsync(e.NotBefore ?? (run.Now + options.LongestWait), cancellationToken);
            }
            catch (Exception e) when (e is not (OperationCanceledException or LeaseLostException or StoreUnavailableException))
            {
                // Whatever it is, it is this job's alone: the others go on.
                failures = run.Saves == saves ? failures + 1 : 1;
                var answer = e as MixpanelSourceException;
                if (answer?.Problem is SourceProblem.Refused or SourceProblem.BadQuestion || failures >= options.MaxFailures)
                {
                    report(e);
                    await run.EndAsync(NextOf(pull, run.Now), e.Message, cancellationToken);
                    return;
                }

                var wait = options.FirstWait * Math.Pow(2, Math.Min(failures - 1, 16));
                var until = run.Now + (wait < options.LongestWait ? wait : options.LongestWait);
                await WaitAsync(answer?.NotBefore is { } notBefore && notBefore > until ? notBefore : until, cancellationToken);
            }
        }
    }

    private DateTimeOffset NextOf(IPull pull, DateTimeOffset after) =>
        pull.Schedule.NextStart(after, plan.TimeZone, Schedule.ShareOf($"{plan.Project}/{pull.Name}")) ?? DateTimeOffset.MaxValue.AddYears(-1);

    private async Task WaitAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        while (until > time.GetUtcNow())
        {
            await RestAsync(until, cancellationToken);
        }
    }

    /// <summary>Waits, not longer than a while: the clock may be set.</summary>
    private Task RestAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        var left = until - time.GetUtcNow();
        return left <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(left < options.Idle ? left : options.Idle, time, cancellationToken);
    }
}
