using System.Diagnostics.CodeAnalysis;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Limiter;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>
/// The ingestion budget of one account. Calls are many there, so a node takes a slice of the budget with one write, spends it for some seconds, and says what became of
/// it when it takes the next. A slice that nobody speaks of any more counts as spent when its last call is over at the latest.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A semaphore holds something only when its handle is asked for.")]
internal sealed class IngestionSlices(IPermitBooks books, string account, TimeProvider time, Func<ulong> newId)
{
    /// <summary>The book's name.</summary>
    public const string Bucket = "ingestion";

    // A twentieth of the minute: some seconds of a busy node.
    private const int Most = 1_500;

    // Of what is free, so that nodes who come later find something as well.
    private const int Part = 10;

    private static readonly TimeSpan SpendFor = TimeSpan.FromSeconds(5);

    // A call with records. One that may take longer has a slice to itself.
    private static readonly TimeSpan UsualCall = TimeSpan.FromSeconds(80);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(20);

    // One at a time speaks with the store: what one tells it, no other does.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _lock = new();
    private readonly List<Slice> _slices = [];

    /// <summary>Waits for a call's units.</summary>
    /// <param name="length">How long the call may take at most.</param>
    /// <param name="moreFollow">Whether others like it are expected within seconds: then the slice is larger than the call.</param>
    /// <exception cref="MixpanelBudgetException">They are not there within the patience.</exception>
    public async Task<IngestionShare> EnterAsync(int units, TimeSpan length, bool moreFollow, TimeSpan patience, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            if (Spend(units, length) is { } share)
            {
                return share;
            }

            var (taken, refused) = await AskAsync(units, length, moreFollow, cancellationToken);
            if (taken is not null)
            {
                return taken;
            }

            var left = patience - time.GetElapsedTime(since);
            if (refused.Wait > left)
            {
                throw new MixpanelBudgetException(
                    MixpanelBudget.Ingestion, refused.Left, refused.Now + refused.Wait, refused.Wait,
                    refused.Cause == WaitCause.Blocked ? "Mixpanel has refused a call and asked to wait" : "it is used up");
            }

            await Task.Delay(refused.Wait < ShortestWait ? ShortestWait : refused.Wait, time, cancellationToken);
        }
    }

    /// <summary>Mixpanel refuses calls for so long. Slices that other nodes hold are spent within seconds.</summary>
    public async Task HoldAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await UpdateAsync((book, now) => { book.BlockUntil(now + length); return true; });
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What is left, in units, without what nodes hold as slices.</summary>
    public Task<MixpanelBudgetReading> ReadAsync(CancellationToken cancellationToken) => books.UpdateAsync(
        account, Bucket,
        (stored, now) =>
        {
            var book = Open(stored, now);
            var usage = book.Usage(now)[0];
            return (book.Write(), new MixpanelBudgetReading(
                MixpanelBudget.Ingestion, usage.Window.Limit, usage.Free, Reserved: 0, usage.InFlight, MixpanelBook.MoreAt(book, usage, now), book.BlockedUntil));
        },
        cancellationToken);

    private IngestionShare? Spend(int units, TimeSpan length)
    {
        lock (_lock)
        {
            var slice = _slices.Find(s => s.IsOpen && s.Unspent >= units && time.GetElapsedTime(s.Since) is var age && age <= SpendFor && age + length <= s.Lasts);
            return slice is null ? null : SpendOf(slice, units);
        }
    }

    private IngestionShare SpendOf(Slice slice, int units)
    {
        slice.Unspent -= units;
        return new IngestionShare(_lock, slice, units);
    }

    private async Task<(IngestionShare? Taken, Refusal Refused)> AskAsync(int units, TimeSpan length, bool moreFollow, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);

        // Whoever leaves meanwhile does not break the write off: with it goes what the book is told of all slices.
        var asking = AskInTurnAsync(units, length, moreFollow, cancellationToken);
        try
        {
            return await asking.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _ = GiveBackAsync(asking);
            throw;
        }
    }

    private static async Task GiveBackAsync(Task<(IngestionShare? Taken, Refusal Refused)> asking)
    {
        await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (asking.IsCompletedSuccessfully)
        {
            (await asking).Taken?.Return();
        }
    }

    /// <summary>Asks for a slice, and ends the turn.</summary>
    private async Task<(IngestionShare? Taken, Refusal Refused)> AskInTurnAsync(int units, TimeSpan length, bool moreFollow, CancellationToken leaving)
    {
        try
        {
            // Whoever was before us may have taken enough for two.
            if (Spend(units, length) is { } share)
            {
                return (share, default);
            }

            var isLong = length > UsualCall;
            var lasts = SpendFor + (isLong ? length : UsualCall);
            var since = time.GetTimestamp();
            var (permit, refused) = await UpdateAsync(
                (book, now) =>
                {
                    // All that the call needs, or nothing: a part of it would keep others waiting.
                    var probe = book.Take(now, now + lasts, 1, units - 1);
                    if (probe.Permit is not { } one)
                    {
                        return ((Permit?)null, new Refusal(probe.NotBefore - now, probe.Cause, book.Usage(now)[0].Free, now));
                    }

                    book.Return(one, 1);
                    var wanted = isLong || !moreFollow ? units : Math.Max(units, Math.Min(Most, book.Usage(now)[0].Free / Part));
                    return (book.Take(now, now + lasts, wanted, 0).Permit, default);
                });
            if (permit is not { } granted)
            {
                return (null, refused);
            }

            lock (_lock)
            {
                var slice = new Slice(granted, since, lasts) { Unspent = granted.Count };
                _slices.Add(slice);
                leaving.ThrowIfCancellationRequested();
                return (SpendOf(slice, units), default);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Changes the book, and tells it of the slices until now: nobody spends them any further.</summary>
    private async Task<T> UpdateAsync<T>(Func<PermitBook, DateTimeOffset, T> change)
    {
        var reports = Close();
        try
        {
            var result = await books.UpdateAsync(
                account, Bucket,
                (stored, now) =>
                {
                    var book = Open(stored, now);
                    reports.ForEach(r => r.Tell(book, now));
                    var changed = change(book, now);
                    return (book.Write(), changed);
                },
                CancellationToken.None);
            lock (_lock)
            {
                reports.ForEach(r => r.WasTold());
                _slices.RemoveAll(s => s.IsEmpty);
            }

            return result;
        }
        catch
        {
            // Whether the book was told nobody knows, and twice would be wrong: these slices run out by themselves.
            lock (_lock)
            {
                reports.ForEach(r => _slices.Remove(r.Slice));
            }

            throw;
        }
    }

    private List<Report> Close()
    {
        lock (_lock)
        {
            _slices.RemoveAll(s => time.GetElapsedTime(s.Since) > s.Lasts);
            _slices.ForEach(s => s.IsOpen = false);
            return _slices.ConvertAll(s => new Report(s, s.Over, s.Unspent));
        }
    }

    private PermitBook Open(byte[]? stored, DateTimeOffset now)
    {
        var book = stored is null ? new PermitBook(newId(), [IngestionUnits.Window]) : PermitBook.Read(stored);
        book.Publish([IngestionUnits.Window], now);
        return book;
    }

    private readonly record struct Refusal(TimeSpan Wait, WaitCause Cause, int Left, DateTimeOffset Now);

    /// <summary>Units that this node has taken. Changed under the lock.</summary>
    /// <param name="since">From before it was granted, so that it never seems younger than it is.</param>
    internal sealed class Slice(Permit permit, long since, TimeSpan lasts)
    {
        public Permit Permit { get; } = permit;

        public long Since { get; } = since;

        public TimeSpan Lasts { get; } = lasts;

        /// <summary>Whether calls may still be made of it.</summary>
        public bool IsOpen { get; set; } = true;

        public int Unspent { get; set; }

        /// <summary>Units of calls that were made and are over, which the book does not know.</summary>
        public int Over { get; set; }

        /// <summary>Units of all that the book was told of.</summary>
        public int Told { get; set; }

        public bool IsEmpty => Told == Permit.Count;
    }

    private sealed record Report(Slice Slice, int Over, int Unspent)
    {
        public void Tell(PermitBook book, DateTimeOffset now)
        {
            // After its deadline the book has counted all of it.
            if (now > Slice.Permit.Deadline)
            {
                return;
            }

            for (var unit = 0; unit < Over; unit++)
            {
                book.Complete(Slice.Permit, now, reading: null);
            }

            if (Unspent > 0)
            {
                book.Return(Slice.Permit, Unspent);
            }
        }

        public void WasTold()
        {
            Slice.Over -= Over;
            Slice.Unspent -= Unspent;
            Slice.Told += Over + Unspent;
        }
    }
}
