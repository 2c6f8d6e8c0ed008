namespace Sluice.Core.Delivery;

/// <summary>A person as the destination is to have them.</summary>
public sealed record MappedContact
{
    /// <summary>The canonical distinct id, which the destination keeps as its external id.</summary>
    public required string ExternalId { get; init; }

    /// <summary>Normalised; null when there is none.</summary>
    public string? Email { get; init; }

    /// <summary>Digits with country code; null when there is none.</summary>
    public string? Phone { get; init; }

    /// <summary>128-bit hash of everything that would be sent: equal means nothing to send.</summary>
    public UInt128 Payload { get; init; }

    /// <summary>What the destination's folder needs to write the attributes; the engine hands it back and never looks into it.</summary>
    public object? Attributes { get; init; }

    /// <summary>Some attribute must be cleared, which only a call for this one contact can do.</summary>
    public bool NeedsOwnCall { get; init; }

    /// <summary>Values that do not fit their attribute: the rest is sent, these are reported.</summary>
    public IReadOnlyList<MappingProblem> Problems { get; init; } = [];

    /// <summary>Why the person cannot be contacted; null when they can.</summary>
    public string? NotContactable { get; init; }
}

/// <param name="Reason">A stable code.</param>
public sealed record MappingProblem(string Attribute, string Property, string Reason);
