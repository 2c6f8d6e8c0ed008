namespace Sluice.Brevo;

/// <summary>Whose event it is. At least one must be given; <see cref="ContactId"/> wins over all others.</summary>
public sealed record BrevoEventIdentifiers
{
    /// <summary>Brevo's own id of the contact. Default: null.</summary>
    public long? ContactId { get; init; }

    /// <summary>The id that the contact has elsewhere. Default: null.</summary>
    public string? ExternalId { get; init; }

    /// <summary>The e-mail address, sent in lower case. Default: null.</summary>
    public string? Email { get; init; }

    /// <summary>The mobile number with its country code. Default: null.</summary>
    public string? Phone { get; init; }

    internal bool IsEmpty => ContactId is null && string.IsNullOrEmpty(ExternalId) && string.IsNullOrEmpty(Email) && string.IsNullOrEmpty(Phone);

    /// <summary>Names no one.</summary>
    /// <returns>The kinds that are given.</returns>
    public override string ToString() => string.Join(
        ", ",
        new[]
        {
            ContactId is null ? null : "contact_id",
            string.IsNullOrEmpty(ExternalId) ? null : "ext_id",
            string.IsNullOrEmpty(Email) ? null : "email_id",
            string.IsNullOrEmpty(Phone) ? null : "phone_id",
        }.OfType<string>());
}
