namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>An attribute that a plan fills.</summary>
/// <param name="Name">The name, in capitals.</param>
/// <param name="Property">The property that fills it.</param>
/// <param name="Kind">What values it takes.</param>
/// <param name="IsNew">Whether the account does not have it yet.</param>
public sealed record AttributeColumn(string Name, string Property, AttributeKind Kind, bool IsNew);
