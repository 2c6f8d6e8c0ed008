namespace Sluice.Brevo;

/// <summary>Every endpoint that <see cref="BrevoClient"/> calls, in one table.</summary>
/// <remarks>
/// Limits are enforced before a call is made, with an <see cref="ArgumentException"/>: a request that Brevo must refuse would only waste
/// the account's rate limit.
/// </remarks>
/// <seealso href="https://developers.brevo.com/docs/api-limits"/>
public static class BrevoEndpoints
{
    /// <summary>Reads the account.</summary>
    public static BrevoEndpoint AccountGet { get; } = Read("account.get", "/account", BrevoBucket.Other, "get-account");

    /// <summary>Lists all contact attributes. Not paged.</summary>
    public static BrevoEndpoint AttributesList { get; } =
        Read("attributes.list", "/contacts/attributes", BrevoBucket.Contacts, "get-attributes");

    /// <summary>Creates a contact attribute. A repetition is refused because the name exists, and changes nothing.</summary>
    public static BrevoEndpoint AttributesCreate { get; } =
        Write("attributes.create", "POST", "/contacts/attributes/{category}/{name}", BrevoBucket.Contacts, "create-attribute");

    /// <summary>Updates the options or the formula of a contact attribute.</summary>
    public static BrevoEndpoint AttributesUpdate { get; } =
        Write("attributes.update", "PUT", "/contacts/attributes/{category}/{name}", BrevoBucket.Contacts, "update-attribute");

    /// <summary>Deletes a contact attribute with its values.</summary>
    public static BrevoEndpoint AttributesDelete { get; } =
        Write("attributes.delete", "DELETE", "/contacts/attributes/{category}/{name}", BrevoBucket.Contacts, "delete-attribute");

    /// <summary>Creates or updates one contact. Idempotent because the client always sends <c>updateEnabled</c>.</summary>
    public static BrevoEndpoint ContactsUpsert { get; } =
        Write("contacts.upsert", "POST", "/contacts", BrevoBucket.Contacts, "create-contact");

    /// <summary>Updates one contact.</summary>
    public static BrevoEndpoint ContactsUpdate { get; } =
        Write("contacts.update", "PUT", "/contacts/{identifier}", BrevoBucket.Contacts, "update-contact");

    /// <summary>Reads one contact.</summary>
    public static BrevoEndpoint ContactsGet { get; } =
        Read("contacts.get", "/contacts/{identifier}", BrevoBucket.Contacts, "get-contact-info");

    /// <summary>Reads contacts in pages of at most 1000; at most 20 when they are asked for by id.</summary>
    public static BrevoEndpoint ContactsList { get; } =
        Read("contacts.list", "/contacts", BrevoBucket.Contacts, "get-contacts") with { MaxPageSize = 1000, MaxItems = 20 };

    /// <summary>Deletes one contact for good.</summary>
    public static BrevoEndpoint ContactsDelete { get; } =
        Write("contacts.delete", "DELETE", "/contacts/{identifier}", BrevoBucket.Contacts, "delete-contact");

    /// <summary>
    /// Creates or updates contacts in bulk, asynchronously. At most 10,000,000 bytes inline, 8,000,000 advised. Each call starts a
    /// process of its own.
    /// </summary>
    public static BrevoEndpoint ContactsImport { get; } =
        Write("contacts.import", "POST", "/contacts/import", BrevoBucket.Contacts, "import-contacts") with
        {
            IsIdempotent = false,
            MaxBodyBytes = 10_000_000,
            AdvisedBodyBytes = 8_000_000,
        };

    /// <summary>Writes contacts to a file, asynchronously. Each call starts a process of its own.</summary>
    public static BrevoEndpoint ContactsExport { get; } =
        Write("contacts.export", "POST", "/contacts/export", BrevoBucket.Contacts, "request-contact-export") with { IsIdempotent = false };

    /// <summary>Reads lists in pages of at most 50.</summary>
    public static BrevoEndpoint ListsList { get; } =
        Read("lists.list", "/contacts/lists", BrevoBucket.Contacts, "get-lists") with { MaxPageSize = 50 };

    /// <summary>Creates a list. Names are not unique, so a repetition creates a second one.</summary>
    public static BrevoEndpoint ListsCreate { get; } =
        Write("lists.create", "POST", "/contacts/lists", BrevoBucket.Contacts, "create-list") with { IsIdempotent = false };

    /// <summary>Reads one list.</summary>
    public static BrevoEndpoint ListsGet { get; } = Read("lists.get", "/contacts/lists/{listId}", BrevoBucket.Contacts, "get-list");

    /// <summary>Renames a list.</summary>
    public static BrevoEndpoint ListsUpdate { get; } =
        Write("lists.update", "PUT", "/contacts/lists/{listId}", BrevoBucket.Contacts, "update-list");

    /// <summary>Deletes a list; its contacts stay.</summary>
    public static BrevoEndpoint ListsDelete { get; } =
        Write("lists.delete", "DELETE", "/contacts/lists/{listId}", BrevoBucket.Contacts, "delete-list");

    /// <summary>Reads the contacts of a list in pages of at most 500.</summary>
    public static BrevoEndpoint ListContactsList { get; } =
        Read("lists.contacts.list", "/contacts/lists/{listId}/contacts", BrevoBucket.Contacts, "get-contacts-from-list") with { MaxPageSize = 500 };

    /// <summary>Adds at most 150 existing contacts to a list.</summary>
    public static BrevoEndpoint ListContactsAdd { get; } =
        Write("lists.contacts.add", "POST", "/contacts/lists/{listId}/contacts/add", BrevoBucket.Contacts, "add-contact-to-list") with { MaxItems = 150 };

    /// <summary>Removes at most 150 contacts from a list.</summary>
    public static BrevoEndpoint ListContactsRemove { get; } =
        Write("lists.contacts.remove", "POST", "/contacts/lists/{listId}/contacts/remove", BrevoBucket.Contacts, "remove-contact-from-list") with { MaxItems = 150 };

    /// <summary>Reads folders in pages of at most 50.</summary>
    public static BrevoEndpoint FoldersList { get; } =
        Read("folders.list", "/contacts/folders", BrevoBucket.Contacts, "get-folders") with { MaxPageSize = 50 };

    /// <summary>Creates a folder. A repetition creates a second one.</summary>
    public static BrevoEndpoint FoldersCreate { get; } =
        Write("folders.create", "POST", "/contacts/folders", BrevoBucket.Contacts, "createfolder") with { IsIdempotent = false };

    /// <summary>Reads processes in pages of at most 50.</summary>
    public static BrevoEndpoint ProcessesList { get; } =
        Read("processes.list", "/processes", BrevoBucket.Other, "get-processes") with { MaxPageSize = 50 };

    /// <summary>Reads one process.</summary>
    public static BrevoEndpoint ProcessesGet { get; } = Read("processes.get", "/processes/{processId}", BrevoBucket.Other, "get-process");

    /// <summary>Lists webhooks. Not paged.</summary>
    public static BrevoEndpoint WebhooksList { get; } = Read("webhooks.list", "/webhooks", BrevoBucket.Other, "get-webhooks");

    /// <summary>Creates a webhook. A repetition creates a second one.</summary>
    public static BrevoEndpoint WebhooksCreate { get; } =
        Write("webhooks.create", "POST", "/webhooks", BrevoBucket.Other, "create-webhook") with { IsIdempotent = false };

    /// <summary>Updates a webhook.</summary>
    public static BrevoEndpoint WebhooksUpdate { get; } =
        Write("webhooks.update", "PUT", "/webhooks/{webhookId}", BrevoBucket.Other, "update-webhook");

    /// <summary>Deletes a webhook.</summary>
    public static BrevoEndpoint WebhooksDelete { get; } =
        Write("webhooks.delete", "DELETE", "/webhooks/{webhookId}", BrevoBucket.Other, "delete-webhook");

    /// <summary>Stores one custom event. A repetition stores it a second time.</summary>
    public static BrevoEndpoint EventsCreate { get; } =
        Write("events.create", "POST", "/events", BrevoBucket.Events, "create-event") with { IsIdempotent = false };

    /// <summary>
    /// Stores at most 200 custom events, asynchronously. A repetition stores them a second time. Brevo's table of limits does not name it.
    /// </summary>
    public static BrevoEndpoint EventsBatch { get; } =
        Write("events.batch", "POST", "/events/batch", BrevoBucket.Other, "create-batch-events") with
        {
            IsIdempotent = false,
            MaxItems = BrevoEventBatch.MaxCount,
            MaxBodyBytes = BrevoEventBatch.MaxBytes,
        };

    /// <summary>Reads custom events in pages of at most 10,000.</summary>
    public static BrevoEndpoint EventsList { get; } =
        Read("events.list", "/events", BrevoBucket.Other, "get-events") with { MaxPageSize = 10_000 };

    /// <summary>Creates an order, or updates the one with the same id.</summary>
    public static BrevoEndpoint OrdersPut { get; } = Write("orders.put", "POST", "/orders/status", BrevoBucket.Orders, "create-order");

    /// <summary>Finds companies by their name.</summary>
    public static BrevoEndpoint CompaniesList { get; } = Read("companies.list", "/companies", BrevoBucket.Other, "get-companies");

    /// <summary>Creates a company. Names are not unique, so a repetition creates a second one.</summary>
    public static BrevoEndpoint CompaniesCreate { get; } =
        Write("companies.create", "POST", "/companies", BrevoBucket.Other, "post-companies") with { IsIdempotent = false };

    /// <summary>Changes a company.</summary>
    public static BrevoEndpoint CompaniesUpdate { get; } = Write("companies.update", "PATCH", "/companies/{id}", BrevoBucket.Other, "patch-companies-id");

    /// <summary>Links contacts to a company, and takes links away.</summary>
    public static BrevoEndpoint CompaniesLink { get; } =
        Write("companies.link", "PATCH", "/companies/link-unlink/{id}", BrevoBucket.Other, "patch-companies-link-unlink-id");

    /// <summary>Lists the attributes of companies. Not paged.</summary>
    public static BrevoEndpoint CompanyAttributesList { get; } =
        Read("companies.attributes.list", "/crm/attributes/companies", BrevoBucket.Other, "get-crm-attributes-companies");

    /// <summary>Downloads the result file of a process, from wherever Brevo put it, without the API key.</summary>
    public static BrevoEndpoint FilesDownload { get; } = Read("files.download", "{url}", BrevoBucket.Files, documentation: null);

    /// <summary>All of the above.</summary>
    public static IReadOnlyList<BrevoEndpoint> All { get; } =
    [
        AccountGet,
        AttributesList, AttributesCreate, AttributesUpdate, AttributesDelete,
        ContactsUpsert, ContactsUpdate, ContactsGet, ContactsList, ContactsDelete, ContactsImport, ContactsExport,
        ListsList, ListsCreate, ListsGet, ListsUpdate, ListsDelete, ListContactsList, ListContactsAdd, ListContactsRemove,
        FoldersList, FoldersCreate,
        ProcessesList, ProcessesGet,
        WebhooksList, WebhooksCreate, WebhooksUpdate, WebhooksDelete,
        EventsCreate, EventsBatch, EventsList,
        OrdersPut,
        CompaniesList, CompaniesCreate, CompaniesUpdate, CompaniesLink, CompanyAttributesList,
        FilesDownload,
    ];

    private static BrevoEndpoint Read(string name, string path, BrevoBucket bucket, string? documentation) =>
        Write(name, "GET", path, bucket, documentation);

    private static BrevoEndpoint Write(string name, string method, string path, BrevoBucket bucket, string? documentation) => new()
    {
        Name = name,
        Method = method,
        Path = path,
        Bucket = bucket,
        IsIdempotent = true,
        Documentation = documentation is null ? null : new Uri("https://developers.brevo.com/reference/" + documentation),
    };
}
