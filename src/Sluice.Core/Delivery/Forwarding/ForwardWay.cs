namespace Sluice.Core.Delivery.Forwarding;

/// <summary>What is passed on beside events. Each has a line of its own, so that one that stands still stops no other.</summary>
public enum ForwardWay
{
    /// <summary>Updates of profiles.</summary>
    Profiles = 0,

    /// <summary>Updates of group profiles.</summary>
    Groups = 1,

    /// <summary>Lookup tables that were replaced.</summary>
    Lookups = 2,
}

/// <summary>How much of a project is passed on.</summary>
/// <param name="Received">What clients sent: events, updates and lookup tables.</param>
/// <param name="Told">Events that a destination told us of.</param>
public readonly record struct ForwardScope(bool Received, bool Told)
{
    public bool IsNothing => !Received && !Told;
}

/// <summary>One operation that is to be passed on as it came.</summary>
/// <param name="Index">The place, in the request, of the update that it belongs to.</param>
/// <param name="Owner">Whose profile it is about: the operations of one owner keep their order.</param>
/// <param name="IsRepeatable">False when doing it twice is something else than doing it once.</param>
/// <param name="Json">The operation as a client would send it, in UTF-8, without the project's token.</param>
public readonly record struct ForwardedOperation(int Index, string Owner, bool IsRepeatable, ReadOnlyMemory<byte> Json);
