using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Forwarding;

/// <summary>The project that the clients mean: it gets what they sent, as they sent it.</summary>
public interface IForwardDestination
{
    /// <summary>For instance <c>mixpanel</c>.</summary>
    string Name { get; }

    /// <summary>Records a call.</summary>
    int MaxRecords { get; }

    /// <summary>Bytes that the records of a call may have together, each with one more.</summary>
    int MaxBytes { get; }

    /// <summary>An event as it is to be sent: pure.</summary>
    /// <param name="address">The address that it came from; null when it is not to be looked up.</param>
    ForwardItem Map(LoggedEvent logged, string? address);

    /// <summary>An operation as it is to be sent: pure.</summary>
    ForwardItem Map(ForwardRow row);

    /// <summary>Sends events. Sending them twice does no harm.</summary>
    /// <param name="begin">
    /// Called when nothing but the call itself is left to do: gives what is to be sent, as it is by then. Without anything there is no call.
    /// </param>
    /// <param name="waiting">Ends the wait for a permit.</param>
    /// <param name="calling">Ends the call itself.</param>
    Task<ForwardOutcome> SendEventsAsync(Func<CancellationToken, Task<IReadOnlyList<ForwardItem>>> begin, CancellationToken waiting, CancellationToken calling);

    /// <summary>Sends operations of one way.</summary>
    /// <param name="begin">The same, so that what is written down as under way is under way.</param>
    /// <param name="waiting">Ends the wait for a permit.</param>
    /// <param name="calling">Ends the call itself.</param>
    Task<ForwardOutcome> SendOperationsAsync(
        ForwardWay way, Func<CancellationToken, Task<IReadOnlyList<ForwardItem>>> begin, CancellationToken waiting, CancellationToken calling);

    /// <summary>Replaces a lookup table by what is stored of it now.</summary>
    Task<ForwardOutcome> SendTableAsync(string lookup, CancellationToken cancellationToken);
}

/// <param name="Name">What it is, for letters: an event's name, or an operation's.</param>
public readonly record struct ForwardItem(string Name, ReadOnlyMemory<byte> Json);

/// <summary>A record that the destination will never take.</summary>
public readonly record struct ForwardRefusal(int Index, string Reason, string Detail);

/// <summary>What became of a call.</summary>
/// <param name="Decision">
/// About all records that were not refused. A dead letter is about the call as a whole: its records are sent in smaller calls until it is
/// clear which is meant.
/// </param>
/// <param name="Refused">Records that the answer named.</param>
public sealed record ForwardOutcome(Decision Decision, IReadOnlyList<ForwardRefusal> Refused)
{
    /// <summary>The call was refused and some of it may have been done all the same: nobody knows which.</summary>
    public bool MayBePartlyDone { get; init; }

    public static ForwardOutcome Of(Decision decision) => new(decision, []);
}
