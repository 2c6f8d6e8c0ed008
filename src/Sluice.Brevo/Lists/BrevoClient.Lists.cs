using System.Globalization;

namespace Sluice.Brevo;

public sealed partial class BrevoClient
{
    /// <summary>Reads one list.</summary>
    /// <param name="listId">The list's id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The list, or null when there is none.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-list"/>
    public Task<BrevoList?> GetListAsync(long listId, CancellationToken cancellationToken = default) =>
        OrNullAsync(_transport.ReadAsync(BrevoEndpoints.ListsGet, ListPath(listId), null, BrevoReadContext.Default.BrevoList, cancellationToken));

    /// <summary>Reads one page of the lists of all folders.</summary>
    /// <param name="limit">The size of the page, 1 to 50, default 50.</param>
    /// <param name="offset">How many lists to skip, default 0.</param>
    /// <param name="sort">The order by creation, default oldest first.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The page, with the count of all.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Limit or offset are out of range.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-lists"/>
    public Task<BrevoPage<BrevoList>> GetListsAsync(
        int limit = 50,
        long offset = 0,
        BrevoSort sort = BrevoSort.Ascending,
        CancellationToken cancellationToken = default)
    {
        var path = new QueryBuilder("/contacts/lists").Page(BrevoEndpoints.ListsList, limit, offset, sort).ToString();
        return PageAsync(
            _transport.ReadAsync(BrevoEndpoints.ListsList, path, null, BrevoReadContext.Default.ListsAnswer, cancellationToken),
            answer => (answer.Lists, answer.Count));
    }

    /// <summary>Creates a list.</summary>
    /// <param name="name">Its name. Names are not unique.</param>
    /// <param name="folderId">The folder to create it in.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The new list's id.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="BrevoException">See the remarks of the class. <see cref="BrevoFailureKind.NotFound"/> when there is no such
    /// folder.</exception>
    /// <seealso href="https://developers.brevo.com/reference/create-list"/>
    public Task<long> CreateListAsync(string name, long folderId, CancellationToken cancellationToken = default)
    {
        var body = new ListCreateBody(RequestBodies.Name(name, nameof(name)), folderId);
        return CreateAsync(BrevoEndpoints.ListsCreate, "/contacts/lists", RequestBodies.ToContent(body, BrevoWriteContext.Default.ListCreateBody), cancellationToken);
    }

    /// <summary>Renames a list.</summary>
    /// <param name="listId">The list's id.</param>
    /// <param name="name">Its new name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when it is done.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="BrevoException">See the remarks of the class. <see cref="BrevoFailureKind.NotFound"/> when there is no such
    /// list.</exception>
    /// <seealso href="https://developers.brevo.com/reference/update-list"/>
    public Task RenameListAsync(long listId, string name, CancellationToken cancellationToken = default)
    {
        var body = new NameBody(RequestBodies.Name(name, nameof(name)));
        return _transport.WriteAsync(BrevoEndpoints.ListsUpdate, ListPath(listId), RequestBodies.ToContent(body, BrevoWriteContext.Default.NameBody), cancellationToken);
    }

    /// <summary>Deletes a list. Its contacts stay.</summary>
    /// <param name="listId">The list's id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>True when it was deleted, false when there was none.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/delete-list"/>
    public Task<bool> DeleteListAsync(long listId, CancellationToken cancellationToken = default) =>
        OrFalseAsync(_transport.WriteAsync(BrevoEndpoints.ListsDelete, ListPath(listId), null, cancellationToken));

    /// <summary>
    /// Reads one page of the contacts of a list. <see cref="GetContactsAsync"/> with the list reads twice as many per call.
    /// </summary>
    /// <param name="listId">The list's id.</param>
    /// <param name="limit">The size of the page, 1 to 500, default 500.</param>
    /// <param name="offset">How many contacts to skip, default 0.</param>
    /// <param name="sort">The order by creation of the contacts, default oldest first.</param>
    /// <param name="modifiedSince">Only contacts that changed at or after this time, or null for all. Sent in UTC, cut to
    /// milliseconds.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The page, with the exact count of all.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Limit or offset are out of range.</exception>
    /// <exception cref="BrevoException">See the remarks of the class. <see cref="BrevoFailureKind.NotFound"/> when there is no such
    /// list.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-contacts-from-list"/>
    public Task<BrevoPage<BrevoContact>> GetListContactsAsync(
        long listId,
        int limit = 500,
        long offset = 0,
        BrevoSort sort = BrevoSort.Ascending,
        DateTimeOffset? modifiedSince = null,
        CancellationToken cancellationToken = default)
    {
        var path = new QueryBuilder(ListPath(listId) + "/contacts")
            .Page(BrevoEndpoints.ListContactsList, limit, offset, sort)
            .Add("modifiedSince", modifiedSince)
            .ToString();
        return PageAsync(
            _transport.ReadAsync(BrevoEndpoints.ListContactsList, path, null, BrevoReadContext.Default.ContactsAnswer, cancellationToken),
            answer => (answer.Contacts, answer.Count));
    }

    /// <summary>
    /// Adds existing contacts to a list. It cannot create contacts, and it triggers automations that wait for entries into the list.
    /// </summary>
    /// <param name="listId">The list's id.</param>
    /// <param name="members">Whom to add.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>For whom it changed something; nobody is a normal result.</returns>
    /// <exception cref="BrevoException">See the remarks of the class. <see cref="BrevoFailureKind.InvalidItem"/> when one address is
    /// malformed, which fails all;
    /// <see cref="BrevoFailureKind.NotFound"/> when there is no such list.</exception>
    /// <seealso href="https://developers.brevo.com/reference/add-contact-to-list"/>
    public Task<BrevoListChange> AddToListAsync(long listId, BrevoListMembers members, CancellationToken cancellationToken = default) =>
        ChangeListAsync(BrevoEndpoints.ListContactsAdd, ListPath(listId) + "/contacts/add", members, cancellationToken);

    /// <summary>Removes contacts from a list. The contacts stay.</summary>
    /// <param name="listId">The list's id.</param>
    /// <param name="members">Whom to remove.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>For whom it changed something; nobody is a normal result.</returns>
    /// <exception cref="BrevoException">See the remarks of the class; kinds as for <see cref="AddToListAsync"/>.</exception>
    /// <seealso href="https://developers.brevo.com/reference/remove-contact-from-list"/>
    public Task<BrevoListChange> RemoveFromListAsync(long listId, BrevoListMembers members, CancellationToken cancellationToken = default) =>
        ChangeListAsync(BrevoEndpoints.ListContactsRemove, ListPath(listId) + "/contacts/remove", members, cancellationToken);

    /// <summary>Reads one page of the folders.</summary>
    /// <param name="limit">The size of the page, 1 to 50, default 50.</param>
    /// <param name="offset">How many folders to skip, default 0.</param>
    /// <param name="sort">The order by creation, default oldest first.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The page, with the count of all.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Limit or offset are out of range.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-folders"/>
    public Task<BrevoPage<BrevoFolder>> GetFoldersAsync(
        int limit = 50,
        long offset = 0,
        BrevoSort sort = BrevoSort.Ascending,
        CancellationToken cancellationToken = default)
    {
        var path = new QueryBuilder("/contacts/folders").Page(BrevoEndpoints.FoldersList, limit, offset, sort).ToString();
        return PageAsync(
            _transport.ReadAsync(BrevoEndpoints.FoldersList, path, null, BrevoReadContext.Default.FoldersAnswer, cancellationToken),
            answer => (answer.Folders, answer.Count));
    }

    /// <summary>Creates a folder.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The new folder's id.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/createfolder"/>
    public Task<long> CreateFolderAsync(string name, CancellationToken cancellationToken = default)
    {
        var body = new NameBody(RequestBodies.Name(name, nameof(name)));
        return CreateAsync(BrevoEndpoints.FoldersCreate, "/contacts/folders", RequestBodies.ToContent(body, BrevoWriteContext.Default.NameBody), cancellationToken);
    }

    private static string ListPath(long listId) => "/contacts/lists/" + listId.ToString(CultureInfo.InvariantCulture);

    private async Task<BrevoListChange> ChangeListAsync(BrevoEndpoint endpoint, string path, BrevoListMembers members, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(members);
        try
        {
            return await _transport.SendAsync(
                endpoint,
                path,
                RequestBodies.ToContent(members.Body, BrevoWriteContext.Default.ListMembersBody),
                (status, body) => body.IsEmpty
                    ? new BrevoListChange([], [], IsItemised: false)
                    : BrevoListChange.From(BrevoTransport.Parse(endpoint, status, body, BrevoReadContext.Default.ListChangeAnswer)),
                cancellationToken);
        }
        catch (BrevoApiException e) when (e.Kind == BrevoFailureKind.NothingApplied)
        {
            return BrevoListChange.Nothing(members);
        }
    }
}
