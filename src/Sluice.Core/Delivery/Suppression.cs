using Sluice.Core.People;

namespace Sluice.Core.Delivery;

/// <summary>Someone who must not be contacted. Outlives every sync.</summary>
/// <param name="Email">Normalised address; null when only the person is known.</param>
/// <param name="Person">Null when only the address is known: then everyone under it is meant.</param>
/// <param name="List">The list that it is about; 0 for all.</param>
/// <param name="Reason">unsubscribed, spam, hard_bounce, contact_deleted, blocklisted, manual.</param>
/// <param name="Source">Who said so: webhook, changes, seen, hand.</param>
public sealed record SuppressionEntry(string? Email, PersonKey? Person, long List, string Reason, string Source, DateTimeOffset At)
{
    /// <summary>Normalised number; null when it is not about one. Whoever has the number is meant, with their address and everything else.</summary>
    public string? Phone { get; init; }
}

public interface ISuppressions
{
    /// <summary>Writes the entries, with everyone who has the address or the number, and marks them so that the destinations follow.</summary>
    Task AddAsync(string project, IReadOnlyList<SuppressionEntry> entries, CancellationToken cancellationToken);

    /// <summary>Takes a suppression back, by a person's decision.</summary>
    /// <param name="subject">An e-mail address or a phone number.</param>
    /// <returns>How many entries were removed.</returns>
    Task<int> RemoveAsync(string project, string subject, CancellationToken cancellationToken);

    Task<IReadOnlyList<SuppressionEntry>> ListAsync(string project, int limit, CancellationToken cancellationToken);
}
