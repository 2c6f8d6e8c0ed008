using Sluice.Core.Delivery;

namespace Sluice.Core.Erasure;

/// <summary>Deletes contacts at a destination.</summary>
public interface IContactEraser
{
    string Destination { get; }

    /// <summary>Deletes a contact by all that it may be known by. One that is not there is as good as deleted.</summary>
    /// <param name="learn">Told the address of a contact before it is deleted: what the destination says of the deletion names it.</param>
    /// <returns>How many contacts there were.</returns>
    /// <exception cref="DeliveryException">It may still be there; the decision says when to come again.</exception>
    Task<int> EraseAsync(ErasedContact contact, Func<string, CancellationToken, Task> learn, CancellationToken cancellationToken);
}

/// <summary>Passes an erasure on to the project that the data came from.</summary>
public interface IErasureForwarder
{
    /// <summary>The most ids that one call takes.</summary>
    int MaxIds { get; }

    /// <returns>The remote's own id of the deletion.</returns>
    /// <exception cref="DeliveryException">Nothing is known to have been done; the decision says when to come again. Doing it twice does no harm.</exception>
    Task<string> RequestAsync(IReadOnlyList<string> distinctIds, CancellationToken cancellationToken);

    /// <returns>How far it has come, in the remote's word, and whether that is its end.</returns>
    /// <exception cref="DeliveryException">It could not be asked.</exception>
    Task<(string Status, bool IsFinal)> LookAsync(string tracking, CancellationToken cancellationToken);
}
