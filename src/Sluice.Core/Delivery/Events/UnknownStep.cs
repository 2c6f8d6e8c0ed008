using Sluice.Core.People;

namespace Sluice.Core.Delivery.Events;

/// <summary>
/// Finds out what became of events whose call had no answer. It waits until such a call can no longer arrive, asks the destination, and
/// where that does not tell, follows the configured rule. The people concerned rest meanwhile.
/// </summary>
internal sealed class UnknownStep(EventContext context, EventLoader loader, EventWindow window, EventRun run)
{
    // An event can weigh a megabyte.
    private const int AtOnce = 100;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    // What came by a queue is stored later, and nobody says when: it is missing only when two looks did not find it.
    private static readonly TimeSpan QueueLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookedRest = TimeSpan.FromMinutes(10);

    private readonly UnknownWait _wait = new(context.Certainty, context.Certainty + QueueLimit, LookAgainAfter);
    private DateTimeOffset _nextLook = context.Now;

    /// <returns>False when nothing was to be found out.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (context.Now < _nextLook)
        {
            return false;
        }

        _nextLook = context.Now + LookEvery;
        var met = new List<OutboxRow>();
        var again = new List<OutboxRow>();
        while (await context.PatientlyAsync(token => context.Outbox.UnknownAsync(context.Scope, _wait, AtOnce, token), cancellationToken) is { Count: > 0 } rows)
        {
            met.AddRange(rows);
            await LookAsync(rows, again, cancellationToken);
        }

        if (met.Count == 0)
        {
            return false;
        }

        // Their rest ends when all of theirs is known, and that of the lane which the id was in then; they are met again when the outbox is read from
        // its beginning.
        var left = met.Select(r => r.Sender).Except(again.Select(r => r.Sender)).Select(s => window.Release(s, context.Now)).OfType<PersonKey>().ToList();
        var changes = new OutboxChanges();
        changes.Resting.AddRange(met.Select(r => r.Lane).Union(left).Except(again.Select(r => r.Lane)).Select(l => (l, context.Now, Rest.Unknown)));
        await context.CommitAsync(changes, cancellationToken);
        loader.ReadAgain();
        return true;
    }

    /// <param name="again">Takes those that are to be looked for again.</param>
    private async Task LookAsync(IReadOnlyList<OutboxRow> rows, List<OutboxRow> again, CancellationToken cancellationToken)
    {
        var changes = new OutboxChanges();
        var events = (await context.EventsAsync([.. rows.Select(r => r.Position)], cancellationToken)).ToDictionary(e => e.Position);
        var people = (await context.PeopleAsync(rows, cancellationToken)).ToDictionary(p => p.Key);
        var asked = new List<(OutboxRow Row, string Name, MappedEvent Mapped)>();
        foreach (var row in rows)
        {
            if (!events.TryGetValue(row.Position, out var logged))
            {
                run.Skip(EventSkip.Erased);
                changes.Gone.Add((row.Position, row.Sender));
            }
            else if (context.Destination.Map(logged, AsCalled(people[row.Lane], row)).Event is { } mapped)
            {
                // It is looked for by what stays the same, and where it was sent, whatever has become of the contact.
                asked.Add((row, logged.Name, mapped));
            }
            else
            {
                // Nothing is left of the person that it could be looked for by.
                Conclude(row, logged.Name, null, changes);
            }
        }

        var found = asked.Count == 0 ? [] : await context.PatientlyAsync(
            token => context.Destination.FindAsync([.. asked.Select(a => a.Mapped)], token), cancellationToken);
        for (var i = 0; i < asked.Count; i++)
        {
            if (found[i] == false && asked[i].Row.Queued)
            {
                changes.Looked.Add((asked[i].Row.Position, asked[i].Row.Sender));
                changes.Resting.Add((asked[i].Row.Lane, context.Now + LookedRest, Rest.Unknown));
                again.Add(asked[i].Row);
            }
            else
            {
                Conclude(asked[i].Row, asked[i].Name, found[i], changes);
            }
        }

        await context.CommitAsync(changes, cancellationToken);
        loader.Gone(changes.Gone.Count);
    }

    /// <summary>The person with the contact that the call named: the id may have come to somebody with another one since.</summary>
    private static PersonState AsCalled(PersonState person, OutboxRow row) => row.Contact is { } contact && person.Contact?.RemoteId != contact
        ? person with { Contact = new LedgerContact(contact, null, default, 0, LedgerState.Present, null, null) }
        : person;

    private void Conclude(OutboxRow row, string name, bool? found, OutboxChanges changes)
    {
        if (found == true)
        {
            run.Count("found_delivered");
            run.Count("sent");
            changes.Gone.Add((row.Position, row.Sender));
        }
        else if (found == false)
        {
            run.Count("found_missing");
            changes.Again.Add((row.Position, row.Sender, true));
        }
        else if (context.Options.OnUnknown == UnknownRule.Resend)
        {
            run.Unknown(name, row.Position, "unknown_resent");
            changes.Again.Add((row.Position, row.Sender, true));
        }
        else
        {
            run.Unknown(name, row.Position, "unknown_skipped");
            changes.Gone.Add((row.Position, row.Sender));
        }
    }
}
