using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Core.Delivery.Events;

/// <summary>
/// Fills the window: first with what waits in the outbox, from the oldest on; when there is room left, with what has come to the log
/// since. People who rest are passed over; when a rest is over, the outbox is read from its beginning again, so that nobody's later
/// event is met before an earlier one.
/// </summary>
internal sealed class EventLoader(EventContext context, EventWindow window, EventRun run, OutboxState opened)
{
    // An event can weigh a megabyte.
    private const int ReadAtOnce = 100;

    // What goes a way of its own takes no more of the window, with all that waits behind it: however slow that way is, there is room for
    // everybody else.
    private const int ShareOfOthers = 4;
    private static readonly TimeSpan CrowdedRest = TimeSpan.FromMinutes(1);

    // What was put back by hand lies behind what has been read.
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    // How long it is waited for what an id still has on the way.
    private static readonly TimeSpan EarlierRest = TimeSpan.FromSeconds(2);

    // A contact that has not come in a day has something in its way that nobody removes.
    private static readonly TimeSpan[] ContactRests = [.. new[] { 1, 2, 4, 8, 15, 15, 30, 60 }.Select(s => TimeSpan.FromSeconds(s))];

    private LogPosition _cursor = opened.Cursor;
    private long _waiting = opened.Waiting;
    private LogPosition _read = LogPosition.Start;
    private DateTimeOffset? _nextRest;
    private bool _atEnd;
    private bool _again;

    /// <summary>Whose rest was over by then is not passed over.</summary>
    public DateTimeOffset RestedBy { get; private set; } = context.Now;

    /// <summary>When somebody's rest is over; null while nobody rests.</summary>
    public DateTimeOffset? NextRest => _atEnd ? _nextRest : null;

    /// <summary>Somebody rests until then.</summary>
    public void Resting(DateTimeOffset until) => _nextRest = _nextRest is { } next && next < until ? next : until;

    public void Gone(int count) => _waiting -= count;

    /// <summary>Something that was read is to be read anew, before anything later.</summary>
    public void ReadAgain() => _again = true;

    /// <returns>False when there is nothing to read, or no room for it.</returns>
    public async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_again || (_atEnd && (_nextRest <= context.Now || context.Now - RestedBy >= ReadAgainAfter)))
        {
            await context.RenewScopeAsync(cancellationToken);
            (_read, _atEnd, _again, _nextRest, RestedBy) = (LogPosition.Start, false, false, null, context.Now);
            window.Lift(RestedBy);
        }

        if (window.Count > context.Options.Window / 2 || window.Bytes > context.Options.WindowBytes / 2)
        {
            return false;
        }

        if (!_atEnd && context.Options.Enabled)
        {
            await ReadAsync(cancellationToken);
            return true;
        }

        return _waiting < context.Options.MaxWaiting && await TakeOverAsync(cancellationToken);
    }

    /// <summary>Makes items of rows that may be sent; what may not be is written into the changes.</summary>
    public async Task<IReadOnlyList<EventItem>> LoadAsync(IReadOnlyList<OutboxRow> rows, OutboxChanges changes, CancellationToken cancellationToken)
    {
        var events = (await context.EventsAsync([.. rows.Select(r => r.Position)], cancellationToken)).ToDictionary(e => e.Position);
        var people = (await context.PeopleAsync(rows, cancellationToken)).ToDictionary(p => p.Key);
        var wanted = context.Destination.Wanted?.ToHashSet(StringComparer.Ordinal);
        var items = new List<EventItem>();
        var resting = new HashSet<PersonKey>();
        var (crowd, crowdBytes, crowded) = window.Crowd();
        foreach (var row in rows.Where(r => !resting.Contains(r.Lane)))
        {
            if (!events.TryGetValue(row.Position, out var logged))
            {
                Skip(row, EventSkip.Erased, changes);
                continue;
            }

            if (wanted?.Contains(logged.Name) == false)
            {
                // The mapping has changed since it was taken over.
                Skip(row, EventSkip.NotMapped, changes);
                continue;
            }

            if (window.Passes(row.Sender, row.Lane))
            {
                // Its id has come to another person while earlier events of it were on the way: those go first, or are read anew.
                resting.Add(row.Lane);
                LetRest(row, Rest.Earlier, context.Now + EarlierRest, changes);
                continue;
            }

            var person = people[row.Lane];
            var verdict = Judge(person, row);
            if (verdict.Skip is { } reason)
            {
                Skip(row, reason, changes);
                if (reason == EventSkip.NoContact)
                {
                    run.GivenUp(logged.Name, row.Position);
                }
            }
            else if (verdict.RestsFor is { } reasonToRest)
            {
                resting.Add(row.Lane);
                LetRest(row, reasonToRest, verdict.Until, changes);
            }
            else if (context.Destination.Map(logged, person) is var mapping && mapping.Event is { } mapped)
            {
                var crowds = mapped.Kind.Length > 0 || crowded.Contains(row.Lane);
                if (crowds && (crowd >= context.Options.Window / ShareOfOthers || crowdBytes >= context.Options.WindowBytes / ShareOfOthers))
                {
                    resting.Add(row.Lane);
                    LetRest(row, Rest.Crowded, context.Now + CrowdedRest, changes);
                    continue;
                }

                items.Add(new EventItem(row, mapped) { Contact = ContactName.Of(person.Contact) });
                if (crowds)
                {
                    crowded.Add(row.Lane);
                    (crowd, crowdBytes) = (crowd + 1, crowdBytes + mapped.Bytes);
                }
            }
            else
            {
                changes.DeadLetters.Add(context.Letter(logged, mapping.Reason, mapping.Detail));
                run.Count("refused");
                Finish(row, changes);
            }
        }

        return items;
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var page = await context.PatientlyAsync(
            token => context.Outbox.ReadAsync(context.Scope, _read, context.Options.PageSize, RestedBy, token), cancellationToken);
        var changes = new OutboxChanges { RestedBy = RestedBy };
        var fresh = page.Rows.Where(r => !window.Contains(r.Position)).ToList();
        var whole = true;
        foreach (var rows in fresh.Chunk(ReadAtOnce))
        {
            // Who was made to rest by an earlier piece rests.
            var resting = changes.Resting.Select(r => r.Person).ToHashSet();
            foreach (var item in await LoadAsync([.. rows.Where(r => !resting.Contains(r.Lane))], changes, cancellationToken))
            {
                window.Add(item);
            }

            _read = rows[^1].Position;
            if (window.Bytes > context.Options.WindowBytes && rows[^1] != fresh[^1])
            {
                whole = false;
                break;
            }
        }

        if (whole)
        {
            _read = page.Rows.Count > 0 ? page.Rows[^1].Position : _read;
            _atEnd = page.AtEnd;
            if (page.NextRest is { } next)
            {
                Resting(next);
            }
        }

        if (!changes.IsEmpty)
        {
            await context.CommitAsync(changes, cancellationToken);
            changes.Resting.ForEach(r => Resting(r.Until));
            Gone(changes.Gone.Count);
            if (changes.Marked.Count > 0)
            {
                context.ContactsWanted();
            }
        }
    }

    /// <summary>Moves what has come to the log since into the outbox.</summary>
    private async Task<bool> TakeOverAsync(CancellationToken cancellationToken)
    {
        var names = context.Options.Enabled ? context.Destination.Wanted : [];
        var page = await context.PatientlyAsync(
            token => context.Log.ReadKeysAsync(context.Scope.Project, _cursor, context.Options.PageSize, names, token), cancellationToken);
        if (page.Next == _cursor)
        {
            return false;
        }

        var nobody = PersonKey.Of(context.Scope.Project, "");
        var taken = page.Keys.Where(e => e.Person != nobody && !IsEcho(e)).ToList();
        await context.PatientlyAsync(
            async token =>
            {
                await context.Outbox.TakeOverAsync(context.Scope, context.Lease, page.Next, taken, context.Now, token);
                return true;
            },
            cancellationToken);
        run.Count("read", page.Looked);
        run.Skip(context.Options.Enabled ? EventSkip.NotMapped : EventSkip.Off, page.Looked - page.Keys.Count);
        run.Skip(EventSkip.Nobody, page.Keys.Count(e => e.Person == nobody));
        run.Skip(EventSkip.OwnEcho, page.Keys.Count(e => e.Person != nobody && IsEcho(e)));
        _cursor = page.Next;
        _waiting += taken.Count;
        _atEnd = _atEnd && taken.Count == 0;
        return true;
    }

    private bool IsEcho(LogKey e) => e.Origin == Origin.Destination && context.Destination.TellsEvents;

    /// <summary>Whether a person's event may be sent now; if not, whether it ever may.</summary>
    private Verdict Judge(PersonState person, OutboxRow row)
    {
        if (person.SpokenForBy is not null)
        {
            // Became part of another person just now, and is met as that one next: before anything later.
            ReadAgain();
            return Verdict.Later(Rest.Unavailable, context.Now);
        }

        if (person.Suppressed is not null)
        {
            return Verdict.Never(EventSkip.Suppressed);
        }

        if (!context.Destination.NeedsContacts)
        {
            return Verdict.Now;
        }

        // Also when it would not take the newest attributes: the contact itself is there.
        if (person.Contact is { State: LedgerState.Present } or { State: LedgerState.Refused, RemoteId: not null })
        {
            return Verdict.Now;
        }

        if ((person.DistinctId is null && person.Contact is null) || context.Destination.WhyNoContact(person) is not null)
        {
            // The profile may be a moment behind the event.
            var until = row.TakenAt + context.Options.Grace;
            return until <= context.Now ? Verdict.Never(EventSkip.NotContactable) : Verdict.Later(Rest.NotContactable, until);
        }

        if (person.AddressHeldBy is not null)
        {
            return Verdict.Never(EventSkip.AddressOfAnother);
        }

        if (person.Contact is { State: LedgerState.Refused })
        {
            return Verdict.Never(EventSkip.ContactRefused);
        }

        // What has waited long for its turn alone has not waited for the contact: that is known after all the shorter rests.
        var times = row.Rest is { Reason: Rest.Contact } rest ? rest.Times : 0;
        if (times >= ContactRests.Length && context.Now - row.TakenAt >= context.Options.ContactLimit)
        {
            return Verdict.Never(EventSkip.NoContact);
        }

        return Verdict.Later(Rest.Contact, context.Now + ContactRests[Math.Min(times, ContactRests.Length - 1)]);
    }

    private void Skip(OutboxRow row, string reason, OutboxChanges changes)
    {
        run.Skip(reason);
        Finish(row, changes);
    }

    private static void Finish(OutboxRow row, OutboxChanges changes)
    {
        changes.Gone.Add((row.Position, row.Sender));
        if (row.Rest is not null)
        {
            changes.Rested.Add(row.Lane);
        }
    }

    private static void LetRest(OutboxRow row, string reason, DateTimeOffset until, OutboxChanges changes)
    {
        changes.Resting.Add((row.Lane, until, reason));
        if (reason == Rest.Contact)
        {
            changes.Marked.Add(row.Lane);
        }
    }

    /// <param name="Skip">Why it is never sent.</param>
    /// <param name="RestsFor">Why it has to wait, until then.</param>
    private sealed record Verdict(string? Skip, string? RestsFor, DateTimeOffset Until)
    {
        public static readonly Verdict Now = new(null, null, default);

        public static Verdict Never(string reason) => new(reason, null, default);

        public static Verdict Later(string reason, DateTimeOffset until) => new(null, reason, until);
    }
}
