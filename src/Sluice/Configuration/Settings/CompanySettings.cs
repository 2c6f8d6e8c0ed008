namespace Sluice.Configuration;

/// <summary>The block <c>companies</c>.</summary>
/// <param name="GroupKey">The group key whose groups are companies.</param>
/// <param name="Attributes">Property of the group and internal name of the company's attribute; no two with the same attribute.</param>
public sealed record CompanySettings(string GroupKey, IReadOnlyList<(string Property, string Attribute)> Attributes);
