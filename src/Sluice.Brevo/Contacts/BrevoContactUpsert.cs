namespace Sluice.Brevo;

/// <summary>
/// A contact to create, or to update when it exists. At least one of <see cref="Email"/>, <see cref="ExternalId"/> and the attribute
/// <c>SMS</c> is needed.
/// </summary>
/// <remarks>
/// <para>Nothing is taken away: lists are added, attributes that are not named stay, and there is no way to lift a block. Both
/// <c>emailBlacklisted</c> and
/// <c>smsBlacklisted</c> are sent as true or not at all, because false would re-subscribe a person who opted out.</para>
/// <para>Merging with another contact that owns one of the identifiers is never asked for: it would delete that contact.</para>
/// </remarks>
/// <seealso href="https://developers.brevo.com/reference/create-contact"/>
public sealed class BrevoContactUpsert
{
    /// <summary>The address, or null. Sent without white space around it and in lower case.</summary>
    public string? Email { get; init; }

    /// <summary>The id that the contact has elsewhere (<c>ext_id</c>), or null.</summary>
    public string? ExternalId { get; init; }

    /// <summary>
    /// Values to set. Default none. Must not hold <c>EMAIL</c>: the address has its own field, and changing it is
    /// <see cref="BrevoClient.UpdateContactAsync"/>.
    /// </summary>
    public BrevoAttributes Attributes { get; init; } = [];

    /// <summary>Lists to add the contact to. Default none.</summary>
    public IReadOnlyList<long> ListIds { get; init; } = [];

    /// <summary>True takes the contact out of all marketing e-mail. Default false: the block stays as it is.</summary>
    public bool BlockEmail { get; init; }

    /// <summary>True takes the contact out of all marketing SMS. Default false: the block stays as it is.</summary>
    public bool BlockSms { get; init; }

    internal ContactUpsertBody ToBody()
    {
        ArgumentNullException.ThrowIfNull(Attributes);
        ArgumentNullException.ThrowIfNull(ListIds);
        if (Email is null && string.IsNullOrEmpty(ExternalId) && !Attributes.HasText(BrevoAttributeNames.Sms))
        {
            throw new ArgumentException("A contact needs an e-mail address, an external id or the attribute SMS.");
        }

        if (Attributes.Contains(BrevoAttributeNames.Email))
        {
            throw new ArgumentException("EMAIL is not an attribute of an upsert; use the field.");
        }

        return new ContactUpsertBody
        {
            Email = Email is null ? null : BrevoEmail.Normalize(Email),
            ExtId = string.IsNullOrEmpty(ExternalId) ? null : ExternalId,
            Attributes = Attributes.Count == 0 ? null : Attributes,
            ListIds = ListIds.Count == 0 ? null : ListIds,
            EmailBlacklisted = BlockEmail,
            SmsBlacklisted = BlockSms,
        };
    }
}
