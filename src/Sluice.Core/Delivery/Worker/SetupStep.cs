namespace Sluice.Core.Delivery.Worker;

/// <summary>What has to be known of the destination before anything is written to it: the mapping, the lists, who was there before us, who must not be contacted.</summary>
internal sealed class SetupStep(WorkerContext context)
{
    // What changed while the last answer was on its way is read once more.
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(2);

    private readonly Pages _changes = new(context);
    private readonly Pages _members = new(context);
    private DateTimeOffset? _preparedAt;
    private DateTimeOffset? _readingSince;
    private DateTimeOffset _notBefore;
    private int _offset;
    private long _reading;

    public bool IsReady => _preparedAt is not null && context.State.ChangesReadUntil is not null;

    /// <returns>True when something was done.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (context.Now < _notBefore)
        {
            return false;
        }

        try
        {
            return await PrepareAsync(cancellationToken) || await ReadChangesAsync(cancellationToken)
                || (_readingSince is null && await ReadListsAsync(cancellationToken));
        }
        catch (DeliveryException e) when (e.Decision.Kind == DecisionKind.Pause)
        {
            await context.ObeyAsync(e.Decision, cancellationToken);
            return true;
        }
        catch (DeliveryException e)
        {
            // Reading waits; what is to be sent does not wait with it.
            _notBefore = context.Now + (e.Decision.After > TimeSpan.Zero ? e.Decision.After : TimeSpan.FromSeconds(2));
            return false;
        }
    }

    private async Task<bool> PrepareAsync(CancellationToken cancellationToken)
    {
        // After a pause the account is looked at anew: that also tells that what someone had to do has been done.
        if (_preparedAt is { } prepared && context.Now - prepared < context.Options.PrepareEvery && context.State.PausedReason is null)
        {
            return false;
        }

        // Before the first profile nothing can be sent, and nothing tells what the mapped values look like.
        if (_preparedAt is null && (await context.Ledger.SampleProfilesAsync(context.Scope.Project, 1, cancellationToken)).Count == 0)
        {
            return false;
        }

        var mapping = await context.Destination.PrepareAsync(cancellationToken);
        foreach (var rule in context.Scope.Rules.Where(r => !r.OnlySuppressed))
        {
            var remote = await context.Destination.FindListAsync(rule.List, cancellationToken)
                ?? throw new DeliveryException(Decision.ListMissing(rule.List));
            if (remote.Dynamic)
            {
                throw new DeliveryException(new Decision(
                    DecisionKind.Pause, "list_dynamic", $"List {rule.List} is filled by the destination's own rules: name another list.", TimeSpan.Zero));
            }

            if (context.List(rule.List).Name != remote.Name)
            {
                await context.SaveAsync(context.List(rule.List) with { Name = remote.Name }, cancellationToken);
            }
        }

        var changes = new LedgerChanges { Destination = new DestinationChange { Mapping = mapping, PreparedAt = context.Now } };
        if (context.State.Mapping is { } before && before != mapping)
        {
            // Everybody's attributes may differ: every list is walked as if for the first time.
            changes.Lists.AddRange(context.State.Lists.Values.Select(l => l with { Sources = null, WalkSources = null }));
        }

        await context.CommitAsync(changes, cancellationToken);
        changes.Lists.ForEach(context.Remember);
        context.State = context.State with { Mapping = mapping, PreparedAt = context.Now, PausedReason = null, PausedUntil = null };
        _preparedAt = context.Now;
        return true;
    }

    /// <summary>Reads the contacts that have changed: of those that the destination will not write to, nobody is written to from here.</summary>
    private async Task<bool> ReadChangesAsync(CancellationToken cancellationToken)
    {
        var until = context.State.ChangesReadUntil;
        if (_readingSince is null)
        {
            if (until is { } last && context.Now - last < context.Options.ChangesEvery)
            {
                return false;
            }

            _readingSince = context.Now;
            _offset = 0;
        }

        if (await _changes.NextAsync(() => context.Destination.ReadChangesAsync(until - Overlap, _offset, cancellationToken)) is not { } page)
        {
            return false;
        }

        var changes = new LedgerChanges();
        foreach (var contact in page.Contacts)
        {
            AddSuppressions(contact, changes, "changes");
        }

        _offset += page.Contacts.Count;
        if (page.Contacts.Count == 0 || _offset >= page.Total)
        {
            changes.Destination = new DestinationChange { ChangesReadUntil = _readingSince };
            context.State = context.State with { ChangesReadUntil = _readingSince };
            _readingSince = null;
        }

        await context.CommitAsync(changes, cancellationToken);
        return true;
    }

    /// <summary>Reads who is in a list before Sluice writes to it for the first time.</summary>
    private async Task<bool> ReadListsAsync(CancellationToken cancellationToken)
    {
        if (!_members.IsReading)
        {
            var next = context.State.Lists.Values.FirstOrDefault(l => l.ForeignRead >= 0 && context.Scope.Rules.Any(r => r.List == l.List));
            if (next is null)
            {
                return false;
            }

            _reading = next.List;
        }

        var list = context.List(_reading);
        if (await _members.NextAsync(() => context.Destination.ReadListAsync(list.List, list.ForeignRead, cancellationToken)) is not { } page)
        {
            return false;
        }

        var changes = new LedgerChanges();
        foreach (var contact in page.Contacts)
        {
            AddSuppressions(contact, changes, "seen");
            var key = People.ContactKeys.OfEmail(context.Scope.Project, contact.Email)
                ?? People.PersonKey.Of(context.Scope.Project, $"contact\0{contact.Id}").Value;
            changes.Foreign.Add(new ForeignMember(list.List, key, contact.Id));
        }

        var read = list.ForeignRead + page.Contacts.Count;
        list = list with { ForeignRead = page.Contacts.Count == 0 || read >= page.Total ? -1 : read };
        changes.Lists.Add(list);
        await context.CommitAsync(changes, cancellationToken);
        context.Remember(list);
        return true;
    }

    /// <summary>Meant is whoever has the address, and the person whose contact it is, whatever address they have with us.</summary>
    private void AddSuppressions(RemoteContact contact, LedgerChanges changes, string source)
    {
        var person = string.IsNullOrEmpty(contact.ExternalId) ? (People.PersonKey?)null : People.PersonKey.Of(context.Scope.Project, contact.ExternalId);
        if (contact.Email is null && person is null)
        {
            return;
        }

        if (contact.Blocklisted)
        {
            changes.Suppressions.Add(new SuppressionEntry(contact.Email, person, 0, "blocklisted", source, context.Now));
        }

        changes.Suppressions.AddRange(
            contact.UnsubscribedFrom.Select(l => new SuppressionEntry(contact.Email, person, l, "unsubscribed", source, context.Now)));
    }

    /// <summary>Pages that are read one after the other, beside the other steps. Each reading has its own: a page of a list says nothing of what has changed.</summary>
    private sealed class Pages(WorkerContext context)
    {
        private Task<RemotePage>? _page;

        public bool IsReading => _page is not null;

        /// <summary>The page that is being read, when it is there; begins to read it when nothing is being read.</summary>
        public async Task<RemotePage?> NextAsync(Func<Task<RemotePage>> read)
        {
            _page ??= context.Beside(read());
            if (!_page.IsCompleted)
            {
                return null;
            }

            var page = _page;
            _page = null;
            return await page;
        }
    }
}
