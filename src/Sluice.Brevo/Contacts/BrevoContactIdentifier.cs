using System.Globalization;

namespace Sluice.Brevo;

/// <summary>
/// Names one contact: a value and what kind it is of. The kind is always sent with it, because Brevo takes any number for its own id
/// otherwise.
/// </summary>
/// <remarks>Printing it shows the kind only. Equality is by kind and value.</remarks>
public sealed class BrevoContactIdentifier : IEquatable<BrevoContactIdentifier>
{
    private readonly string _value;

    private BrevoContactIdentifier(string identifierType, string value)
    {
        if (string.IsNullOrEmpty(value))
        {
            throw new ArgumentException("The identifier is empty.", nameof(value));
        }

        // A path segment of dots is resolved before the request leaves, and the call would go to another endpoint.
        if (value is "." or "..")
        {
            throw new ArgumentException("The identifier cannot stand in a path.", nameof(value));
        }

        IdentifierType = identifierType;
        _value = value;
    }

    /// <summary>
    /// The kind as Brevo names it: <c>email_id</c>, <c>ext_id</c>, <c>contact_id</c>, <c>phone_id</c>, <c>whatsapp_id</c> or
    /// <c>landline_number_id</c>.
    /// </summary>
    public string IdentifierType { get; }

    internal string Path => $"/contacts/{Uri.EscapeDataString(_value)}?identifierType={IdentifierType}";

    /// <summary>By e-mail address.</summary>
    /// <param name="email">The address; white space around it is removed and it is lower-cased, as Brevo stores it.</param>
    /// <returns>The identifier.</returns>
    /// <exception cref="ArgumentException">The address is empty.</exception>
    public static BrevoContactIdentifier Email(string email) => new("email_id", BrevoEmail.Normalize(email));

    /// <summary>By the id that the contact has elsewhere (<c>ext_id</c>).</summary>
    /// <param name="externalId">The id, sent as it is.</param>
    /// <returns>The identifier.</returns>
    /// <exception cref="ArgumentException">The id is empty, <c>.</c> or <c>..</c>.</exception>
    public static BrevoContactIdentifier ExternalId(string externalId) => new("ext_id", externalId);

    /// <summary>By Brevo's own id.</summary>
    /// <param name="contactId">The id, greater than 0.</param>
    /// <returns>The identifier.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id is not greater than 0.</exception>
    public static BrevoContactIdentifier ContactId(long contactId)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(contactId);
        return new BrevoContactIdentifier("contact_id", contactId.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>By mobile number.</summary>
    /// <param name="phone">The number with its country code, as <c>+33612345678</c>, <c>0033612345678</c> or <c>33612345678</c>; white
    /// space around it is removed.</param>
    /// <returns>The identifier.</returns>
    /// <exception cref="ArgumentException">The number is empty.</exception>
    public static BrevoContactIdentifier Phone(string phone) => new("phone_id", phone?.Trim()!);

    /// <summary>By WhatsApp number.</summary>
    /// <param name="phone">The number with its country code; white space around it is removed.</param>
    /// <returns>The identifier.</returns>
    /// <exception cref="ArgumentException">The number is empty.</exception>
    public static BrevoContactIdentifier WhatsApp(string phone) => new("whatsapp_id", phone?.Trim()!);

    /// <summary>By landline number.</summary>
    /// <param name="phone">The number with its country code; white space around it is removed.</param>
    /// <returns>The identifier.</returns>
    /// <exception cref="ArgumentException">The number is empty.</exception>
    public static BrevoContactIdentifier LandlineNumber(string phone) => new("landline_number_id", phone?.Trim()!);

    /// <summary>Whether both name the same contact in the same way.</summary>
    /// <param name="other">The other identifier.</param>
    /// <returns>True when they do.</returns>
    public bool Equals(BrevoContactIdentifier? other) =>
        other is not null && other.IdentifierType == IdentifierType && other._value == _value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BrevoContactIdentifier);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IdentifierType, _value);

    /// <summary>Gives the kind, never the value.</summary>
    /// <returns><see cref="IdentifierType"/></returns>
    public override string ToString() => IdentifierType;
}
