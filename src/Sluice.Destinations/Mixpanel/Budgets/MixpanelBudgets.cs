using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Limiter;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>
/// The budgets of one Mixpanel project, one row each in the store: all nodes, all restarts and all callers share them. A call is written down
/// before it is made.
/// </summary>
/// <remarks>
/// A project can be known by several names: its number, its token, its secret. A call is written down under each that is known, and needs room under each. So calls of
/// a time in which fewer names were known still count.
/// </remarks>
public sealed class MixpanelBudgets
{
    // A request that has not arrived by then does not arrive any more: connections are given up earlier.
    private static readonly TimeSpan Reach = TimeSpan.FromMinutes(2);

    // The longest that Mixpanel lets a query run.
    private static readonly TimeSpan LongestQuery = TimeSpan.FromMinutes(2);

    // So long the place of a node that died stays taken: the call may have arrived late, and run its whole time.
    private static readonly TimeSpan Length = Reach + LongestQuery;

    private static readonly TimeSpan WithoutHint = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(20);

    // Another node does not tell when a call of its ends.
    private static readonly TimeSpan LookForPlace = TimeSpan.FromSeconds(1);

    private static readonly Task Never = new TaskCompletionSource().Task;

    private readonly IPermitBooks _books;
    private readonly IReadOnlyList<string> _accounts;
    private readonly TimeProvider _time;
    private readonly Func<ulong> _newId;
    private readonly IReadOnlyList<IngestionSlices> _ingestion;
    private readonly PlaceSignal _ended;

    // A queue a budget: however many wait, one at a time asks the book, and takes one place among the store's commits.
    private readonly ConcurrentDictionary<MixpanelBudget, SemaphoreSlim> _turns = new();

    /// <param name="accounts">The names of the Mixpanel project, see <see cref="AccountOf"/>; always in the same order.</param>
    /// <param name="newId">Makes random numbers.</param>
    public MixpanelBudgets(IPermitBooks books, IReadOnlyList<string> accounts, TimeProvider time, Func<ulong> newId)
    {
        ArgumentOutOfRangeException.ThrowIfZero(accounts.Count);
        _books = books;
        _accounts = accounts;
        _time = time;
        _newId = newId;
        _ingestion = [.. accounts.Select(a => new IngestionSlices(books, a, time, newId))];
        _ended = new PlaceSignal(time);
    }

    /// <param name="accounts">The names of the Mixpanel project, see <see cref="AccountOf"/>; always in the same order.</param>
    public MixpanelBudgets(IPermitBooks books, IReadOnlyList<string> accounts, TimeProvider time)
        : this(books, accounts, time, static () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))))
    {
    }

    /// <param name="account">The only name of the Mixpanel project, see <see cref="AccountOf"/>.</param>
    public MixpanelBudgets(IPermitBooks books, string account, TimeProvider time)
        : this(books, [account], time)
    {
    }

    /// <summary>A name of the account whose calls Mixpanel counts together, whichever credentials open it.</summary>
    /// <param name="query">The root of the query API.</param>
    /// <param name="key">The project's number, its token, or its secret. It cannot be read out of the name.</param>
    public static string AccountOf(Uri query, string key) =>
        $"mixpanel-api/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{query.Authority}\0{key}")).AsSpan(0, 8))}";

    /// <summary>What leads a client's calls through the budgets.</summary>
    public IMixpanelGate For(MixpanelCaller caller) => new MixpanelGate(this, caller);

    /// <summary>What is left, and when more comes.</summary>
    public async Task<MixpanelBudgetReading> ReadAsync(MixpanelBudget budget, CancellationToken cancellationToken)
    {
        var readings = new List<MixpanelBudgetReading>();
        if (budget == MixpanelBudget.Ingestion)
        {
            foreach (var slices in _ingestion)
            {
                readings.Add(await slices.ReadAsync(cancellationToken));
            }

            return MixpanelBudgetReading.Together(readings);
        }

        if (MixpanelLimit.Of(budget).Count == 0)
        {
            return new MixpanelBudgetReading(budget, Limit: 0, Left: int.MaxValue, Reserved: 0, Running: 0, MoreAt: null, HeldUntil: null);
        }

        foreach (var account in _accounts)
        {
            readings.Add(await UpdateAsync(account, budget, (book, now) => book.Usage(budget, now), cancellationToken));
        }

        return MixpanelBudgetReading.Together(readings);
    }

    /// <summary>Keeps calls of the hour for a job, so that they are there when it makes them. What it does not make by the end is free for all again.</summary>
    /// <param name="job">The job's name; what was kept under it before is replaced.</param>
    /// <param name="length">How long they are kept.</param>
    /// <returns>
    /// How many of them it can make now. The others it makes as soon as calls are free, before everybody else: of each hour jobs have all but people's sixth, and people have that.
    /// </returns>
    public async Task<int> ReserveAsync(MixpanelBudget budget, string job, int calls, TimeSpan length, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        ArgumentOutOfRangeException.ThrowIfNegative(calls);
        if (MixpanelLimit.Of(budget).Count == 0)
        {
            return calls;
        }

        var wanted = calls;
        for (var done = 0; done < _accounts.Count; done++)
        {
            var kept = await ReserveAsync(_accounts[done], wanted);
            for (var before = 0; kept < wanted && before < done; before++)
            {
                await ReserveAsync(_accounts[before], kept);
            }

            wanted = kept;
        }

        return wanted;

        Task<int> ReserveAsync(string account, int number) =>
            UpdateAsync(
                account, budget,
                (book, now) =>
                {
                    book.Reserve(job, number, now, now + length);
                    return book.Expect(job, calls, now, now + length);
                },
                cancellationToken);
    }

    /// <summary>The job needs no more of what was kept for it.</summary>
    public async Task ReleaseAsync(MixpanelBudget budget, string job, CancellationToken cancellationToken)
    {
        foreach (var account in MixpanelLimit.Of(budget).Count == 0 ? [] : _accounts)
        {
            await UpdateAsync(account, budget, (book, _) => { book.Release(job); return true; }, cancellationToken);
        }
    }

    /// <summary>Waits for the permits of one call.</summary>
    /// <returns>Those under each name of the project; null where there is no limit.</returns>
    /// <exception cref="MixpanelBudgetException">There is none within the caller's patience.</exception>
    internal async Task<IReadOnlyList<IReadOnlyList<Permit>>?> EnterAsync(MixpanelBudget budget, MixpanelCaller caller, CancellationToken cancellationToken)
    {
        if (MixpanelLimit.Of(budget).Count == 0)
        {
            return null;
        }

        var since = _time.GetTimestamp();
        while (true)
        {
            var signal = _ended.Next;
            var (permits, answer, left, now) = await AskAsync(budget, caller, cancellationToken);
            if (permits is not null)
            {
                return permits;
            }

            // Nobody knows when a place will be free; it may be any moment.
            var wait = answer.OnPlace ? LookForPlace : answer.Wait;
            var patience = caller.Patience - _time.GetElapsedTime(since);
            if (patience <= TimeSpan.Zero || (!answer.OnPlace && wait > patience))
            {
                throw new MixpanelBudgetException(budget, left, now + wait, wait, Reason(answer));
            }

            await _ended.WaitAsync(answer.OnPlace ? signal : Never, Shorter(patience, wait < ShortestWait ? ShortestWait : wait), cancellationToken);
        }
    }

    /// <summary>Waits for what a job's call of the ingestion API needs.</summary>
    /// <param name="length">How long the call may take at most.</param>
    /// <exception cref="MixpanelBudgetException">It is not there within the patience.</exception>
    internal Task<IngestionPermit> EnterIngestionAsync(int units, TimeSpan length, TimeSpan patience, CancellationToken cancellationToken) =>
        EnterIngestionAsync(units, length, MixpanelCaller.Job(patience), cancellationToken);

    /// <summary>Waits for what a call of the ingestion API needs.</summary>
    /// <param name="length">How long the call may take at most.</param>
    /// <exception cref="MixpanelBudgetException">It is not there within the caller's patience.</exception>
    internal async Task<IngestionPermit> EnterIngestionAsync(int units, TimeSpan length, MixpanelCaller caller, CancellationToken cancellationToken)
    {
        var since = _time.GetTimestamp();
        var parts = new List<(IngestionSlices, IngestionShare)>(_ingestion.Count);
        try
        {
            foreach (var slices in _ingestion)
            {
                parts.Add((slices, await slices.EnterAsync(units, length, caller.IsJob, caller.Patience - _time.GetElapsedTime(since), cancellationToken)));
            }
        }
        catch
        {
            new IngestionPermit(parts).Return();
            throw;
        }

        return new IngestionPermit(parts);
    }

    /// <summary>A call is over.</summary>
    internal async Task CompleteAsync(
        MixpanelBudget budget, IReadOnlyList<IReadOnlyList<Permit>> permits, MixpanelCallOutcome outcome, CancellationToken cancellationToken)
    {
        TimeSpan? hold = outcome.Status == 429 ? outcome.RetryAfter ?? WithoutHint : null;
        var mayRunFor = outcome.MayStillRun ? LongestQuery : TimeSpan.Zero;
        try
        {
            for (var i = 0; i < permits.Count; i++)
            {
                var ofAccount = permits[i];
                try
                {
                    await UpdateAsync(_accounts[i], budget, (book, now) => { book.Complete(ofAccount, now, hold, mayRunFor); return true; }, cancellationToken);
                }
                catch (StoreUnavailableException)
                {
                    // The answer counts; permits that are not given back run out by themselves.
                }
            }
        }
        finally
        {
            _ended.Raise();
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string Reason(BookAnswer answer) => answer switch
    {
        { OnPlace: true } => "as many calls as Mixpanel allows run at once",
        { Cause: WaitCause.Blocked } => "Mixpanel has refused a call and asked to wait",
        { Cause: WaitCause.Reserve } => "what is left is kept for others",
        _ => "it is used up",
    };

    private async Task<(IReadOnlyList<IReadOnlyList<Permit>>? Permits, BookAnswer Refused, int Left, DateTimeOffset Now)> AskAsync(
        MixpanelBudget budget, MixpanelCaller caller, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd(budget, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken);
        var taken = new List<IReadOnlyList<Permit>>(_accounts.Count);
        try
        {
            foreach (var account in _accounts)
            {
                var (answer, left, now) = await UpdateAsync(
                    account, budget,
                    (book, clock) =>
                    {
                        var asked = book.Take(clock, Reach, Length, caller);
                        return (asked, asked.Permits is null ? book.Usage(budget, clock).Left : 0, clock);
                    },
                    cancellationToken);
                if (answer.Permits is not { } permits)
                {
                    await GiveBackAsync(budget, taken, caller);
                    return (null, answer, left, now);
                }

                taken.Add(permits);
            }

            return (taken, default, 0, default);
        }
        catch
        {
            await GiveBackAsync(budget, taken, caller);
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>One name of the project had room for the call, and another has not, or nobody knows.</summary>
    private async Task GiveBackAsync(MixpanelBudget budget, List<IReadOnlyList<Permit>> taken, MixpanelCaller caller)
    {
        for (var i = 0; i < taken.Count; i++)
        {
            var permits = taken[i];
            try
            {
                await UpdateAsync(_accounts[i], budget, (book, _) => { book.Return(permits, caller); return true; }, CancellationToken.None);
            }
            catch (StoreUnavailableException)
            {
                // Permits that are not given back run out by themselves.
            }
        }
    }

    private Task<T> UpdateAsync<T>(string account, MixpanelBudget budget, Func<MixpanelBook, DateTimeOffset, T> change, CancellationToken cancellationToken) =>
        _books.UpdateAsync(
            account, NameOf(budget),
            (stored, now) =>
            {
                var book = MixpanelBook.Open(stored, MixpanelLimit.Of(budget), now, _newId);
                var result = change(book, now);
                return (book.Write(), result);
            },
            cancellationToken);

    private static string NameOf(MixpanelBudget budget) => budget switch
    {
        MixpanelBudget.Query => "query",
        MixpanelBudget.Export => "export",
        MixpanelBudget.Gdpr => "gdpr",
        MixpanelBudget.Schemas => "schemas",
        _ => throw new ArgumentOutOfRangeException(nameof(budget), budget, "This budget has no limits."),
    };
}
