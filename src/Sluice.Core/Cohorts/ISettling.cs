namespace Sluice.Core.Cohorts;

/// <summary>
/// Brings what follows from the sessions up to date, after their pages were answered: when people entered and left, and who has to be
/// looked at by the destinations. Works in slices; each is one commit, so it can stop anywhere and go on later.
/// </summary>
public interface ISettling
{
    /// <summary>Does the next slice of a project's work.</summary>
    /// <returns>False when there was nothing to do.</returns>
    Task<bool> SettleAsync(string project, CancellationToken cancellationToken);

    /// <summary>Removes what has been kept long enough: hashes and numbers of old sessions, sessions that were never finished.</summary>
    Task ClearAsync(string project, CancellationToken cancellationToken);
}
