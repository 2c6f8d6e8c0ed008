using Sluice.Core.People;

namespace Sluice.Core.Delivery.Companies;

/// <summary>
/// Brings one company in step. A destination's companies have no id of ours, and creating one is not idempotent: before one is created
/// it is looked for by its name, also after a creation that had no answer. One that is there and no other group's is taken over.
/// </summary>
internal sealed class CompanyStep(
    DeliveryScope scope, Lease lease, ICompanyDestination destination, ICompanies companies, ILedger ledger, CompanyRun run, TimeProvider time)
{
    // A person who is not linked yet becomes a contact in seconds by a call of their own, in minutes by an import, or never.
    private static readonly TimeSpan LookSoon = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookLater = TimeSpan.FromHours(24);

    // Forgotten they begin anew, which costs a few looks.
    private const int MostLooks = 10_000;

    private readonly CompanyMembers _members = new(scope, destination, ledger);
    private readonly Dictionary<PersonKey, TimeSpan> _looks = [];
    private CompanyCalls _calls = new(run, time);

    // What the ledger has of the company that is being brought in step.
    private LedgerCompany? _known;

    private DateTimeOffset Now => time.GetUtcNow();

    public async Task RunAsync(CompanyState state, CancellationToken cancellationToken)
    {
        _known = state.Known;
        _calls = new CompanyCalls(run, time);
        try
        {
            if (state.GroupId is { } groupId)
            {
                await PutAsync(state, destination.Map(groupId, state.Properties), cancellationToken);
            }
            else
            {
                await ForgetAsync(state, cancellationToken);
            }
        }
        catch (DeliveryException e) when (e.Decision.Kind == DecisionKind.DeadLetter)
        {
            // Looked at again when it changes, or tomorrow.
            run.Refused();
            var known = _known ?? new LedgerCompany(null, UInt128.Zero, [], Now);
            var letter = new DeadLetter(
                $"{CompanyChange.LetterPrefix}{state.Group}", scope.Destination, e.Decision.Reason, e.Decision.Detail, null, state.GroupId, state.Properties, "open", Now);
            await CommitAsync(state, known with { LookAt = Now + LookLater }, done: true, cancellationToken, letter: letter);
        }
    }

    private async Task PutAsync(CompanyState state, MappedCompany company, CancellationToken cancellationToken)
    {
        var (members, areAll) = await MembersAsync(state, cancellationToken);
        var known = state.Known?.RemoteId is null ? await FindOrCreateAsync(state, company, members, cancellationToken) : state.Known;
        var there = true;
        if (known.Payload != company.Payload)
        {
            there = await UpdateAsync(known.RemoteId!, company, cancellationToken);
            known = there ? await NotedAsync(state, known with { Payload = company.Payload }, cancellationToken) : known;
        }

        there = there && await LinkAsync(
            known.RemoteId!, [.. members.Except(known.Linked)], [.. known.Linked.Except(members)], () => UpdateAsync(known.RemoteId!, company, cancellationToken), cancellationToken);

        // Deleted by hand: it is looked for, and made, anew.
        known = there ? known with { Linked = members, LookAt = Now + LookIn(state, areAll) } : new LedgerCompany(null, UInt128.Zero, [], Now);
        await CommitAsync(state, known, done: there, cancellationToken);
    }

    private async Task<LedgerCompany> FindOrCreateAsync(
        CompanyState state, MappedCompany company, IReadOnlyList<long> members, CancellationToken cancellationToken)
    {
        var found = await _calls.MakeAsync("looked_up", () => destination.FindAsync(company.Name, cancellationToken), cancellationToken);
        var held = await companies.HeldAsync(scope, state.Group, [.. found], cancellationToken);
        var free = found.Where(f => !held.Contains(f)).ToList();
        if (free.Count > 1)
        {
            throw new DeliveryException(new Decision(
                DecisionKind.DeadLetter, "company_ambiguous", "The destination has several companies of this name: give all but one another name.", TimeSpan.Zero));
        }

        if (free.Count == 1)
        {
            return await NotedAsync(state, new LedgerCompany(free[0], UInt128.Zero, [], Now), cancellationToken);
        }

        string id;
        try
        {
            id = await CreateAsync(company, members, cancellationToken);
        }
        catch (DeliveryException e) when (e.Decision.Kind == DecisionKind.DeadLetter && members.Count > 0)
        {
            // One of the contacts may be what is refused: they are linked afterwards, where that one is found.
            (id, members) = (await CreateAsync(company, [], cancellationToken), []);
        }

        return await NotedAsync(state, new LedgerCompany(id, company.Payload, members, Now), cancellationToken);
    }

    /// <summary>What is known of a company is written before the next call about it.</summary>
    private async Task<LedgerCompany> NotedAsync(CompanyState state, LedgerCompany known, CancellationToken cancellationToken)
    {
        await CommitAsync(state, known, done: false, cancellationToken);
        return _known = known;
    }

    /// <summary>The group's profile is gone: the company stays, with what was done in it by hand; only the contacts that were linked leave it.</summary>
    private async Task ForgetAsync(CompanyState state, CancellationToken cancellationToken)
    {
        if (state.Known is { RemoteId: { } id } known)
        {
            // Nothing is left to change it with, which would tell whether it is there.
            await LinkAsync(id, [], known.Linked, () => Task.FromResult(false), cancellationToken);
        }

        await CommitAsync(state, null, done: true, cancellationToken);
    }

    private Task<string> CreateAsync(MappedCompany company, IReadOnlyList<long> members, CancellationToken cancellationToken) =>
        _calls.MakeAsync("created", () => destination.CreateAsync(company, members, cancellationToken), cancellationToken);

    private Task<bool> UpdateAsync(string id, MappedCompany company, CancellationToken cancellationToken) =>
        _calls.MakeAsync("updated", () => destination.UpdateAsync(id, company, cancellationToken), cancellationToken);

    /// <summary>
    /// Changes links. A contact that was deleted by hand may be refused, and with it everybody's: in halves it is found. It then counts as
    /// done, for its id will not come back.
    /// </summary>
    /// <param name="isThere">Asked once, when the destination does not find the company or one of the contacts.</param>
    /// <returns>False when there is no such company any more.</returns>
    private async Task<bool> LinkAsync(
        string id, IReadOnlyList<long> link, IReadOnlyList<long> unlink, Func<Task<bool>> isThere, CancellationToken cancellationToken)
    {
        var groups = new Stack<(long Contact, bool Link)[]>();
        groups.Push([.. link.Select(c => (c, true)), .. unlink.Select(c => (c, false))]);
        var asked = false;
        while (groups.TryPop(out var group))
        {
            var done = group.Length == 0 ? true : await TryLinkAsync(id, group, cancellationToken);
            if (done == false && !asked && !(asked = await isThere()))
            {
                return false;
            }

            if (done == true)
            {
                continue;
            }

            if (group.Length == 1)
            {
                run.Count("link_refused");
            }
            else
            {
                groups.Push(group[(group.Length / 2)..]);
                groups.Push(group[..(group.Length / 2)]);
            }
        }

        return true;
    }

    /// <returns>False when something is not found, null when it is refused.</returns>
    private async Task<bool?> TryLinkAsync(string id, (long Contact, bool Link)[] group, CancellationToken cancellationToken)
    {
        try
        {
            return await _calls.MakeAsync(
                "linked",
                () => destination.LinkAsync(
                    id, [.. group.Where(g => g.Link).Select(g => g.Contact)], [.. group.Where(g => !g.Link).Select(g => g.Contact)], cancellationToken),
                cancellationToken);
        }
        catch (DeliveryException e) when (e.Decision.Kind == DecisionKind.DeadLetter)
        {
            return null;
        }
    }

    /// <summary>Ids that were asked for are written down at once: what comes next may fail.</summary>
    private async Task<(IReadOnlyList<long> Ids, bool AreAll)> MembersAsync(CompanyState state, CancellationToken cancellationToken)
    {
        var found = new List<(PersonKey Person, long RemoteId)>();
        try
        {
            return await _members.FindAsync(state, found, cancellationToken);
        }
        finally
        {
            if (found.Count > 0)
            {
                await CommitAsync(state, state.Known, done: false, cancellationToken, found);
            }
        }
    }

    /// <summary>While somebody is not linked it is looked at again, less and less often unless it changes.</summary>
    private TimeSpan LookIn(CompanyState state, bool areAll)
    {
        if (areAll)
        {
            _looks.Remove(state.Group);
            return LookLater;
        }

        var length = state.Seq == 0 && _looks.TryGetValue(state.Group, out var last) ? last * 2 : LookSoon;
        if (_looks.Count >= MostLooks)
        {
            _looks.Clear();
        }

        _looks[state.Group] = length < LookLater ? length : LookLater;
        return _looks[state.Group];
    }

    private Task CommitAsync(
        CompanyState state, LedgerCompany? company, bool done, CancellationToken cancellationToken, IReadOnlyList<(PersonKey Person, long RemoteId)>? contacts = null,
        DeadLetter? letter = null) =>
        companies.CommitAsync(
            scope, lease, new CompanyChange(state.Group, company, done ? state.Seq : null) { Contacts = contacts ?? [], Letter = letter }, null, cancellationToken);
}
