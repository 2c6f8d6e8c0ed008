namespace Sluice.Brevo;

/// <summary>A bulk creation and update of contacts. Rows are added to lists, never removed from any; a list is always needed.</summary>
/// <remarks>
/// <para>The blocks of contacts are sent as true or not at all: there is no way to lift them.</para>
/// <para>Only one import at a time should run in an account; parallel ones can get stuck. Which rows Brevo did not take is told by the
/// process, see <see cref="BrevoImportReport"/>;
/// attributes that do not exist and values of the wrong type are dropped without a word.</para>
/// </remarks>
/// <seealso href="https://developers.brevo.com/reference/import-contacts"/>
public sealed class BrevoImport
{
    /// <summary>
    /// The rows: <see cref="BrevoImportCsv"/>, <see cref="BrevoImportCsvText"/>, <see cref="BrevoImportJson"/> or
    /// <see cref="BrevoImportUrl"/>. Must not be disposed before the call is over.
    /// </summary>
    public required BrevoImportSource Source { get; init; }

    /// <summary>The lists that every row is added to. Exactly one of this and <see cref="NewList"/> is needed.</summary>
    public IReadOnlyList<long> ListIds { get; init; } = [];

    /// <summary>A list to create and add every row to, or null. Exactly one of this and <see cref="ListIds"/> is needed.</summary>
    public BrevoNewList? NewList { get; init; }

    /// <summary>Whether contacts that exist are updated. Default true; false creates only.</summary>
    public bool UpdateExistingContacts { get; init; } = true;

    /// <summary>Whether an empty cell erases the stored value. Default false. Only with <see cref="UpdateExistingContacts"/>.</summary>
    public bool EmptyContactsAttributes { get; init; }

    /// <summary>True takes EVERY row out of all marketing e-mail. Default false: blocks stay as they are.</summary>
    public bool BlockEmail { get; init; }

    /// <summary>True takes EVERY row out of all marketing SMS. Default false: blocks stay as they are.</summary>
    public bool BlockSms { get; init; }

    /// <summary>Whether Brevo refrains from an e-mail to the account's owner when the import is over. Default true.</summary>
    public bool DisableNotification { get; init; } = true;

    /// <summary>
    /// An address that Brevo calls when the import is over, or null. What it sends is not documented: treat the call as a signal and read
    /// the process.
    /// </summary>
    public Uri? NotifyUrl { get; init; }

    internal BrevoContent ToContent()
    {
        ArgumentNullException.ThrowIfNull(Source);
        ArgumentNullException.ThrowIfNull(ListIds);
        if (ListIds.Count > 0 == NewList is not null)
        {
            throw new ArgumentException("An import goes into existing lists or into a new one; exactly one must be given.");
        }

        if (EmptyContactsAttributes && !UpdateExistingContacts)
        {
            throw new ArgumentException("EmptyContactsAttributes erases values of existing contacts and needs UpdateExistingContacts.");
        }

        var content = Source.ToContent(new ImportBody
        {
            FileUrl = (Source as BrevoImportUrl)?.Address,
            ListIds = ListIds.Count == 0 ? null : ListIds,
            NewList = NewList is null ? null : new NewListBody(RequestBodies.Name(NewList.Name, nameof(NewList)), NewList.FolderId),
            UpdateExistingContacts = UpdateExistingContacts,
            EmptyContactsAttributes = EmptyContactsAttributes,
            EmailBlacklist = BlockEmail,
            SmsBlacklist = BlockSms,
            DisableNotification = DisableNotification,
            NotifyUrl = RequestBodies.Address(NotifyUrl, nameof(NotifyUrl)),
        });

        var most = BrevoEndpoints.ContactsImport.MaxBodyBytes!.Value;
        if (content.Length > most)
        {
            var length = content.Length;
            content.Dispose();
            throw new ArgumentException($"An import has at most {most} bytes, not {length}.");
        }

        return content;
    }
}

/// <summary>A list that an import creates.</summary>
/// <param name="Name">The list's name.</param>
/// <param name="FolderId">The folder that the list is created in.</param>
public sealed record BrevoNewList(string Name, long FolderId);
