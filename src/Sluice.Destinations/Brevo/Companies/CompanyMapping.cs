namespace Sluice.Destinations.Brevo.Companies;

/// <summary>One line of the mapping of companies: a group's property goes into a company's attribute.</summary>
/// <param name="Property">The property's name, exactly as in the group's profile.</param>
/// <param name="Attribute">The attribute's internal name; <c>name</c> is the company's name.</param>
public sealed record CompanyMapping(string Property, string Attribute);
