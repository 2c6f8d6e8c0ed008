namespace Sluice.Brevo;

/// <summary>
/// Changes to one existing contact. What is not named stays as it is. The only call that adds to some lists and removes from others at
/// once.
/// </summary>
/// <remarks>
/// <para>Blocks are sent as true or not at all, because false would re-subscribe a person who opted out.</para>
/// <para><b>Changing the e-mail address of a blocked contact lifts the block</b> at Brevo's side. Read the contact first when the
/// attribute <c>EMAIL</c> is among the changes,
/// and leave it out when the contact is blocked.</para>
/// </remarks>
/// <seealso href="https://developers.brevo.com/reference/update-contact"/>
public sealed class BrevoContactUpdate
{
    /// <summary>The new external id (<c>ext_id</c>), or null to leave it.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Values to set. Default none. A new e-mail address is the attribute <c>EMAIL</c>; see the remarks.</summary>
    public BrevoAttributes Attributes { get; init; } = [];

    /// <summary>Lists to add the contact to. Default none.</summary>
    public IReadOnlyList<long> ListIds { get; init; } = [];

    /// <summary>Lists to remove the contact from. Default none.</summary>
    public IReadOnlyList<long> UnlinkListIds { get; init; } = [];

    /// <summary>True takes the contact out of all marketing e-mail. Default false: the block stays as it is.</summary>
    public bool BlockEmail { get; init; }

    /// <summary>True takes the contact out of all marketing SMS. Default false: the block stays as it is.</summary>
    public bool BlockSms { get; init; }

    internal ContactUpdateBody ToBody()
    {
        ArgumentNullException.ThrowIfNull(Attributes);
        ArgumentNullException.ThrowIfNull(ListIds);
        ArgumentNullException.ThrowIfNull(UnlinkListIds);
        if (string.IsNullOrEmpty(ExternalId) && Attributes.Count == 0 && ListIds.Count == 0 && UnlinkListIds.Count == 0 && !BlockEmail && !BlockSms)
        {
            throw new ArgumentException("The update changes nothing.");
        }

        return new ContactUpdateBody
        {
            ExtId = string.IsNullOrEmpty(ExternalId) ? null : ExternalId,
            Attributes = Attributes.Count == 0 ? null : Attributes,
            ListIds = ListIds.Count == 0 ? null : ListIds,
            UnlinkListIds = UnlinkListIds.Count == 0 ? null : UnlinkListIds,
            EmailBlacklisted = BlockEmail,
            SmsBlacklisted = BlockSms,
        };
    }
}
