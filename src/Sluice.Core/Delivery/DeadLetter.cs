using Sluice.Core.People;

namespace Sluice.Core.Delivery;

/// <summary>A record that was refused for good, with the reason and the payload, waiting for a person.</summary>
/// <param name="Origin">Where it was refused: <c>cohort</c>, <c>import</c> and the like (on its way in) or the destination's name.</param>
/// <param name="Reason">A stable code.</param>
/// <param name="State"><c>open</c>, <c>retried</c> or <c>resolved</c>.</param>
public sealed record DeadLetter(
    string Id, string Origin, string Reason, string Detail, PersonKey? Person, string? Subject, string Payload, string State, DateTimeOffset CreatedAt);

public interface IDeadLetters
{
    Task<IReadOnlyList<DeadLetter>> ListAsync(string project, string? state, int limit, CancellationToken cancellationToken);

    /// <summary>Tries letters again: the person is looked at anew, a refused record is no longer held back.</summary>
    /// <param name="ids">None: all that are open.</param>
    /// <returns>How many were found.</returns>
    Task<int> RetryAsync(string project, IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>Lets letters be, by a person's decision: they are resolved, and nothing is tried again.</summary>
    /// <param name="ids">At least one.</param>
    /// <returns>How many of them were open.</returns>
    Task<int> DropAsync(string project, IReadOnlyCollection<string> ids, CancellationToken cancellationToken);
}
