namespace Sluice.Core.People;

/// <summary>Finds people by their e-mail address.</summary>
public interface IPeopleByAddress
{
    /// <summary>
    /// The distinct ids, as sent, of those who hold the addresses: of several whoever a destination has under it, else the one who was
    /// seen first. Addresses that nobody holds are left out.
    /// </summary>
    /// <param name="emails">However they are written; they are found again as they were given.</param>
    Task<IReadOnlyDictionary<string, string>> FindAsync(
        string project, string destination, IReadOnlyCollection<string> emails, CancellationToken cancellationToken);
}
