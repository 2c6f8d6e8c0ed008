using System.Text;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Forwarding;

/// <summary>
/// Passes events on behind a cursor. Whatever is not certain is simply sent again: the project at the other end takes an event with the
/// same insert id once. Several calls go on at a time; the cursor follows when all before it are done.
/// </summary>
internal sealed class EventLine(ForwardContext context, LogPosition opened) : IForwardLine
{
    // An event can weigh a megabyte.
    private const int ReadAtOnce = 100;

    // Somebody may be erased while a call waits: erasing goes on only long after events of theirs stopped being taken.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private readonly Backoff _backoff = context.NewBackoff();
    private readonly WholeRefusals _refusals = new();
    private LogPosition _cursor = opened;

    public string Name => "events";

    public async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        if (await context.ReadAsync((f, token) => f.AgainAsync(context.Project, ReadAtOnce, token), cancellationToken) is { Count: > 0 } again)
        {
            await SendAgainAsync(again, cancellationToken);
            return true;
        }

        var page = await context.PatientlyAsync(
            token => context.Log.ReadKeysAsync(context.Project, _cursor, context.Options.PageSize, null, token), cancellationToken);
        if (page.Next == _cursor)
        {
            return false;
        }

        await SendAsync([.. page.Keys.Where(k => IsWanted(k.Origin)).Select(k => k.Position)], cancellationToken);
        _cursor = page.Next;
        await context.CommitAsync(new ForwardChanges { Cursor = _cursor });
        return true;
    }

    // What was fetched from the project, or came to us from another of our kind, is there already.
    private bool IsWanted(Origin origin) => origin switch
    {
        Origin.Received => context.Scope.Received,
        Origin.Destination => context.Scope.Told,
        _ => false,
    };

    private async Task SendAsync(List<LogPosition> positions, CancellationToken cancellationToken)
    {
        var underWay = new Queue<(Task<Sent> Work, LogPosition Last)>();
        var readAt = context.Now;
        var call = new Call(readAt);
        var bytes = 0;
        try
        {
            foreach (var some in positions.Chunk(ReadAtOnce))
            {
                readAt = context.Now;
                foreach (var (logged, item) in await LoadAsync(some, cancellationToken))
                {
                    if (call.Events.Count > 0 && (call.Events.Count >= context.Destination.MaxRecords || bytes + item.Json.Length + 1 > context.Destination.MaxBytes))
                    {
                        await LaunchAsync();
                    }

                    call.Events.Add((logged, item));
                    bytes += item.Json.Length + 1;
                }
            }

            if (call.Events.Count > 0)
            {
                await LaunchAsync();
            }

            while (underWay.Count > 0)
            {
                await ConcludeAsync(underWay);
            }
        }
        finally
        {
            // Nothing goes on behind a line that has ended.
            await Task.WhenAll(underWay.Select(u => (Task)u.Work)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task LaunchAsync()
        {
            while (underWay.Count >= context.Options.ParallelCalls)
            {
                await ConcludeAsync(underWay);
            }

            var last = call.Events[^1].Logged.Position;
            underWay.Enqueue((SendAsync(call, cancellationToken), last));
            (call, bytes) = (new Call(readAt), 0);
        }
    }

    /// <summary>In the order of the log: what the cursor has passed is done, all of it.</summary>
    private async Task ConcludeAsync(Queue<(Task<Sent> Work, LogPosition Last)> underWay)
    {
        var (work, last) = underWay.Peek();
        var sent = await work;
        underWay.Dequeue();
        Counted(sent);
        _cursor = last;
        var changes = new ForwardChanges { Cursor = last };
        changes.DeadLetters.AddRange(sent.Letters);
        await context.CommitAsync(changes);
    }

    private async Task SendAgainAsync(IReadOnlyList<LogPosition> positions, CancellationToken cancellationToken)
    {
        var changes = new ForwardChanges();
        changes.TriedAgain.AddRange(positions);
        foreach (var one in await LoadAsync(positions, cancellationToken))
        {
            if (!IsWanted(one.Logged.Origin))
            {
                // It was, when it became a letter.
                context.Run.Count("skipped_forward_off");
                continue;
            }

            // Each by itself: somebody waits for what becomes of it.
            var sent = await SendAsync(new Call(context.Now) { Events = [one] }, cancellationToken);
            Counted(sent);
            changes.DeadLetters.AddRange(sent.Letters);
        }

        await context.CommitAsync(changes);
    }

    private void Counted(Sent sent)
    {
        context.Run.Count("sent", sent.Taken);
        context.Run.Count("refused", sent.Letters.Count);
    }

    private async Task<List<(LoggedEvent Logged, ForwardItem Item)>> LoadAsync(IReadOnlyList<LogPosition> positions, CancellationToken cancellationToken)
    {
        var events = await context.PatientlyAsync(token => context.Log.GetAsync(context.Project, positions, token), cancellationToken);
        var addresses = await context.ReadAsync((f, token) => f.AddressesAsync(context.Project, positions, token), cancellationToken);
        return [.. events.Select(e => (e, context.Destination.Map(e, addresses.GetValueOrDefault(e.Position))))];
    }

    /// <summary>Sends until all are taken or refused for good, or gone from the log.</summary>
    private async Task<Sent> SendAsync(Call call, CancellationToken cancellationToken)
    {
        var sent = new Sent();
        while (call.Events.Count > 0)
        {
            if (call.Events is [var large] && large.Item.Json.Length + 1 > context.Destination.MaxBytes)
            {
                sent.Letters.Add(Letter(large.Logged, "too_large", "It is larger than a call may be."));
                break;
            }

            await _backoff.WaitAsync(cancellationToken);
            var outcome = await context.Destination.SendEventsAsync(token => BeginAsync(call, token), cancellationToken, context.Calling);
            if (call.Events.Count == 0)
            {
                break;
            }

            context.Run.Count("calls");
            var refused = outcome.Refused.Select(r => r.Index).ToHashSet();
            sent.Letters.AddRange(outcome.Refused.Where(r => r.Index < call.Events.Count).Select(r => Letter(call.Events[r.Index].Logged, r.Reason, r.Detail)));
            call.Events = [.. call.Events.Where((_, i) => !refused.Contains(i))];
            switch (outcome.Decision.Kind)
            {
                case DecisionKind.Done:
                    sent.Taken += call.Events.Count;
                    _backoff.Succeeded();
                    _refusals.Taken();
                    Clear();
                    return sent;
                case DecisionKind.DeadLetter when call.Events.Count == 1:
                    if (_refusals.IsOfRecord(context.Now))
                    {
                        Clear();
                        sent.Letters.Add(Letter(call.Events[0].Logged, outcome.Decision.Reason, outcome.Decision.Detail));
                        return sent;
                    }

                    Hold(outcome.Decision.Detail, WholeRefusals.Hold);
                    break;
                case DecisionKind.DeadLetter:
                    var half = call.Events.Count / 2;
                    sent.Add(await SendAsync(new Call(call.ReadAt) { Events = call.Events[..half] }, cancellationToken));
                    call.Events = call.Events[half..];
                    break;
                case DecisionKind.Pause:
                    Hold(outcome.Decision.Detail, outcome.Decision.After);
                    break;
                default:
                    if (refused.Count == 0)
                    {
                        context.Run.Count("retried");
                        _backoff.Failed(outcome.Decision.After);
                    }

                    break;
            }
        }

        return sent;
    }

    /// <summary>What has waited is read again: of whom was erased meanwhile there is nothing any more.</summary>
    private async Task<IReadOnlyList<ForwardItem>> BeginAsync(Call call, CancellationToken cancellationToken)
    {
        if (context.Now - call.ReadAt > Fresh)
        {
            var now = context.Now;
            call.Events = await LoadAsync([.. call.Events.Select(e => e.Logged.Position)], cancellationToken);
            call.ReadAt = now;
        }

        return [.. call.Events.Select(e => e.Item)];
    }

    private void Clear()
    {
        if (!_refusals.IsLikelySetting)
        {
            context.Run.Pause(Name, null);
        }
    }

    private void Hold(string reason, TimeSpan length)
    {
        context.Run.Pause(Name, reason);
        _backoff.Hold(length);
    }

    private DeadLetter Letter(LoggedEvent logged, string reason, string detail) => new(
        EventLetter.IdOf(context.Destination.Name, logged.Position), context.Destination.Name, reason, detail, logged.Person, logged.Name,
        Encoding.UTF8.GetString(logged.Properties), "open", context.Now);

    /// <summary>Events that go together.</summary>
    /// <param name="readAt">When the first of them was read, or earlier.</param>
    private sealed class Call(DateTimeOffset readAt)
    {
        public List<(LoggedEvent Logged, ForwardItem Item)> Events { get; set; } = [];

        public DateTimeOffset ReadAt { get; set; } = readAt;
    }

    /// <summary>What became of events.</summary>
    private sealed class Sent
    {
        public int Taken { get; set; }

        public List<DeadLetter> Letters { get; } = [];

        public void Add(Sent other)
        {
            Taken += other.Taken;
            Letters.AddRange(other.Letters);
        }
    }
}
