using Sluice.Core.People;

namespace Sluice.Core.Delivery.Worker;

/// <summary>
/// Sends what is planned for some people by single calls: intent first, then the call, then what became of it. Whatever happens in
/// between, the ledger never knows less than the destination might have.
/// </summary>
internal sealed class Sender(WorkerContext context)
{
    // Where nothing is said about when to come again.
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(2);

    private readonly Dictionary<PersonKey, int> _finished = [];
    private readonly Dictionary<long, bool> _exists = [];

    /// <summary>True when every action of the plan has come to its end: only then does the person's mark go.</summary>
    public bool HasFinished(PersonPlan plan)
    {
        var actions = plan.RemoveFrom.Count + (plan.NeedsUpsert ? 1 : plan.AddTo.Count);
        return _finished.GetValueOrDefault(plan.State.Key) >= actions;
    }

    /// <summary>The same of a plan of which only the removals were sent.</summary>
    public bool HasRemoved(PersonPlan plan) => _finished.GetValueOrDefault(plan.State.Key) >= plan.RemoveFrom.Count;

    /// <summary>Creates or updates contacts, each with the lists it is to be in.</summary>
    public async Task UpsertAsync(IReadOnlyList<PersonPlan> plans, RunTally run, CancellationToken cancellationToken)
    {
        foreach (var chunk in plans.Chunk(context.Options.ParallelCalls))
        {
            var group = await IntendAsync(chunk, run, cancellationToken);
            if (group.Length == 0)
            {
                continue;
            }

            var outcomes = await Task.WhenAll(group.Select(p => context.Destination.UpsertAsync(p.Contact, p.State.Contact, p.AddTo, cancellationToken)));
            run.Calls += group.Length;
            var changes = new LedgerChanges();
            for (var i = 0; i < group.Length; i++)
            {
                outcomes[i] = await JudgeAsync(group[i], outcomes[i], run, cancellationToken);
                Conclude(group[i], outcomes[i], run, changes);
            }

            await context.CommitAsync(changes, cancellationToken);
            if (!await GoesOnAsync([.. outcomes.Select(o => o.Decision)], cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>Adds known, unchanged contacts to a list, as many a call as the destination takes.</summary>
    public Task AddAsync(long list, IReadOnlyList<PersonPlan> plans, RunTally run, CancellationToken cancellationToken) =>
        ChangeAsync(
            list, plans, LedgerState.Intended, run,
            handles => context.Destination.AddAsync(list, handles, cancellationToken),
            (group, notApplied, changes) =>
            {
                for (var i = 0; i < group.Length; i++)
                {
                    // "Not applied" means in the list already, or not in the account at all. A call of their own tells and mends.
                    var doubtful = notApplied.Contains(i);
                    changes.Members.Add(Member(list, group[i], doubtful ? LedgerState.Unknown : LedgerState.Present, run));
                    if (doubtful && group[i].State.Contact is { } contact)
                    {
                        changes.Contacts.Add(new ContactChange(group[i].State.Key, contact with { State = LedgerState.Unknown }));
                        changes.Marked.Add(group[i].State.Key);
                    }
                    else
                    {
                        run.Added++;
                    }
                }
            },
            cancellationToken);

    /// <summary>Takes contacts off a list. Whom a call could not be applied to is not in the list: that is what was asked for.</summary>
    public Task RemoveAsync(long list, IReadOnlyList<PersonPlan> plans, RunTally run, CancellationToken cancellationToken) =>
        ChangeAsync(
            list, plans, LedgerState.Leaving, run,
            handles => context.Destination.RemoveAsync(list, handles, cancellationToken),
            (group, _, changes) =>
            {
                changes.Members.AddRange(group.Select(p => new MemberChange(list, p.State.Key, null)));
                changes.ForeignGone.AddRange(group.Where(p => p.State.Foreign.Contains(list)).Select(p => Foreign(list, p)).OfType<ForeignMember>());
                var counted = group.Count(p => p.RemoveFrom.Any(r => r.List == list && !r.Suppressed));
                if (counted > 0)
                {
                    changes.Removed[list] = counted;
                }

                run.Removed += group.Length;
            },
            cancellationToken);

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

    private async Task ChangeAsync(
        long list, IReadOnlyList<PersonPlan> plans, LedgerState intent, RunTally run, Func<IReadOnlyList<ContactHandle>, Task<ListOutcome>> call,
        Action<PersonPlan[], HashSet<int>, LedgerChanges> done, CancellationToken cancellationToken)
    {
        var groups = new Stack<PersonPlan[]>(plans.Chunk(context.Destination.ListCallSize).Reverse());
        while (groups.TryPop(out var chunk))
        {
            var group = await MarkAsync(list, chunk, intent, run, cancellationToken);
            if (group.Length == 0)
            {
                continue;
            }

            var outcome = await call([.. group.Select(Handle)]);
            run.Calls++;
            if (outcome.Decision.Kind == DecisionKind.DeadLetter && group.Length > 1)
            {
                // One of them is refused, and with it all: in halves it is found.
                groups.Push(group[(group.Length / 2)..]);
                groups.Push(group[..(group.Length / 2)]);
                continue;
            }

            var changes = new LedgerChanges();
            if (outcome.Decision is { Kind: DecisionKind.Pause, Reason: Decision.NoList } && context.Scope.Rules.Any(r => r.List == list && r.OnlySuppressed))
            {
                // Nobody is in a list that is gone. The account has others, and they do not wait for a person because of this one.
                changes.Members.AddRange(group.Select(p => new MemberChange(list, p.State.Key, null)));
                Array.ForEach(group, Finish);
                await context.EndAsync(list, changes, cancellationToken);
                return;
            }

            switch (outcome.Decision.Kind)
            {
                case DecisionKind.Done:
                    done(group, [.. outcome.NotApplied], changes);
                    Array.ForEach(group, Finish);
                    break;
                case DecisionKind.DeadLetter:
                    changes.Members.Add(new MemberChange(list, group[0].State.Key, null));
                    changes.DeadLetters.Add(Letter(group[0], context, outcome.Decision.Reason, outcome.Decision.Detail));
                    if (intent == LedgerState.Intended && group[0].State.Contact is { } contact)
                    {
                        changes.Contacts.Add(new ContactChange(group[0].State.Key, contact with { State = LedgerState.Refused, Reason = outcome.Decision.Reason }));
                    }

                    run.Refused++;
                    Finish(group[0]);
                    break;
                case DecisionKind.Retry or DecisionKind.Unknown:
                    Array.ForEach(group, p => RestAndMark(p, outcome.Decision, changes));
                    break;
                case DecisionKind.Pause:
                    groups.Push(group);
                    break;
            }

            await context.CommitAsync(changes, cancellationToken);
            if (!await GoesOnAsync([outcome.Decision], cancellationToken))
            {
                await PutBackAsync(groups.SelectMany(g => g), cancellationToken);
                return;
            }
        }
    }

    /// <summary>Whose turn did not come has one later: a walk that has passed them would not find them again before tomorrow.</summary>
    private Task PutBackAsync(IEnumerable<PersonPlan> plans, CancellationToken cancellationToken)
    {
        var changes = new LedgerChanges();
        changes.Marked.AddRange(plans.Select(p => p.State.Key));
        return changes.Marked.Count == 0 ? Task.CompletedTask : context.CommitAsync(changes, cancellationToken);
    }

    /// <summary>What concerns the account or the line holds everything up; what concerns one contact among others holds up only that one.</summary>
    private async Task<bool> GoesOnAsync(IReadOnlyList<Decision> decisions, CancellationToken cancellationToken)
    {
        if (decisions.FirstOrDefault(d => d.Kind == DecisionKind.Pause) is { } pause)
        {
            await context.ObeyAsync(pause, cancellationToken);
            return false;
        }

        var later = decisions.Where(d => d.Kind is DecisionKind.Retry or DecisionKind.Unknown).ToList();
        var full = later.Where(d => d.Reason is "rate_limited" or "budget").ToList();
        if (full.Count > 0)
        {
            await context.ObeyAsync(full.MaxBy(d => d.After)!, cancellationToken);
            return false;
        }

        if (later.Count == decisions.Count)
        {
            await context.ObeyAsync(later[0] with { After = Breath }, cancellationToken);
            return false;
        }

        return true;
    }

    private void RestAndMark(PersonPlan plan, Decision decision, LedgerChanges changes)
    {
        // Still intended: the mark brings the person back when they have rested.
        context.Rest(plan.State.Key, decision.After);
        changes.Marked.Add(plan.State.Key);
    }

    private void Finish(PersonPlan plan)
    {
        _finished[plan.State.Key] = _finished.GetValueOrDefault(plan.State.Key) + 1;
        context.Rested(plan.State.Key);
    }

    private static ContactHandle Handle(PersonPlan plan) =>
        new(plan.State.Contact?.RemoteId, plan.State.Contact?.Email ?? plan.Contact.Email, plan.Contact.ExternalId);

    private ForeignMember? Foreign(long list, PersonPlan plan) =>
        ContactKeys.OfEmail(context.Scope.Project, plan.Contact.Email) is { } key ? new ForeignMember(list, key, 0) : null;

    private MemberChange Member(long list, PersonPlan plan, LedgerState state, RunTally run) =>
        new(list, plan.State.Key, new LedgerMember(state, null, context.Now, run.Id));

    private Task<PersonPlan[]> MarkAsync(long list, PersonPlan[] plans, LedgerState state, RunTally run, CancellationToken cancellationToken)
    {
        var changes = new LedgerChanges();
        changes.Members.AddRange(plans.Select(p => Member(list, p, state, run)));

        // Whoever leaves may go on leaving: that is no contact.
        return GoingAsync(state == LedgerState.Intended ? plans : [], plans, changes, run, cancellationToken);
    }

    private Task<PersonPlan[]> IntendAsync(PersonPlan[] plans, RunTally run, CancellationToken cancellationToken)
    {
        var changes = new LedgerChanges();
        foreach (var plan in plans)
        {
            changes.Contacts.Add(Contact(plan, LedgerState.Intended, null, null));
            changes.Members.AddRange(plan.AddTo.Select(l => Member(l, plan, LedgerState.Intended, run)));
        }

        return GoingAsync(plans, plans, changes, run, cancellationToken);
    }

    /// <summary>Writes an intent down.</summary>
    /// <returns>The plans that may be carried out: the others' people were erased or suppressed since they were made. Their marks stay, and are looked at anew.</returns>
    private async Task<PersonPlan[]> GoingAsync(
        PersonPlan[] contacted, PersonPlan[] plans, LedgerChanges changes, RunTally run, CancellationToken cancellationToken)
    {
        changes.Going.AddRange(contacted.Select(p => (p.State.Key, p.State.Screened)));
        var stopped = await context.CommitAsync(changes, cancellationToken);
        if (stopped.Count == 0)
        {
            return plans;
        }

        run.Count("skipped_suppressed", stopped.Count);
        return [.. plans.Where(p => !stopped.Contains(p.State.Key))];
    }

    /// <summary>Until a change of the address has been taken, the contact is known under the one it had: that one must be asked about first, again and again.</summary>
    private static ContactChange Contact(PersonPlan plan, LedgerState state, long? remoteId, string? reason) => new(
        plan.State.Key,
        new LedgerContact(
            remoteId, state == LedgerState.Present ? plan.Contact.Email : plan.State.Contact?.Email ?? plan.Contact.Email, plan.Contact.Payload,
            plan.State.Rev, state, null, reason));

    /// <summary>A list that is gone refuses everybody who is to be put into it: that says nothing about them, and somebody has to act.</summary>
    private async Task<ContactOutcome> JudgeAsync(PersonPlan plan, ContactOutcome outcome, RunTally run, CancellationToken cancellationToken)
    {
        if (outcome.Decision.Kind != DecisionKind.DeadLetter)
        {
            return outcome;
        }

        try
        {
            foreach (var list in plan.AddTo)
            {
                if (!_exists.TryGetValue(list, out var exists))
                {
                    run.Calls++;
                    _exists[list] = exists = await context.Destination.FindListAsync(list, cancellationToken) is not null;
                }

                if (!exists)
                {
                    return outcome with { Decision = Decision.ListMissing(list) };
                }
            }

            return outcome;
        }
        catch (DeliveryException e)
        {
            // Nobody knows what was refused, the person or the list: they are sent again when that can be asked.
            return e.Decision.Kind == DecisionKind.DeadLetter ? outcome : outcome with { Decision = e.Decision };
        }
    }

    private void Conclude(PersonPlan plan, ContactOutcome outcome, RunTally run, LedgerChanges changes)
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
                break;
            case DecisionKind.DeadLetter:
                changes.Contacts.Add(Contact(plan, LedgerState.Refused, null, outcome.Decision.Reason));
                changes.Members.AddRange(plan.AddTo.Select(l => new MemberChange(l, plan.State.Key, null)));
                changes.DeadLetters.Add(Letter(plan, context, outcome.Decision.Reason, outcome.Decision.Detail));
                if (outcome.Decision.Reason == "blocklisted")
                {
                    changes.Suppressions.Add(new SuppressionEntry(plan.State.Contact?.Email, plan.State.Key, 0, "blocklisted", "seen", context.Now));
                }

                Finish(plan);
                run.Refused++;
                break;
            case DecisionKind.Retry or DecisionKind.Unknown:
                RestAndMark(plan, outcome.Decision, changes);
                break;
        }
    }
}
