namespace Sluice.Core.Delivery.Events;

/// <summary>
/// Finds out what became of events whose call had no answer. It waits until such a call can no longer arrive, asks the destination, and
/// where that does not tell, follows the configured rule. The people concerned rest meanwhile.
/// </summary>
internal sealed class UnknownStep(EventContext context, EventLoader loader, EventRun run)
{
    private const int AtOnce = 400;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private DateTimeOffset _nextLook = context.Now;

    /// <returns>False when nothing was to be found out.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (context.Now < _nextLook)
        {
            return false;
        }

        _nextLook = context.Now + LookEvery;
        var rows = await context.Outbox.UnknownAsync(context.Scope, context.Now - context.Certainty, AtOnce, cancellationToken);
        if (rows.Count == 0)
        {
            return false;
        }

        var changes = new OutboxChanges();
        var events = (await context.Log.GetAsync(context.Scope.Project, [.. rows.Select(r => r.Position)], cancellationToken)).ToDictionary(e => e.Position);
        var people = (await context.Ledger.LoadAsync(context.Scope, [.. rows.Select(r => r.Lane).Distinct()], cancellationToken))
            .ToDictionary(p => p.Key);
        var asked = new List<(OutboxRow Row, string Name, MappedEvent Mapped)>();
        foreach (var row in rows)
        {
            // It is looked for by what stays the same, whatever has become of the contact.
            if (events.TryGetValue(row.Position, out var logged) && context.Destination.Map(logged, people[row.Lane]).Event is { } mapped)
            {
                asked.Add((row, logged.Name, mapped));
            }
            else
            {
                run.Skip(EventSkip.Erased);
                changes.Gone.Add((row.Position, row.Sender));
            }
        }

        var found = asked.Count == 0 ? [] : await context.Destination.FindAsync([.. asked.Select(a => a.Mapped)], cancellationToken);
        for (var i = 0; i < asked.Count; i++)
        {
            Conclude(asked[i].Row, asked[i].Name, found[i], changes);
        }

        // Their rest ends now; they are met again when the outbox is read from its beginning.
        foreach (var lane in rows.Select(r => r.Lane).Distinct())
        {
            changes.Resting.Add((lane, context.Now, Rest.Unknown));
        }

        await context.CommitAsync(changes, cancellationToken);
        loader.Gone(changes.Gone.Count);
        loader.Resting(context.Now);
        _nextLook = context.Now;
        return true;
    }

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
