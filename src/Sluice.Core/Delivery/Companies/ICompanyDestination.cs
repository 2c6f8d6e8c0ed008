namespace Sluice.Core.Delivery.Companies;

/// <summary>A system that has companies with attributes, to which contacts are linked. Every failure is a <see cref="DeliveryException"/>.</summary>
public interface ICompanyDestination
{
    /// <summary>For instance <c>brevo</c>.</summary>
    string Name { get; }

    /// <summary>Reads which attributes companies have.</summary>
    /// <returns>What is mapped and not there.</returns>
    Task<IReadOnlyList<string>> PrepareAsync(CancellationToken cancellationToken);

    /// <summary>A group as the destination is to have it: pure, after <see cref="PrepareAsync"/>.</summary>
    MappedCompany Map(string groupId, string properties);

    /// <summary>The ids of the companies with exactly this name.</summary>
    Task<IReadOnlyList<string>> FindAsync(string name, CancellationToken cancellationToken);

    /// <returns>The new company's id.</returns>
    Task<string> CreateAsync(MappedCompany company, IReadOnlyList<long> contacts, CancellationToken cancellationToken);

    /// <returns>False when there is no such company any more.</returns>
    Task<bool> UpdateAsync(string id, MappedCompany company, CancellationToken cancellationToken);

    /// <returns>False when there is no such company any more.</returns>
    Task<bool> LinkAsync(string id, IReadOnlyList<long> link, IReadOnlyList<long> unlink, CancellationToken cancellationToken);

    /// <summary>The destination's id of a contact; null when it has none.</summary>
    Task<long?> FindContactAsync(string externalId, CancellationToken cancellationToken);
}

/// <param name="Payload">128-bit hash of everything that would be sent.</param>
/// <param name="Attributes">The destination's own; the engine never looks into it.</param>
public sealed record MappedCompany(string Name, UInt128 Payload, object Attributes);
