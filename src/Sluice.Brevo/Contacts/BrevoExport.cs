namespace Sluice.Brevo;

/// <summary>Which contacts an export writes.</summary>
public enum BrevoExportAction
{
    /// <summary>All of the list or segment.</summary>
    AllContacts,

    /// <summary>Those who can be sent marketing e-mail.</summary>
    Subscribed,

    /// <summary>Those who are blocked for the whole account.</summary>
    Unsubscribed,

    /// <summary>Those who unsubscribed from the list.</summary>
    UnsubscribedPerList,
}

/// <summary>An export to ask for. The file is a CSV at <see cref="BrevoProcess.ExportUrl"/> once the process is completed.</summary>
/// <seealso href="https://developers.brevo.com/reference/request-contact-export"/>
public sealed class BrevoExport
{
    /// <summary>Which contacts of the list or segment.</summary>
    public required BrevoExportAction Action { get; init; }

    /// <summary>The list. Exactly one of this and <see cref="SegmentId"/> is needed.</summary>
    public long? ListId { get; init; }

    /// <summary>The segment. Exactly one of this and <see cref="ListId"/> is needed.</summary>
    public long? SegmentId { get; init; }

    /// <summary>The attributes to write. Default none given: Brevo's mandatory ones only.</summary>
    public IReadOnlyList<string> Attributes { get; init; } = [];

    /// <summary>Whether Brevo's mandatory attributes (identifiers among them) are written too. Default true.</summary>
    public bool IncludeMandatoryAttributes { get; init; } = true;

    /// <summary>Further columns, for example <c>_listIds</c>, <c>ADDED_TIME</c>, <c>MODIFIED_TIME</c>. Default none.</summary>
    public IReadOnlyList<string> Metadata { get; init; } = [];

    /// <summary>Columns about consent: <c>email_marketing</c>, <c>sms_marketing</c>. Default none.</summary>
    public IReadOnlyList<string> SubscriptionStatus { get; init; } = [];

    /// <summary>Whether times are written in UTC rather than in the account's time zone. Default true.</summary>
    public bool DatesInUtc { get; init; } = true;

    /// <summary>Whether Brevo refrains from an e-mail to the account's owner when the file is there. Default true.</summary>
    public bool DisableNotification { get; init; } = true;

    /// <summary>
    /// An address that Brevo calls when the file is there, or null. What it sends is not documented: treat the call as a signal and read
    /// the process.
    /// </summary>
    public Uri? NotifyUrl { get; init; }

    internal ExportBody ToBody()
    {
        if (ListId is null == SegmentId is null)
        {
            throw new ArgumentException("An export is of a list or of a segment; exactly one must be given.");
        }

        return new ExportBody
        {
            CustomContactFilter = new ExportFilterBody
            {
                ActionForContacts = Action switch
                {
                    BrevoExportAction.AllContacts => "allContacts",
                    BrevoExportAction.Subscribed => "subscribed",
                    BrevoExportAction.Unsubscribed => "unsubscribed",
                    BrevoExportAction.UnsubscribedPerList => "unsubscribedPerList",
                    _ => throw new ArgumentException("Not an action of exports."),
                },
                ListId = ListId,
                SegmentId = SegmentId,
            },
            ExportAttributes = Attributes.Count == 0 ? null : Attributes,
            ExportMandatoryAttributes = IncludeMandatoryAttributes,
            ExportMetadata = Metadata.Count == 0 ? null : Metadata,
            ExportSubscriptionStatus = SubscriptionStatus.Count == 0 ? null : SubscriptionStatus,
            ExportDateInUTC = DatesInUtc,
            DisableNotification = DisableNotification,
            NotifyUrl = RequestBodies.Address(NotifyUrl, nameof(NotifyUrl)),
        };
    }
}
