namespace Sluice.Simulators.Mixpanel;

/// <summary>What was sent and what came of it: counters for ever, details for the newest.</summary>
internal sealed class SyncJournal(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<SentRequest> _requests = new();
    private readonly Queue<SyncRun> _runs = new();
    private readonly Queue<AnswerViolation> _violations = new();
    private CohortSyncCounters _counters = new(0, 0, 0, 0, 0, 0, 0, 0, 0);

    public IReadOnlyList<SentRequest> Requests => Copy(_requests);

    public IReadOnlyList<SyncRun> Runs => Copy(_runs);

    public IReadOnlyList<AnswerViolation> Violations => Copy(_violations);

    public CohortSyncCounters Counters
    {
        get
        {
            lock (_gate)
            {
                return _counters;
            }
        }
    }

    public void Add(SentRequest request, bool succeeded, IEnumerable<AnswerViolation> violations)
    {
        lock (_gate)
        {
            Keep(_requests, request with { Number = _counters.Requests + 1 });
            foreach (var violation in violations)
            {
                Keep(_violations, violation);
                _counters = _counters with { Violations = _counters.Violations + 1 };
            }

            _counters = _counters with
            {
                Requests = _counters.Requests + 1,
                Retries = _counters.Retries + (request.Kind == SendKind.Retry ? 1 : 0),
                Succeeded = _counters.Succeeded + (succeeded ? 1 : 0),
                Unanswered = _counters.Unanswered + (request.Status is null ? 1 : 0),
                MembersSent = _counters.MembersSent + request.MemberCount,
                BytesSent = _counters.BytesSent + request.BodyBytes,
            };
        }
    }

    public void Add(SyncRun run)
    {
        lock (_gate)
        {
            Keep(_runs, run);
            _counters = run.Outcome == RunOutcome.Succeeded
                ? _counters with { RunsSucceeded = _counters.RunsSucceeded + 1 }
                : _counters with { RunsFailed = _counters.RunsFailed + 1 };
        }
    }

    private void Keep<T>(Queue<T> log, T entry)
    {
        if (log.Count == capacity)
        {
            log.Dequeue();
        }

        log.Enqueue(entry);
    }

    private T[] Copy<T>(Queue<T> log)
    {
        lock (_gate)
        {
            return [.. log];
        }
    }
}
