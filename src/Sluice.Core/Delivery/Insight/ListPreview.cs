using Sluice.Core.Delivery.Worker;
using Sluice.Core.People;

namespace Sluice.Core.Delivery.Insight;

/// <summary>Plans a walk over a list without doing it: what would be sent, to how many, in how many calls.</summary>
public sealed class ListPreview(ILedger ledger, IInsight insight, Func<PersonState, MappedContact> map, TimeProvider time)
{
    private const int PeoplePerRead = 1_000;

    /// <summary>An import is started by one call and looked after by a few.</summary>
    private const int CallsPerImport = 4;

    /// <param name="scope">Its first rule is the list.</param>
    /// <param name="list">What is known of the list; null when Sluice has never written to it.</param>
    /// <param name="newImport">Makes an import that is filled to see how much it takes and then thrown away; null when that cannot be known.</param>
    /// <param name="listCallSize">People per call that adds to or removes from a list.</param>
    public async Task<PreviewCount> RunAsync(
        DeliveryScope scope, ListRule rule, ListState? list, Func<IContactImport>? newImport, int listCallSize, WorkerOptions options, IProgress<double>? progress,
        CancellationToken cancellationToken)
    {
        var reader = new PlanReader(scope with { Rules = [rule] }, ledger, insight, map);
        var count = new PreviewCount();
        var size = await ledger.SizeAsync(scope, rule, cancellationToken);
        var slices = KeyRange.CountFor(Math.Max(1, size), options.WalkSlice);
        var imports = new ImportFiller(newImport);
        try
        {
            for (var i = 0; i < slices; i++)
            {
                var people = await ledger.DifferenceAsync(scope, rule, KeyRange.Slice(i, slices), all: true, cancellationToken);
                foreach (var part in people.Chunk(PeoplePerRead))
                {
                    foreach (var plan in await reader.PlanAsync(part, cancellationToken))
                    {
                        count.Add(plan, rule);
                        imports.Add(plan, rule);
                    }
                }

                progress?.Report((i + 1.0) / slices);
            }
        }
        finally
        {
            imports.Dispose();
        }

        var removals = await ledger.CountRemovalsAsync(scope, rule, cancellationToken);
        if (rule.Removes)
        {
            count.AddForeign(removals.Foreign);
        }

        var state = list ?? new ListState(rule.List, null, null, 0, 0, 0, null, null, 0, null, null);
        count.RemovalsHeld = count.Removals > count.SuppressedRemovals
            && !RemovalGuard.IsAllowed(rule, state, removals, count.Removals - count.SuppressedRemovals, time.GetUtcNow());
        count.Shapes = Price(count, newImport is null ? null : imports.Count, listCallSize, options);
        return count;
    }

    private static IReadOnlyList<CallShape> Price(PreviewCount count, long? imports, int listCallSize, WorkerOptions options)
    {
        // Contacts that nobody is known by leave in calls of their own.
        var foreign = count.RemovalsHeld ? 0 : count.ForeignRemovals;
        var removals = count.RemovalsHeld ? count.SuppressedRemovals : count.Removals;
        var removalCalls = Calls(removals - foreign, listCallSize) + Calls(foreign, listCallSize);
        var gathers = count.Upserts + count.KnownAdditions > options.SinglesLimit;
        return
        [
            new CallShape("single", count.Upserts + count.KnownAdditions + removals, Taken: false),
            new CallShape("list", count.Upserts + Calls(count.KnownAdditions, listCallSize) + removalCalls, Taken: !gathers),
            new CallShape(
                "import", imports is { } files ? (files * CallsPerImport) + count.OwnCalls + count.Updates + removalCalls : null, Taken: gathers),
        ];
    }

    private static long Calls(long people, int perCall) => (people + perCall - 1) / perCall;

    /// <summary>Fills imports as the worker does, one after the other.</summary>
    private sealed class ImportFiller(Func<IContactImport>? make) : IDisposable
    {
        private IContactImport? _import;

        public long Count { get; private set; }

        public void Add(PersonPlan plan, ListRule rule)
        {
            if (make is null || plan.WaitsFor is not null || plan.Contact.NeedsOwnCall || !plan.AddTo.Contains(rule.List))
            {
                return;
            }

            if (_import is null || !_import.TryAppend(plan.Contact))
            {
                _import?.Dispose();
                _import = make();
                Count++;
                _import.TryAppend(plan.Contact);
            }
        }

        public void Dispose() => _import?.Dispose();
    }
}

/// <summary>One way to do the work.</summary>
/// <param name="Name"><c>single</c>: a call a person; <c>list</c>: people who are known go to and from the list by the call-full; <c>import</c>: additions in files.</param>
/// <param name="Calls">Null when it cannot be known without the destination.</param>
/// <param name="Taken">The engine would take this one.</param>
public sealed record CallShape(string Name, long? Calls, bool Taken);

/// <summary>What a walk over a list would do.</summary>
public sealed class PreviewCount
{
    private readonly SortedDictionary<string, long> _skipped = new(StringComparer.Ordinal);

    /// <summary>People who would be put into the list.</summary>
    public long Additions { get; private set; }

    /// <summary>Of the additions, those whose contact the destination has as it should be.</summary>
    public long KnownAdditions { get; private set; }

    /// <summary>People in the list whose attributes would be sent.</summary>
    public long Updates { get; private set; }

    public long Removals { get; private set; }

    /// <summary>Of the removals, contacts that were in an exclusive list before Sluice and belong to no person whom it wants.</summary>
    public long ForeignRemovals { get; private set; }

    /// <summary>Of the removals, those that follow a suppression: no safety stop holds them.</summary>
    public long SuppressedRemovals { get; private set; }

    /// <summary>People for whom there is nothing to do.</summary>
    public long Unchanged { get; private set; }

    /// <summary>People who wait for an import that is under way.</summary>
    public long Waiting { get; private set; }

    /// <summary>Contacts that have to be sent, one call each unless an import takes them.</summary>
    public long Upserts { get; private set; }

    /// <summary>Of these, contacts that only a call of their own can write.</summary>
    public long OwnCalls { get; private set; }

    /// <summary>Values that do not fit their attribute: the contact goes out without them.</summary>
    public long ProblemValues { get; private set; }

    /// <summary>Removals that no suppression asks for would wait for a person.</summary>
    public bool RemovalsHeld { get; internal set; }

    /// <summary>People whom the list wants and does not get, by reason.</summary>
    public IReadOnlyDictionary<string, long> Skipped => _skipped;

    public IReadOnlyList<CallShape> Shapes { get; internal set; } = [];

    internal void AddForeign(long contacts)
    {
        ForeignRemovals += contacts;
        Removals += contacts;
    }

    internal void Add(PersonPlan plan, ListRule rule)
    {
        foreach (var skip in plan.Skipped.Where(s => s.List == rule.List))
        {
            _skipped[skip.Reason] = _skipped.GetValueOrDefault(skip.Reason) + 1;
        }

        if (plan.WaitsFor is not null)
        {
            Waiting++;
            return;
        }

        if (plan.RemoveFrom.FirstOrDefault(r => r.List == rule.List) is { List: not 0 } removal)
        {
            Removals++;
            SuppressedRemovals += removal.Suppressed ? 1 : 0;
        }
        else if (plan.AddTo.Contains(rule.List))
        {
            Additions++;
            KnownAdditions += plan.NeedsUpsert ? 0 : 1;
        }
        else if (plan.NeedsUpsert)
        {
            Updates++;
        }
        else if (plan.Skipped.Count == 0)
        {
            Unchanged++;
        }

        if (plan.NeedsUpsert)
        {
            Upserts++;
            OwnCalls += plan.Contact.NeedsOwnCall && plan.AddTo.Count > 0 ? 1 : 0;
            ProblemValues += plan.Contact.Problems.Count;
        }
    }
}
