namespace Sluice.Core.Delivery;

/// <summary>What became of the wish for a list.</summary>
/// <param name="Owner">The project that has the list now.</param>
/// <param name="Made">Names the claim, when this call has made it: whoever made it may give it back. Null when the project had the list before, or another one has it.</param>
public readonly record struct ListClaim(string Owner, string? Made);

/// <summary>Says whose a list is that no config names: projects with the same account would otherwise take each other's people off it, or write to them.</summary>
public interface IListClaims
{
    /// <summary>
    /// Gives a list to a project, unless another one has it: of several who ask at the same time one gets it. From then on whoever must not
    /// be contacted leaves the list, whether the config names it or not. It is claimed under the key's account and, where it is known whose
    /// account that is, under that too: an account may have several keys. Who asks for a list that the project has already shares it with whoever
    /// made the claim: from then on neither gives it back.
    /// </summary>
    /// <param name="account">The destination's account that has the list, as the project's key names it.</param>
    /// <param name="served">The projects that go on: what another one has claimed passes on.</param>
    Task<ListClaim> ClaimAsync(string account, string project, string destination, long list, IReadOnlyCollection<string> served, CancellationToken cancellationToken);

    /// <summary>Gives a list back that nobody has been put into, that no job is filling, and that nobody has asked for since the claim was made.</summary>
    /// <param name="made">The claim, as it was named when it was made.</param>
    Task ReleaseUnusedAsync(string account, string project, string destination, long list, string made, CancellationToken cancellationToken);
}
