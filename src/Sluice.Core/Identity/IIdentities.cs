using Sluice.Core.People;

namespace Sluice.Core.Identity;

/// <summary>A person's ids: one speaks for all.</summary>
public sealed record PersonIds(PersonKey Person, IReadOnlyList<KnownId> Ids);

public readonly record struct KnownId(PersonKey Key, string DistinctId);

/// <summary>What was claimed about two ids and what became of it.</summary>
/// <param name="State"><c>followed</c>, <c>refused</c> or <c>undone</c>.</param>
/// <param name="Reason">Why it was refused; one of <see cref="IdentityRefusal"/>.</param>
public sealed record IdentityRecord(string Claim, IdentityClaimKind Kind, string Id, string Other, string State, string? Reason, DateTimeOffset At);

/// <summary>Which ids are one person.</summary>
public interface IIdentities
{
    /// <summary>The person that an id belongs to; the id alone when nothing was ever said of it.</summary>
    Task<PersonIds> FindAsync(string project, string distinctId, CancellationToken cancellationToken);

    /// <summary>What was claimed, newest first.</summary>
    Task<IReadOnlyList<IdentityRecord>> ListAsync(string project, string? state, int limit, CancellationToken cancellationToken);

    /// <summary>What was claimed about any of some ids, newest first.</summary>
    Task<IReadOnlyList<IdentityRecord>> ClaimsOfAsync(string project, IReadOnlyList<PersonKey> ids, CancellationToken cancellationToken);

    /// <summary>The people whom undoing a claim would leave; null when there is no such claim in force.</summary>
    Task<IReadOnlyList<PersonIds>?> PreviewUndoAsync(string project, string claim, CancellationToken cancellationToken);

    /// <summary>Takes back one claim that was followed: the person falls apart into what the other claims still join, and everybody's destinations are looked at again.</summary>
    /// <returns>False when there is no such claim in force.</returns>
    Task<bool> UndoAsync(string project, string claim, CancellationToken cancellationToken);
}
