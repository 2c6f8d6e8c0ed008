using System.Collections.Concurrent;
using Sluice.Simulators.People;

namespace Sluice.Simulators.Mixpanel;

/// <summary>Makes one run of one sync: decides between everything and the difference, writes the pages and sends them.</summary>
internal sealed class SyncRunner(
    Lock gate,
    CohortSyncOptions options,
    PersonDirectory people,
    TimeProvider time,
    PageSender sender,
    SyncJournal journal,
    ConcurrentQueue<OutgoingPage> kept)
{
    private sealed record Part(PageHead Head, List<int> PageStarts);

    private sealed record Plan(DateTimeOffset StartedAt, bool Full, MemberSet Members, IReadOnlyList<Part> Parts, SyncFaults Faults);

    /// <param name="actor">Who waits during retries.</param>
    /// <param name="sync">What to sync.</param>
    /// <param name="cancellationToken">Ends the run; it then leaves no trace in the sync's state.</param>
    public async Task<SyncRun> RunAsync(object actor, CohortSync sync, CancellationToken cancellationToken)
    {
        var plan = MakePlan(sync);
        using var writer = new CohortPageWriter(options, people, sync.Exported);
        var sent = 0;
        var (outcome, error) = (RunOutcome.Succeeded, (string?)null);
        if (plan.Members.Count > CohortSyncSimulator.MaxUsersPerCohort)
        {
            (outcome, error) = (RunOutcome.Failed, CohortSyncSimulator.TooLarge(sync.Cohort));
        }

        foreach (var part in plan.Parts)
        {
            if (outcome == RunOutcome.Succeeded)
            {
                KeepCopy(sync, plan.Faults, part, writer);
                (outcome, error, sent) = await SendPartAsync(actor, sync, plan.Faults, part, writer, sent, cancellationToken);
            }
        }

        return Finish(sync, plan, outcome, error, sent);
    }

    private Plan MakePlan(CohortSync sync)
    {
        // Read first: who enters from here on belongs to the next run.
        var members = sync.Cohort.Snapshot();
        var now = time.GetUtcNow();
        MemberSet? snapshot;
        bool first;
        SyncFaults faults;
        IReadOnlyList<Guid>? failed;
        lock (gate)
        {
            first = sync.Snapshot is null;
            snapshot = sync.Kind == SyncKind.Recurring && now - sync.SnapshotAt <= options.SnapshotLife ? sync.Snapshot : null;
            faults = sync.Faults ?? new SyncFaults();
            sync.Faults = null;
            failed = options.ReuseSessionAfterFailure ? sync.FailedSessions : null;
        }

        var actions = new List<(SyncAction Action, MemberSet Members)>(2);
        if (snapshot is null)
        {
            var addFirst = options.FirstCallIsAddMembers && first && sync.Kind == SyncKind.Recurring;
            actions.Add((addFirst ? SyncAction.AddMembers : SyncAction.Members, members));
        }
        else
        {
            actions.Add((SyncAction.AddMembers, members.Except(snapshot)));
            actions.Insert(options.RemoveBeforeAdd ? 0 : 1, (SyncAction.RemoveMembers, snapshot.Except(members)));
        }

        var parts = new List<Part>(actions.Count);
        foreach (var (action, part) in actions)
        {
            Guid session;
            if (parts.Count > 0 && !options.SeparateSessions)
            {
                session = parts[0].Head.SessionId;
            }
            else
            {
                session = failed is not null && parts.Count < failed.Count ? failed[parts.Count] : options.NewSessionId();
            }

            var starts = part.PageStarts(options.MembersPerCall);
            var head = new PageHead(sync.Cohort.Id, sync.Cohort.Name, sync.Cohort.Description, action, session, starts.Count, part);
            parts.Add(new Part(head, starts));
        }

        return new Plan(now, Full: snapshot is null, members, parts, faults);
    }

    private async Task<(RunOutcome Outcome, string? Error, int Sent)> SendPartAsync(
        object actor, CohortSync sync, SyncFaults faults, Part part, CohortPageWriter writer, int sent, CancellationToken cancellationToken)
    {
        var concerned = faults.Concern(part.Head.Action);
        foreach (var number in concerned ? faults.Arrange(part.PageStarts.Count) : Enumerable.Range(1, part.PageStarts.Count))
        {
            if (faults.AbandonAfterPages <= sent)
            {
                return (RunOutcome.Abandoned, "the run was abandoned", sent);
            }

            var page = MakePage(sync, part, number, writer);
            var (judgement, attempts) = concerned && faults.OverlapPage == number
                ? await OverlapAsync(page, cancellationToken)
                : await sender.SendAsync(actor, page, cancellationToken);
            if (judgement.Verdict == Verdict.Success && concerned && faults.DuplicatePage == number)
            {
                judgement = await sender.SendOnceAsync(page, SendKind.Duplicate, attempt: 1, cancellationToken);
            }

            if (attempts > 1)
            {
                // An attempt that was given up may still be reading the body.
                writer.LeaveBuffer();
            }

            switch (judgement.Verdict)
            {
                case Verdict.Permanent:
                    return (RunOutcome.Paused, judgement.Error, sent);
                case Verdict.Transient:
                    return (RunOutcome.Failed, judgement.Error, sent);
            }

            sent++;
        }

        return (RunOutcome.Succeeded, null, sent);
    }

    private async Task<(Judgement Judgement, int Attempts)> OverlapAsync(OutgoingPage page, CancellationToken cancellationToken)
    {
        var slow = sender.SendOnceAsync(page, SendKind.First, attempt: 1, cancellationToken);
        var judgement = await sender.SendOnceAsync(page, SendKind.Overlap, attempt: 2, cancellationToken);
        await slow;
        return (judgement, Attempts: 2);
    }

    private void KeepCopy(CohortSync sync, SyncFaults faults, Part part, CohortPageWriter writer)
    {
        if (faults.Concern(part.Head.Action) && faults.KeepCopyOfPage is { } number && number >= 1 && number <= part.PageStarts.Count)
        {
            var page = MakePage(sync, part, number, writer);
            kept.Enqueue(page with { Body = page.Body.ToArray() });
        }
    }

    private static OutgoingPage MakePage(CohortSync sync, Part part, int number, CohortPageWriter writer)
    {
        var body = writer.Write(part.Head, number, part.PageStarts[number - 1], out var memberCount);
        return new OutgoingPage(
            sync.Connection, sync.Cohort.Id, part.Head.SessionId, part.Head.Action, number, part.PageStarts.Count, memberCount, body);
    }

    private SyncRun Finish(CohortSync sync, Plan plan, RunOutcome outcome, string? error, int sent)
    {
        var ended = time.GetUtcNow();
        Guid[] sessions = [.. plan.Parts.Select(static part => part.Head.SessionId)];
        var run = new SyncRun(
            sync.Cohort.Id, sessions, plan.Full, plan.StartedAt, ended, outcome, sent,
            plan.Parts.Where(static part => part.Head.Action != SyncAction.RemoveMembers).Sum(static part => part.Head.Members.Count),
            plan.Parts.Where(static part => part.Head.Action == SyncAction.RemoveMembers).Sum(static part => part.Head.Members.Count),
            error);
        lock (gate)
        {
            sync.LastRun = run;
            sync.LastError = error;
            if (outcome == RunOutcome.Succeeded)
            {
                sync.Snapshot = plan.Members;
                sync.SnapshotAt = ended;
                sync.FailedSessions = null;
                sync.State = sync.Kind == SyncKind.OneTime ? SyncState.Finished : SyncState.Active;
            }
            else
            {
                sync.FailedSessions = sessions;
                if (outcome == RunOutcome.Paused)
                {
                    sync.State = SyncState.Paused;
                    sync.NextRunAt = null;
                }
            }
        }

        journal.Add(run);
        return run;
    }
}
