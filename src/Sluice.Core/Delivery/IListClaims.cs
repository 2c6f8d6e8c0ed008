namespace Sluice.Core.Delivery;

/// <summary>Says whose a list is that no config names: projects with the same account would otherwise take each other's people off it, or write to them.</summary>
public interface IListClaims
{
    /// <summary>
    /// Gives a list to a project, unless another one has it: of several who ask at the same time one gets it. From then on whoever must not
    /// be contacted leaves the list, whether the config names it or not. It is claimed under the key's account and, where it is known whose
    /// account that is, under that too: an account may have several keys.
    /// </summary>
    /// <param name="account">The destination's account that has the list, as the project's key names it.</param>
    /// <param name="served">The projects that go on: what another one has claimed passes on.</param>
    /// <returns>The project that has the list now.</returns>
    Task<string> ClaimAsync(string account, string project, string destination, long list, IReadOnlyCollection<string> served, CancellationToken cancellationToken);

    /// <summary>Gives a list back that nobody has been put into, and that no job is filling.</summary>
    Task ReleaseUnusedAsync(string account, string project, string destination, long list, CancellationToken cancellationToken);
}
