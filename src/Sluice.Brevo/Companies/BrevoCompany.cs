namespace Sluice.Brevo;

/// <summary>A company, as far as Brevo told it.</summary>
/// <param name="Id">24 hexadecimal digits.</param>
/// <param name="Name">Not unique.</param>
public sealed record BrevoCompany(string Id, string? Name);

/// <summary>An attribute of companies.</summary>
/// <param name="Name">Its internal name, by which values are sent.</param>
/// <param name="Type">For instance <c>text</c>, <c>number</c>, <c>boolean</c>, <c>date</c>.</param>
/// <param name="IsReadOnly">Brevo fills it itself.</param>
public sealed record BrevoCompanyAttributeInfo(string Name, string? Type, bool IsReadOnly);
