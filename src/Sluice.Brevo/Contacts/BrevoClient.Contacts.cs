using System.Net;

namespace Sluice.Brevo;

public sealed partial class BrevoClient
{
    /// <summary>
    /// Creates a contact, or updates it when it exists. For more than some fifty at once use <see cref="ImportContactsAsync"/>.
    /// </summary>
    /// <param name="contact">The contact.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Whether it is new, and then its id.</returns>
    /// <exception cref="ArgumentException">The contact has no identifier, or the address is among its attributes.</exception>
    /// <exception cref="BrevoException">See the remarks of the class. <see cref="BrevoFailureKind.DuplicateIdentifier"/> when an
    /// identifier belongs to another contact,
    /// <see cref="BrevoFailureKind.Busy"/> while an import works on it.</exception>
    /// <seealso href="https://developers.brevo.com/reference/create-contact"/>
    public Task<BrevoUpsertResult> UpsertContactAsync(BrevoContactUpsert contact, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(contact);
        return _transport.SendAsync(
            BrevoEndpoints.ContactsUpsert,
            "/contacts",
            RequestBodies.ToContent(contact.ToBody(), BrevoWriteContext.Default.ContactUpsertBody),
            ReadUpsert,
            cancellationToken);
    }

    /// <summary>Updates one contact.</summary>
    /// <param name="identifier">Which one.</param>
    /// <param name="changes">What changes.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>True when it was updated, false when there is no such contact.</returns>
    /// <exception cref="ArgumentException">Nothing would change.</exception>
    /// <exception cref="BrevoException">See the remarks of the class; kinds as for <see cref="UpsertContactAsync"/>.</exception>
    /// <seealso href="https://developers.brevo.com/reference/update-contact"/>
    public Task<bool> UpdateContactAsync(BrevoContactIdentifier identifier, BrevoContactUpdate changes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        ArgumentNullException.ThrowIfNull(changes);
        return OrFalseAsync(_transport.WriteAsync(
            BrevoEndpoints.ContactsUpdate,
            identifier.Path,
            RequestBodies.ToContent(changes.ToBody(), BrevoWriteContext.Default.ContactUpdateBody),
            cancellationToken));
    }

    /// <summary>Reads one contact.</summary>
    /// <param name="identifier">Which one.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The contact, or null when there is none.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-contact-info"/>
    public Task<BrevoContact?> GetContactAsync(BrevoContactIdentifier identifier, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        return OrNullAsync(_transport.ReadAsync(BrevoEndpoints.ContactsGet, identifier.Path, null, BrevoReadContext.Default.BrevoContact, cancellationToken));
    }

    /// <summary>Reads one page of contacts.</summary>
    /// <param name="query">Which contacts and which page.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The page, with the count of all.</returns>
    /// <exception cref="ArgumentException">Limit, offset or the number of ids are out of range, or lists and a segment are both
    /// given.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-contacts"/>
    public Task<BrevoPage<BrevoContact>> GetContactsAsync(BrevoContactQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return PageAsync(
            _transport.ReadAsync(BrevoEndpoints.ContactsList, query.ToPath(), null, BrevoReadContext.Default.ContactsAnswer, cancellationToken),
            answer => (answer.Contacts, answer.Count));
    }

    /// <summary>Deletes one contact for good, its blocks included. Who wants the person to stay out must remember that elsewhere.</summary>
    /// <param name="identifier">Which one.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>True when it was deleted, false when there was none.</returns>
    /// <exception cref="BrevoException">See the remarks of the class. <see cref="BrevoFailureKind.NotAllowed"/> when the address is the
    /// account's own.</exception>
    /// <seealso href="https://developers.brevo.com/reference/delete-contact"/>
    public Task<bool> DeleteContactAsync(BrevoContactIdentifier identifier, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        return OrFalseAsync(_transport.WriteAsync(BrevoEndpoints.ContactsDelete, identifier.Path, null, cancellationToken));
    }

    /// <summary>
    /// Starts a bulk creation and update of contacts. It is over when the process is, see <see cref="GetProcessAsync"/>; list memberships
    /// show only then.
    /// </summary>
    /// <param name="import">The rows and what to do with them. The source must stay undisposed until the call is over.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The id of the process.</returns>
    /// <exception cref="ArgumentException">Lists are missing, there are no rows, or the body would be larger than 10,000,000
    /// bytes.</exception>
    /// <exception cref="BrevoException">See the remarks of the class. When <see cref="BrevoException.OutcomeUnknown"/>, look for the
    /// import among <see cref="GetProcessesAsync"/> before
    /// sending it again; sending twice wastes time but harms nobody.</exception>
    /// <seealso href="https://developers.brevo.com/reference/import-contacts"/>
    public Task<long> ImportContactsAsync(BrevoImport import, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(import);
        return StartProcessAsync(BrevoEndpoints.ContactsImport, "/contacts/import", import.ToContent(), cancellationToken);
    }

    /// <summary>
    /// Starts an export of contacts to a file. It is over when the process is; the file is at <see cref="BrevoProcess.ExportUrl"/>.
    /// </summary>
    /// <param name="export">What to write.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The id of the process.</returns>
    /// <exception cref="ArgumentException">Not exactly one of list and segment is given.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/request-contact-export"/>
    public Task<long> ExportContactsAsync(BrevoExport export, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(export);
        return StartProcessAsync(
            BrevoEndpoints.ContactsExport,
            "/contacts/export",
            RequestBodies.ToContent(export.ToBody(), BrevoWriteContext.Default.ExportBody),
            cancellationToken);
    }

    // 201 with the id of a new contact; 204 without a body, hence without the id, of one that existed.
    private static BrevoUpsertResult ReadUpsert(int status, ReadOnlyMemory<byte> body)
    {
        var id = body.IsEmpty ? null : BrevoTransport.Parse(BrevoEndpoints.ContactsUpsert, status, body, BrevoReadContext.Default.CreatedAnswer).Id;
        return new BrevoUpsertResult(status == (int)HttpStatusCode.Created, id);
    }
}
