namespace Sluice.Core.Delivery.Worker;

/// <summary>Follows the people who were marked as changed. Small changes go out at once, also while a large import is under way.</summary>
internal sealed class PeopleStep(WorkerContext context, ImportRunner imports, RemovalGuard guard)
{
    /// <returns>False when nobody was marked.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var marked = await context.Ledger.PendingAsync(context.Scope, context.Options.PeoplePerStep + context.RestingCount, cancellationToken);
        var people = marked.Where(p => !context.IsResting(p.Key)).ToList();
        if (people.Count == 0)
        {
            return false;
        }

        var run = new RunTally(context.NewId(), null, "change", context.Now);
        var plans = await context.PlanAsync(people, cancellationToken);
        var send = plans.Where(p => !p.IsEmpty && p.WaitsFor is null).ToList();
        var waiting = plans.Where(p => p.WaitsFor is not null).Select(p => (Plan: p, Job: p.WaitsFor!)).ToList();
        var upserts = send.Where(p => p.NeedsUpsert).ToList();
        if (upserts.Count(p => !p.Contact.NeedsOwnCall) > context.Options.SinglesLimit)
        {
            // Too many for single calls: they go into an import, or wait for the one that is under way.
            var bulk = upserts.Where(p => !p.Contact.NeedsOwnCall && p.Carrier is not null).ToHashSet();
            if (bulk.Count > 0 && await imports.TakeAsync([.. bulk], run, cancellationToken) is { } job)
            {
                waiting.AddRange(bulk.Select(p => (p, job)));
                send.RemoveAll(bulk.Contains);
                upserts.RemoveAll(bulk.Contains);
            }
        }

        var sender = new Sender(context);

        // Removals wait for nobody: they are from lists that no import has on its way.
        var held = await RemoveAsync(sender, plans, run, cancellationToken);
        if (context.HoldUntil <= context.Now)
        {
            await sender.UpsertAsync(upserts, run, cancellationToken);
        }

        foreach (var rule in context.Scope.Rules)
        {
            var adds = send.Where(p => !p.NeedsUpsert && p.AddTo.Contains(rule.List)).ToList();
            if (adds.Count > 0 && context.HoldUntil <= context.Now)
            {
                await sender.AddAsync(rule.List, adds, run, cancellationToken);
            }
        }

        await CloseAsync(plans, sender, held, waiting, run, cancellationToken);
        return true;
    }

    /// <returns>Lists whose removals wait for a person.</returns>
    private async Task<HashSet<long>> RemoveAsync(Sender sender, IReadOnlyList<PersonPlan> plans, RunTally run, CancellationToken cancellationToken)
    {
        var held = new HashSet<long>();
        foreach (var rule in context.Scope.Rules)
        {
            var leaving = plans.Where(p => p.RemoveFrom.Any(r => r.List == rule.List)).ToList();
            var free = leaving.Where(p => p.RemoveFrom.Any(r => r.List == rule.List && r.Suppressed)).ToList();
            var counted = leaving.Except(free).ToList();
            if (counted.Count > 0
                && !(await guard.AllowsAsync(rule, counted.Count, cancellationToken) && await guard.TakeAsync(rule, counted.Count, cancellationToken)))
            {
                held.Add(rule.List);
                run.Count("removals_held", counted.Count);
                leaving = free;
            }

            if (leaving.Count > 0 && context.HoldUntil <= context.Now)
            {
                await sender.RemoveAsync(rule.List, leaving, run, cancellationToken);
            }
        }

        return held;
    }

    /// <summary>Without removals that wait for a person: the walk that follows the decision finds those again.</summary>
    private static PersonPlan Undelayed(PersonPlan plan, HashSet<long> held) =>
        plan with { RemoveFrom = [.. plan.RemoveFrom.Where(r => r.Suppressed || !held.Contains(r.List))] };

    private async Task CloseAsync(
        IReadOnlyList<PersonPlan> plans, Sender sender, HashSet<long> held, List<(PersonPlan Plan, string Job)> waiting, RunTally run,
        CancellationToken cancellationToken)
    {
        var changes = new LedgerChanges();
        var waits = waiting.ToDictionary(w => w.Plan.State.Key, w => w.Job);

        // Who is still to be removed from somewhere does not wait: that is tried again before the job ends.
        changes.Waiting.AddRange(waiting.Where(w => sender.HasRemoved(Undelayed(w.Plan, held))).Select(w => (w.Plan.State.Key, w.Plan.State.PendingSeq, w.Job)));
        foreach (var plan in plans.Where(p => !waits.ContainsKey(p.State.Key)))
        {
            foreach (var skip in plan.Skipped)
            {
                run.Count("skipped_" + skip.Reason);
            }

            if (plan.IsEmpty || sender.HasFinished(Undelayed(plan, held)))
            {
                changes.Dealt.Add((plan.State.Key, plan.State.PendingSeq));
                if (plan.State.SpokenForBy is { } speaker)
                {
                    changes.Marked.Add(speaker);
                }

                // However it came that the person must not be in a list: they leave it under every id.
                changes.Marked.AddRange(plan.State.PartsLeft);
            }
        }

        if (run.DidSomething || held.Count > 0)
        {
            changes.Run = run.AsRun(held.Count > 0 ? "held" : "done", context.Now);
        }

        await context.CommitAsync(changes, cancellationToken);
    }
}
