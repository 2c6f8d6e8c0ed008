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
/// <param name="account">Names the Mixpanel project, see <see cref="AccountOf"/>.</param>
public sealed class MixpanelBudgets(IPermitBooks books, string account, TimeProvider time, Func<ulong> newId)
{
    // A request that has not arrived by then does not arrive any more: connections are given up earlier.
    private static readonly TimeSpan Reach = TimeSpan.FromMinutes(2);

    // Mixpanel lets a query run for two minutes, and its rows may be slow to read. So long the place of a node that died stays taken.
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan WithoutHint = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(20);

    // Another node does not tell when a call of its ends.
    private static readonly TimeSpan LookForPlace = TimeSpan.FromSeconds(1);

    private static readonly Task Never = new TaskCompletionSource().Task;

    private readonly PlaceSignal _ended = new(time);

    // A queue a budget: however many wait, one at a time asks the book, and takes one place among the store's commits.
    private readonly ConcurrentDictionary<MixpanelBudget, SemaphoreSlim> _turns = new();

    public MixpanelBudgets(IPermitBooks books, string account, TimeProvider time)
        : this(books, account, time, static () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))))
    {
    }

    /// <summary>The name of the account whose calls Mixpanel counts together: its number of the project, whichever credentials open it.</summary>
    /// <param name="query">The root of the query API.</param>
    /// <param name="key">The project's number; where that is not known, what else tells it from others. It cannot be read out of the name.</param>
    public static string AccountOf(Uri query, string key) =>
        $"mixpanel-api/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{query.Authority}\0{key}")).AsSpan(0, 8))}";

    /// <summary>What leads a client's calls through the budgets.</summary>
    public IMixpanelGate For(MixpanelCaller caller) => new MixpanelGate(this, caller);

    /// <summary>What is left, and when more comes.</summary>
    public Task<MixpanelBudgetReading> ReadAsync(MixpanelBudget budget, CancellationToken cancellationToken) =>
        MixpanelLimit.Of(budget).Count == 0
            ? Task.FromResult(new MixpanelBudgetReading(budget, Limit: 0, Left: int.MaxValue, Reserved: 0, Running: 0, MoreAt: null, HeldUntil: null))
            : UpdateAsync(budget, (book, now) => book.Usage(budget, now), cancellationToken);

    /// <summary>Keeps calls of the hour for a job, so that they are there when it makes them. What it does not make by the end is free for all again.</summary>
    /// <param name="job">The job's name; what was kept under it before is replaced.</param>
    /// <param name="length">How long they are kept.</param>
    /// <returns>How many are kept of those that are free now: people find a sixth of the hour beside them.</returns>
    public Task<int> ReserveAsync(MixpanelBudget budget, string job, int calls, TimeSpan length, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        ArgumentOutOfRangeException.ThrowIfNegative(calls);
        return MixpanelLimit.Of(budget).Count == 0
            ? Task.FromResult(calls)
            : UpdateAsync(budget, (book, now) => book.Reserve(job, calls, now, now + length), cancellationToken);
    }

    /// <summary>The job needs no more of what was kept for it.</summary>
    public Task ReleaseAsync(MixpanelBudget budget, string job, CancellationToken cancellationToken) =>
        MixpanelLimit.Of(budget).Count == 0
            ? Task.CompletedTask
            : UpdateAsync(budget, (book, _) => { book.Release(job); return true; }, cancellationToken);

    /// <summary>Waits for the permits of one call.</summary>
    /// <returns>Null where there is no limit.</returns>
    /// <exception cref="MixpanelBudgetException">There is none within the caller's patience.</exception>
    internal async Task<IReadOnlyList<Permit>?> EnterAsync(MixpanelBudget budget, MixpanelCaller caller, CancellationToken cancellationToken)
    {
        if (MixpanelLimit.Of(budget).Count == 0)
        {
            return null;
        }

        var since = time.GetTimestamp();
        while (true)
        {
            var signal = _ended.Next;
            var (answer, usage, now) = await AskAsync(budget, caller, cancellationToken);
            if (answer.Permits is { } permits)
            {
                return permits;
            }

            // Nobody knows when a place will be free; it may be any moment.
            var wait = answer.OnPlace ? LookForPlace : answer.Wait;
            var left = caller.Patience - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero || (!answer.OnPlace && wait > left))
            {
                throw new MixpanelBudgetException(budget, usage!.Left, now + wait, wait, Reason(answer));
            }

            await _ended.WaitAsync(answer.OnPlace ? signal : Never, Shorter(left, wait < ShortestWait ? ShortestWait : wait), cancellationToken);
        }
    }

    private async Task<(BookAnswer Answer, MixpanelBudgetReading? Usage, DateTimeOffset Now)> AskAsync(
        MixpanelBudget budget, MixpanelCaller caller, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd(budget, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await UpdateAsync(
                budget,
                (book, clock) =>
                {
                    var taken = book.Take(clock, Reach, Length, caller);
                    return (taken, taken.Permits is null ? book.Usage(budget, clock) : null, clock);
                },
                cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>A call is over.</summary>
    internal async Task CompleteAsync(MixpanelBudget budget, IReadOnlyList<Permit> permits, MixpanelCallOutcome outcome, CancellationToken cancellationToken)
    {
        TimeSpan? hold = outcome.Status == 429 ? outcome.RetryAfter ?? WithoutHint : null;
        await UpdateAsync(budget, (book, now) => { book.Complete(permits, now, hold); return true; }, cancellationToken);
        _ended.Raise();
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string Reason(BookAnswer answer) => answer switch
    {
        { OnPlace: true } => "as many calls as Mixpanel allows run at once",
        { Cause: WaitCause.Blocked } => "Mixpanel has refused a call and asked to wait",
        { Cause: WaitCause.Reserve } => "what is left is kept for others",
        _ => "it is used up",
    };

    private Task<T> UpdateAsync<T>(MixpanelBudget budget, Func<MixpanelBook, DateTimeOffset, T> change, CancellationToken cancellationToken) =>
        books.UpdateAsync(
            account, NameOf(budget),
            (stored, now) =>
            {
                var book = MixpanelBook.Open(stored, MixpanelLimit.Of(budget), now, newId);
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
