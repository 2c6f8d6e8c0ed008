namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>A value that was not sent, or a mapping that cannot work as it is written.</summary>
/// <param name="Attribute">The attribute.</param>
/// <param name="Property">The property that was to go into it.</param>
/// <param name="Reason">One of <see cref="AttributeReason"/>.</param>
public readonly record struct AttributeProblem(string Attribute, string Property, string Reason);
