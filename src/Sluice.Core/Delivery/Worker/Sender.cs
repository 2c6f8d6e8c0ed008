using Sluice.Core.People;

namespace Sluice.Core.Delivery.Worker;

/// <summary>
/// Sends what is planned for some people by single calls: intent first, then the call, then what became of it. Whatever happens in
/// between, the ledger never knows less than the destination might have.
/// </summary>
internal sealed class Sender(WorkerContext context)
{
    private readonly Dictionary<PersonKey, int> _finished = [];

    /// <summary>True when every action of the plan has come to its end: only then does the person's mark go.</summary>
    public bool HasFinished(PersonPlan plan)
    {
        var actions = plan.RemoveFrom.Count + (plan.NeedsUpsert ? 1 : plan.AddTo.Count);
        return _finished.GetValueOrDefault(plan.State.Key) >= actions;
    }

    /// <summary>Creates or updates contacts, each with the lists it is to be in.</summary>
    /// <returns>How many the destination has taken.</returns>
    public async Task<int> UpsertAsync(IReadOnlyList<PersonPlan> plans, RunTally run, CancellationToken cancellationToken)
    {
        var accepted = 0;
        foreach (var group in plans.Chunk(context.Options.ParallelCalls))
        {
            await IntendAsync(group, run, cancellationToken);
            var outcomes = await Task.WhenAll(group.Select(p => context.Destination.UpsertAsync(p.Contact, p.State.Contact, p.AddTo, cancellationToken)));
            run.Calls += group.Length;
            var changes = new LedgerChanges();
            for (var i = 0; i < group.Length; i++)
            {
                accepted += Conclude(group[i], outcomes[i], run, changes) ? 1 : 0;
            }

            await context.CommitAsync(changes, cancellationToken);
            foreach (var outcome in outcomes)
            {
                if (!await context.ObeyAsync(outcome.Decision, cancellationToken) || context.HoldUntil > context.Now)
                {
                    return accepted;
                }
            }
        }

        return accepted;
    }

    /// <summary>Adds known, unchanged contacts to a list, as many a call as the destination takes.</summary>
    public async Task AddAsync(long list, IReadOnlyList<PersonPlan> plans, RunTally run, CancellationToken cancellationToken)
    {
        foreach (var group in plans.Chunk(context.Destination.ListCallSize))
        {
            await MarkAsync(list, group, LedgerState.Intended, run, cancellationToken);
            var outcome = await context.Destination.AddAsync(list, [.. group.Select(Handle)], cancellationToken);
            run.Calls++;
            var changes = new LedgerChanges();
            if (outcome.Decision.Kind == DecisionKind.Done)
            {
                var doubtful = outcome.NotApplied.ToHashSet();
                for (var i = 0; i < group.Length; i++)
                {
                    // "Not applied" means in the list already, or not in the account at all. A call of their own tells and mends.
                    changes.Members.Add(Member(list, group[i], doubtful.Contains(i) ? LedgerState.Unknown : LedgerState.Present, run));
                    if (doubtful.Contains(i) && group[i].State.Contact is { } contact)
                    {
                        changes.Contacts.Add(new ContactChange(group[i].State.Key, contact with { State = LedgerState.Unknown }));
                        changes.Marked.Add(group[i].State.Key);
                    }
                    else
                    {
                        run.Added++;
                    }

                    Finish(group[i]);
                }
            }

            await context.CommitAsync(changes, cancellationToken);
            if (!await context.ObeyAsync(outcome.Decision, cancellationToken) || context.HoldUntil > context.Now)
            {
                return;
            }
        }
    }

    public async Task RemoveAsync(long list, IReadOnlyList<PersonPlan> plans, RunTally run, CancellationToken cancellationToken)
    {
        foreach (var group in plans.Chunk(context.Destination.ListCallSize))
        {
            await MarkAsync(list, group, LedgerState.Leaving, run, cancellationToken);
            var outcome = await context.Destination.RemoveAsync(list, [.. group.Select(Handle)], cancellationToken);
            run.Calls++;
            if (outcome.Decision.Kind == DecisionKind.Done)
            {
                // Whom the call could not be applied to is not in the list: that is what was asked for.
                var changes = new LedgerChanges();
                foreach (var plan in group)
                {
                    changes.Members.Add(new MemberChange(list, plan.State.Key, null));
                    Finish(plan);
                }

                var counted = group.Count(p => p.RemoveFrom.Any(r => r.List == list && !r.Suppressed));
                if (counted > 0)
                {
                    changes.Removed[list] = counted;
                }

                run.Removed += group.Length;
                await context.CommitAsync(changes, cancellationToken);
            }

            if (!await context.ObeyAsync(outcome.Decision, cancellationToken) || context.HoldUntil > context.Now)
            {
                return;
            }
        }
    }

    private void Finish(PersonPlan plan) => _finished[plan.State.Key] = _finished.GetValueOrDefault(plan.State.Key) + 1;

    private static ContactHandle Handle(PersonPlan plan) =>
        new(plan.State.Contact?.RemoteId, plan.State.Contact?.Email ?? plan.Contact.Email, plan.Contact.ExternalId);

    private MemberChange Member(long list, PersonPlan plan, LedgerState state, RunTally run) =>
        new(list, plan.State.Key, new LedgerMember(state, null, context.Now, run.Id));

    private Task MarkAsync(long list, PersonPlan[] plans, LedgerState state, RunTally run, CancellationToken cancellationToken)
    {
        var changes = new LedgerChanges();
        changes.Members.AddRange(plans.Select(p => Member(list, p, state, run)));
        return context.CommitAsync(changes, cancellationToken);
    }

    private Task IntendAsync(PersonPlan[] plans, RunTally run, CancellationToken cancellationToken)
    {
        var changes = new LedgerChanges();
        foreach (var plan in plans)
        {
            changes.Contacts.Add(Contact(plan, LedgerState.Intended, plan.State.Contact?.RemoteId, null));
            changes.Members.AddRange(plan.AddTo.Select(l => Member(l, plan, LedgerState.Intended, run)));
        }

        return context.CommitAsync(changes, cancellationToken);
    }

    private static ContactChange Contact(PersonPlan plan, LedgerState state, long? remoteId, string? reason) => new(
        plan.State.Key, new LedgerContact(remoteId, plan.Contact.Email, plan.Contact.Payload, plan.State.Rev, state, null, reason));

    private bool Conclude(PersonPlan plan, ContactOutcome outcome, RunTally run, LedgerChanges changes)
    {
        switch (outcome.Decision.Kind)
        {
            case DecisionKind.Done:
                changes.Contacts.Add(Contact(plan, LedgerState.Present, outcome.RemoteId, null));
                changes.Members.AddRange(plan.AddTo.Select(l => Member(l, plan, LedgerState.Present, run)));
                Report(plan, changes, context);
                Finish(plan);
                run.Added += plan.AddTo.Count;
                run.Updated += plan.AddTo.Count == 0 ? 1 : 0;
                return true;
            case DecisionKind.DeadLetter:
                changes.Contacts.Add(Contact(plan, LedgerState.Refused, null, outcome.Decision.Reason));
                changes.Members.AddRange(plan.AddTo.Select(l => new MemberChange(l, plan.State.Key, null)));
                changes.DeadLetters.Add(Letter(plan, context, outcome.Decision.Reason, outcome.Decision.Detail));
                Finish(plan);
                run.Refused++;
                return false;
            default:
                // Still intended: the mark stays, and the next step does it again.
                return false;
        }
    }

    /// <summary>Values that did not fit are told: the rest of the contact went out without them.</summary>
    public static void Report(PersonPlan plan, LedgerChanges changes, WorkerContext context)
    {
        foreach (var problem in plan.Contact.Problems)
        {
            changes.DeadLetters.Add(Letter(plan, context, problem.Reason, $"The value of {problem.Property} does not fit the attribute {problem.Attribute}.", problem.Attribute));
        }
    }

    public static DeadLetter Letter(PersonPlan plan, WorkerContext context, string reason, string detail, string? subject = null) => new(
        // One letter a person and cause, however often it comes up.
        $"d{PersonKey.Of(context.Scope.Project, $"{context.Scope.Destination}\0{plan.State.Key}\0{reason}\0{subject}")}"[..25],
        context.Scope.Destination, reason, detail, plan.State.Key, subject ?? plan.Contact.ExternalId, plan.State.Properties, "open", context.Now);
}
