using Sluice.Core.Delivery;
using Sluice.Core.People;

namespace Sluice.Core.Management;

/// <summary>Where a page ends and the next one begins: a time, and the id that tells records of one time apart.</summary>
public sealed record RecordPosition(DateTimeOffset At, string Id);

/// <summary>The same among suppressions.</summary>
/// <param name="Subject">Key of the address or the number.</param>
public sealed record SuppressionPosition(DateTimeOffset At, PersonKey Subject, long List);

/// <summary>A suppression with the place where it stands.</summary>
public sealed record SuppressionRecord(SuppressionEntry Entry, SuppressionPosition Position);

/// <summary>One stay of a person in a user group.</summary>
/// <param name="DistinctId">Null when the person is no longer known by name.</param>
public sealed record GroupStay(PersonKey Person, string? DistinctId, DateTimeOffset EnteredAt, DateTimeOffset? LeftAt);

/// <summary>Reads what a project has gathered, page by page; each page costs the same, however far back it lies.</summary>
public interface IRecordPages
{
    /// <summary>Runs, newest first.</summary>
    Task<IReadOnlyList<Run>> RunsAsync(string project, RecordPosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>Dead letters, newest first.</summary>
    /// <param name="state">Null: all.</param>
    Task<IReadOnlyList<DeadLetter>> DeadLettersAsync(string project, string? state, RecordPosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>Suppressed addresses and numbers, newest first.</summary>
    Task<IReadOnlyList<SuppressionRecord>> SuppressionsAsync(string project, SuppressionPosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>Who was in a user group from when to when: person by person, in the order of keys.</summary>
    Task<IReadOnlyList<GroupStay>> StaysAsync(
        string project, string cohort, (PersonKey Person, DateTimeOffset EnteredAt)? after, int limit, CancellationToken cancellationToken);
}
