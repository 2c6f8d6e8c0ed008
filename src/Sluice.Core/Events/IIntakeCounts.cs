namespace Sluice.Core.Events;

/// <summary>What became of records that clients sent.</summary>
public static class IntakeOutcome
{
    /// <summary>Stored.</summary>
    public const string Accepted = "accepted";

    /// <summary>Not usable; the client was told, or the record was set aside.</summary>
    public const string Refused = "refused";

    /// <summary>An event that was there already.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>A tracked event that is older than Mixpanel takes. It was stored, and is counted as accepted too.</summary>
    public const string Late = "late";

    /// <summary>Dropped because its sender asked for that, or because the project gives it no meaning.</summary>
    public const string Ignored = "ignored";

    /// <summary>An erased person's: acknowledged and not kept. As the reason of an update that was refused it means the same.</summary>
    public const string Erased = "erased";

    /// <summary>A destination told of an address that nobody holds.</summary>
    public const string UnknownPerson = "unknown_person";

    /// <summary>It carries the token of no project, or none.</summary>
    public const string UnknownToken = "unknown_token";
}

/// <summary>Records of one name that came in one way within one minute, and what became of them.</summary>
/// <param name="Project">Empty where the token is no project's.</param>
/// <param name="Minute">Its beginning.</param>
/// <param name="Way">The first segment of the path, for instance <c>import</c>.</param>
/// <param name="Outcome">One of <see cref="IntakeOutcome"/>.</param>
/// <param name="Name">The event's name; empty where there is none or it could not be read.</param>
/// <param name="Bytes">The records' size as they are kept; as they were sent where they were not.</param>
public sealed record IntakeCount(string Project, DateTimeOffset Minute, string Way, string Outcome, string Name, long Records, long Bytes);

/// <summary>Keeps count of what clients sent, for a month.</summary>
public interface IIntakeCounts
{
    /// <summary>Adds to what was counted before. Of a project, minute, way, outcome and name there is at most one count.</summary>
    /// <exception cref="Cohorts.IntakeBusyException">Nothing was added; the same counts may be given again.</exception>
    Task AddAsync(IReadOnlyList<IntakeCount> counts, CancellationToken cancellationToken);

    /// <summary>A project's counts of the minutes from one to another, the later one excluded, oldest first.</summary>
    Task<IReadOnlyList<IntakeCount>> ListAsync(string project, DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>The same, added up by way, outcome and name, in any order; the minute is the last one that counts.</summary>
    Task<IReadOnlyList<IntakeCount>> SumAsync(string project, DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken);
}
