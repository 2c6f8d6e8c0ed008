using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Core.Pull;

/// <summary>A Mixpanel project that is read from. Every call waits until the project's budget allows it.</summary>
/// <remarks>All of it throws <see cref="MixpanelSourceException"/> when there is no answer, or a refusal.</remarks>
public interface IMixpanelSource
{
    /// <summary>The cohorts that Mixpanel has: one query.</summary>
    Task<IReadOnlyList<RemoteCohort>> CohortsAsync(CancellationToken cancellationToken);

    /// <summary>A page of a cohort's people, with and without a profile: one query.</summary>
    /// <param name="properties">Which properties come with them; null: all.</param>
    /// <param name="place">Which page; null: the first.</param>
    /// <returns>Its page is of no session yet, and of one page.</returns>
    Task<SourcePage<CohortPage>> CohortPageAsync(RemoteCohort cohort, IReadOnlyList<string>? properties, PagePlace? place, CancellationToken cancellationToken);

    /// <summary>A page of profiles, as updates that set what they hold: one query.</summary>
    /// <param name="where">A condition in Mixpanel's language; null: everybody.</param>
    /// <inheritdoc cref="CohortPageAsync"/>
    Task<SourcePage<ProfileUpdates>> ProfilePageAsync(
        string? where, IReadOnlyList<string>? properties, PagePlace? place, CancellationToken cancellationToken);

    /// <summary>
    /// How long to rest before the next of so many pages of one answer. Where the hour's budget is not enough for all, they are spread over
    /// the time that they need anyway: who made them at once would have to wait in the midst, and Mixpanel forget the answer meanwhile.
    /// </summary>
    /// <param name="later">How many queries the job makes after that, as far as is known: all of them are kept for it.</param>
    Task<TimeSpan> RestAsync(long pagesLeft, long later, CancellationToken cancellationToken);

    /// <summary>Keeps queries for this job, so that whoever asks Mixpanel beside it does not take them all. Replaces what was kept; ends by itself after a while.</summary>
    Task KeepQueriesAsync(long queries, CancellationToken cancellationToken);

    /// <summary>Keeps exports for this job.</summary>
    /// <inheritdoc cref="KeepQueriesAsync"/>
    Task KeepExportsAsync(long exports, CancellationToken cancellationToken);

    /// <summary>Nothing is kept for this job any more.</summary>
    Task ReleaseAsync(CancellationToken cancellationToken);

    /// <summary>A day's events, in the order in which Mixpanel gives them, some at a time: one export.</summary>
    /// <param name="names">Only these events; all when empty.</param>
    /// <returns>Each is valid until the next is asked for.</returns>
    IAsyncEnumerable<SourceEvents> EventsAsync(DateOnly day, IReadOnlyList<string> names, CancellationToken cancellationToken);

    /// <summary>What a script of JQL comes to, a row each: one query.</summary>
    /// <param name="key">The property that is the key of a row that is an object: <see cref="JqlRow.Person"/>, or a column.</param>
    /// <param name="columns">What the values are called. Other names may be people's, and are not told of a row that cannot be used.</param>
    IAsyncEnumerable<JqlRow> JqlAsync(string script, string key, IReadOnlyList<string> columns, CancellationToken cancellationToken);

    /// <summary>People as members of a group that Mixpanel does not have itself.</summary>
    /// <returns>Its page is of no session yet, and of one page.</returns>
    Task<CohortPage> MembersOfAsync(RemoteCohort group, IReadOnlyList<string> distinctIds, CancellationToken cancellationToken);
}

/// <summary>A cohort as Mixpanel lists it.</summary>
/// <param name="Count">How many people it has, where that is told.</param>
public sealed record RemoteCohort(string Id, string Name, string? Description, long? Count, bool IsVisible);

/// <summary>Where a page stands in the answer to a question. Mixpanel keeps the answer for a while, under the session's name.</summary>
/// <param name="Page">From 0.</param>
public sealed record PagePlace(string Session, int Page);

/// <param name="Records">How many Mixpanel gave, usable or not.</param>
/// <param name="PageSize">How many a full page has.</param>
/// <param name="Total">How many all pages have together, where the answer says so.</param>
public sealed record SourcePage<T>(T Content, int Records, int PageSize, long? Total, string Session)
{
    /// <summary>Records that are no part of the content because they cannot be used.</summary>
    public IReadOnlyList<RefusedRecord> Refused { get; init; } = [];
}

/// <param name="Refused">Events that cannot be taken, with the reason.</param>
/// <param name="Ignored">Events that are not to be kept.</param>
public sealed record SourceEvents(EventBatch Events, IReadOnlyList<RefusedRecord> Refused, int Ignored);

/// <summary>A row of a script's result.</summary>
/// <param name="Key">The row's first value: a distinct id, or the key of a table; null when it can be neither.</param>
/// <param name="Values">The others, each as compact JSON in UTF-8.</param>
public sealed record JqlRow(string? Key, IReadOnlyList<ReadOnlyMemory<byte>> Values)
{
    /// <summary>The key of rows that are objects and about people.</summary>
    public const string Person = "distinct_id";

    /// <summary>The names of the values, where the row is an object that has names.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>What a row without a key looks like: types, and no values.</summary>
    public string? Shape { get; init; }

    /// <summary>A row without a key, to be kept; only of the first few.</summary>
    public RefusedRecord? Refused { get; init; }
}

public enum SourceProblem
{
    /// <summary>Nothing is wrong with the question: again, later.</summary>
    Later,

    /// <summary>The budget is spent: again, not before a time that is known.</summary>
    Spent,

    /// <summary>Mixpanel has forgotten the answer that a further page was asked of, or never had it: from the beginning.</summary>
    SessionGone,

    /// <summary>What was asked for lies in the future, as Mixpanel sees it.</summary>
    NotYet,

    /// <summary>Mixpanel will not answer this question; another one it may.</summary>
    BadQuestion,

    /// <summary>Mixpanel will answer no question before a person has changed something.</summary>
    Refused,
}

/// <summary>Mixpanel has not answered.</summary>
public sealed class MixpanelSourceException : Exception
{
    public MixpanelSourceException()
        : this("Mixpanel has not answered.")
    {
    }

    public MixpanelSourceException(string message)
        : base(message)
    {
    }

    public MixpanelSourceException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public SourceProblem Problem { get; init; }

    /// <summary>When to come again, where that is known.</summary>
    public DateTimeOffset? NotBefore { get; init; }
}
