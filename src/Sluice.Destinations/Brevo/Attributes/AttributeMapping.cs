namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>One line of <c>property_mapping</c>: a profile's property goes into a contact's attribute.</summary>
/// <param name="Property">The property's name, exactly as in the profile.</param>
/// <param name="Attribute">The attribute's name in any case, or <c>email</c>.</param>
/// <param name="Kind">The type with which a missing attribute is created, or null to infer it. An existing attribute keeps its own.</param>
public sealed record AttributeMapping(string Property, string Attribute, AttributeKind? Kind);
