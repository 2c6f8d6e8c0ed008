using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sluice.Core.People;

namespace Sluice.Core.Delivery.Worker;

/// <summary>
/// Walks over a list whose sources have changed as a whole: a cohort was replaced, the config changed, a day has passed. The engine
/// gives the difference slice by slice; additions gather in imports, removals in calls as full as they can be.
/// </summary>
internal sealed class WalkStep(WorkerContext context, ImportRunner imports, RemovalGuard guard)
{
    private const int PeoplePerRead = 1_000;

    private readonly List<PersonPlan> _leaving = [];
    private ListRule? _rule;
    private RunTally? _run;
    private UInt128 _sources;
    private bool _bulk;
    private bool _all;
    private UInt128? _foreignDone;

    private bool AreRemovalsHeld => context.List(_rule!.List).Held > 0;

    /// <returns>True when something was done.</returns>
    public async Task<bool> RunAsync(IReadOnlyDictionary<string, long> bases, CancellationToken cancellationToken)
    {
        if (_rule is null)
        {
            return await StartAsync(bases, cancellationToken);
        }

        await FollowAsync(Fingerprint(_rule, bases, context.State.Mapping), cancellationToken);
        var list = context.List(_rule.List);
        if (list.WalkSlice >= list.WalkSlices)
        {
            return await EndAsync(list, cancellationToken);
        }

        if (imports.Current is not null && !imports.IsFilling)
        {
            // The rest of the walk goes into the next import.
            return false;
        }

        var range = KeyRange.Slice(list.WalkSlice, list.WalkSlices);
        var people = await context.Ledger.DifferenceAsync(context.Scope, _rule, range, _all, cancellationToken);

        // A cohort may have been replaced since it was asked how many there are.
        _bulk |= people.Count > context.Options.SinglesLimit;
        foreach (var part in people.Chunk(PeoplePerRead))
        {
            var plans = await context.PlanAsync(await context.Ledger.LoadAsync(context.Scope, part, cancellationToken), cancellationToken);
            Tally(plans);
            await MarkWaitingAsync(plans, cancellationToken);
            _leaving.AddRange(plans.Where(p => Leaves(p)));
            if (!await SendAsync([.. plans.Where(p => p.WaitsFor is null && !context.IsResting(p.State.Key) && (p.NeedsUpsert || p.AddTo.Contains(_rule.List)))], cancellationToken))
            {
                // The import is full and on its way: this slice is walked once more when it has ended.
                return true;
            }
        }

        if (await RemoveAsync(flush: false, cancellationToken) && context.HoldUntil <= context.Now)
        {
            await context.SaveAsync(context.List(list.List) with { WalkSlice = list.WalkSlice + 1 }, cancellationToken, _run!.AsRun("running", null));
        }

        return true;
    }

    /// <summary>What a walk compares with: when it is another than that of the last walk, the list is walked again.</summary>
    internal static UInt128 Fingerprint(ListRule rule, IReadOnlyDictionary<string, long> bases, UInt128? mapping)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{rule.Mode}|{rule.AllUsers}|{mapping}");
        var cohorts = rule.AllUsers ? bases.Keys.Concat(rule.Cohorts).Distinct() : rule.Cohorts;
        foreach (var cohort in cohorts.Order(StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"|{cohort}={bases.GetValueOrDefault(cohort)}");
        }

        return BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private async Task<bool> StartAsync(IReadOnlyDictionary<string, long> bases, CancellationToken cancellationToken)
    {
        foreach (var rule in context.Scope.Rules.Where(r => !r.OnlySuppressed))
        {
            var list = context.List(rule.List);
            var sources = Fingerprint(rule, bases, context.State.Mapping);
            var overdue = list.WalkedAt is { } walked && context.Now - walked > context.Options.WalkEvery;
            if (list.ForeignRead >= 0 || (list.Sources == sources && !overdue))
            {
                continue;
            }

            _rule = rule;
            _run = new RunTally(context.NewId(), rule.List, "walk", context.Now);
            _leaving.Clear();
            _foreignDone = null;

            // The first time, and after a change of the mapping, everybody's attributes may differ, also of those who are where they should be.
            _all = list.Sources is null || rule.Mode == ListMode.Update;
            var slices = await MeasureAsync(sources, cancellationToken);
            await context.SaveAsync(
                context.List(rule.List) with { WalkSlice = 0, WalkSlices = slices, WalkSources = sources }, cancellationToken, _run.AsRun("running", null));
            return true;
        }

        return false;
    }

    /// <summary>
    /// A cohort was replaced while the list is walked. The walk goes on, for with many cohorts one is always being replaced, and another
    /// follows it; but what it knew of the removals and of the numbers holds no more.
    /// </summary>
    private async Task FollowAsync(UInt128 sources, CancellationToken cancellationToken)
    {
        if (sources == _sources)
        {
            return;
        }

        var slices = await MeasureAsync(sources, cancellationToken);
        var list = context.List(_rule!.List);
        var finer = Math.Max(1, slices / list.WalkSlices);
        await context.SaveAsync(list with { WalkSlice = list.WalkSlice * finer, WalkSlices = list.WalkSlices * finer }, cancellationToken, _run!.AsRun("running", null));
    }

    /// <summary>Asks for what the walk has before it: how many leave the list, whether that many may, and how many are missing.</summary>
    /// <returns>Into how many slices the list is cut.</returns>
    private async Task<int> MeasureAsync(UInt128 sources, CancellationToken cancellationToken)
    {
        _sources = sources;
        var count = await context.Ledger.CountRemovalsAsync(context.Scope, _rule!, cancellationToken);
        var planned = _rule!.Removes ? (int)Math.Min(int.MaxValue, count.Unwanted) : 0;
        await guard.AllowsAsync(_rule, planned, cancellationToken);
        _run!.Set("wanted_gone", count.Unwanted);
        var size = await context.Ledger.SizeAsync(context.Scope, _rule, cancellationToken);
        _bulk = await ExceedsAsync(_rule, cancellationToken);
        return KeyRange.CountFor(size, context.Options.WalkSlice);
    }

    /// <summary>True when the list lacks more people than single calls are for: then their number is not counted further.</summary>
    private async Task<bool> ExceedsAsync(ListRule rule, CancellationToken cancellationToken)
    {
        var few = 0;
        for (var i = 0; i < 64; i++)
        {
            few += (await context.Ledger.DifferenceAsync(context.Scope, rule, KeyRange.Slice(i, 64), _all, cancellationToken)).Count;
            if (few > context.Options.SinglesLimit)
            {
                return true;
            }
        }

        return false;
    }

    private async Task<bool> SendAsync(PersonPlan[] plans, CancellationToken cancellationToken)
    {
        var singles = plans.Where(p => !_bulk || p.Contact.NeedsOwnCall || !p.AddTo.Contains(_rule!.List)).ToList();
        var sender = new Sender(context);
        await sender.UpsertAsync([.. singles.Where(p => p.NeedsUpsert)], _run!, cancellationToken);
        var known = singles.Where(p => !p.NeedsUpsert).ToList();
        if (known.Count > 0 && context.HoldUntil <= context.Now)
        {
            await sender.AddAsync(_rule!.List, known, _run!, cancellationToken);
        }

        var bulk = plans.Except(singles).ToList();
        if (bulk.Count == 0)
        {
            return context.HoldUntil <= context.Now;
        }

        if (imports.Current is null)
        {
            await imports.OpenAsync(_rule!.List, _run!, cancellationToken);
        }

        if (await imports.AppendAsync(bulk, cancellationToken) == bulk.Count)
        {
            return true;
        }

        await imports.StartAsync(cancellationToken);
        return false;
    }

    private bool Leaves(PersonPlan plan) =>
        plan.RemoveFrom.Any(r => r.List == _rule!.List && (r.Suppressed || !AreRemovalsHeld)) && !_leaving.Any(l => l.State.Key == plan.State.Key);

    private bool IsSuppressed(PersonPlan plan) => plan.RemoveFrom.Any(r => r.List == _rule!.List && r.Suppressed);

    /// <summary>Who is in an import that is under way is dealt with when it has ended: a mark sees to that.</summary>
    private async Task MarkWaitingAsync(IReadOnlyList<PersonPlan> plans, CancellationToken cancellationToken)
    {
        var changes = new LedgerChanges();
        changes.Marked.AddRange(plans.Where(p => p.WaitsFor is not null).Select(p => p.State.Key));
        if (changes.Marked.Count > 0)
        {
            await context.CommitAsync(changes, cancellationToken);
        }
    }

    /// <returns>False when some could not be removed now; they are still to be.</returns>
    private async Task<bool> RemoveAsync(bool flush, CancellationToken cancellationToken)
    {
        var size = context.Destination.ListCallSize;
        while (_leaving.Count >= size || (flush && _leaving.Count > 0))
        {
            // They have waited for their call to fill: who has come back meanwhile stays.
            var group = _leaving.Take(size).Select(p => p.State.Key).ToList();
            _leaving.RemoveRange(0, group.Count);
            var plans = (await context.PlanAsync(await context.Ledger.LoadAsync(context.Scope, group, cancellationToken), cancellationToken)).Where(Leaves).ToList();
            var counted = plans.Where(p => !IsSuppressed(p)).ToList();
            if (!await guard.TakeAsync(_rule!, counted.Count, cancellationToken))
            {
                plans = [.. plans.Except(counted)];
            }

            await new Sender(context).RemoveAsync(_rule!.List, plans, _run!, cancellationToken);
            if (context.HoldUntil > context.Now)
            {
                // Whom the call did not reach has a mark, or is found again in the slice.
                return false;
            }
        }

        return true;
    }

    /// <summary>An exclusive list also loses those who were in it before us and whom nobody wants there.</summary>
    private async Task<bool> RemoveForeignAsync(CancellationToken cancellationToken)
    {
        if (_rule!.Mode != ListMode.Exclusive || !_rule.Removes || AreRemovalsHeld)
        {
            return false;
        }

        var foreign = await context.Ledger.UnwantedForeignAsync(
            context.Scope, _rule, _foreignDone, context.Destination.ListCallSize, cancellationToken);
        if (foreign.Count == 0 || !await guard.TakeAsync(_rule, foreign.Count, cancellationToken))
        {
            return false;
        }

        var outcome = await context.Destination.RemoveAsync(_rule.List, [.. foreign.Select(f => new ContactHandle(f.RemoteId, null, ""))], cancellationToken);
        _run!.Calls++;
        if (outcome.Decision.Kind == DecisionKind.Done)
        {
            var changes = new LedgerChanges();
            changes.ForeignGone.AddRange(foreign);
            changes.Removed[_rule.List] = foreign.Count;
            _run.Removed += foreign.Count;
            await context.CommitAsync(changes, cancellationToken);
            _foreignDone = foreign[^1].EmailKey;
        }
        else
        {
            await context.ObeyAsync(outcome.Decision with { Kind = outcome.Decision.Kind == DecisionKind.DeadLetter ? DecisionKind.Pause : outcome.Decision.Kind }, cancellationToken);
        }

        return true;
    }

    private async Task<bool> EndAsync(ListState list, CancellationToken cancellationToken)
    {
        if (imports.IsFilling)
        {
            await imports.StartAsync(cancellationToken);
            return true;
        }

        if (!await RemoveAsync(flush: true, cancellationToken) || await RemoveForeignAsync(cancellationToken))
        {
            return true;
        }

        if (imports.Current is not null)
        {
            return false;
        }

        // An import that failed has taken the sources away: then the walk starts over.
        var done = context.List(_rule!.List) with { WalkedAt = context.Now, Sources = context.List(_rule.List).WalkSources };
        var present = await context.Ledger.CountAsync(context.Scope, list.List, cancellationToken);
        _run!.Set("in_list", present.Present);
        _run.Set("foreign", present.Foreign);
        await context.SaveAsync(done, cancellationToken, _run.AsRun(AreRemovalsHeld ? "held" : "done", context.Now));
        _rule = null;
        return true;
    }

    private void Tally(IReadOnlyList<PersonPlan> plans)
    {
        foreach (var skip in plans.SelectMany(p => p.Skipped).Where(s => s.List == _rule!.List))
        {
            _run!.Count("skipped_" + skip.Reason);
        }
    }
}
