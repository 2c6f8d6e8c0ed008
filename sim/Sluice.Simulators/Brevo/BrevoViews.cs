namespace Sluice.Simulators.Brevo;

/// <summary>A contact as it is stored now.</summary>
/// <param name="Id">The internal id.</param>
/// <param name="Email">The address, in lower case.</param>
/// <param name="ExtId">The external id.</param>
/// <param name="Sms">Mobile number, digits only.</param>
/// <param name="WhatsApp">WhatsApp number, digits only.</param>
/// <param name="Landline">Landline number, digits only.</param>
/// <param name="EmailBlacklisted">No marketing e-mail.</param>
/// <param name="SmsBlacklisted">No marketing SMS.</param>
/// <param name="ListIds">The lists it is in.</param>
/// <param name="ListUnsubscribed">The lists it left alone.</param>
/// <param name="Attributes">Values by name: string, double, bool or string[].</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="ModifiedAt">When it was last changed.</param>
public sealed record BrevoContactView(
    long Id,
    string? Email,
    string? ExtId,
    string? Sms,
    string? WhatsApp,
    string? Landline,
    bool EmailBlacklisted,
    bool SmsBlacklisted,
    IReadOnlyList<long> ListIds,
    IReadOnlyList<long> ListUnsubscribed,
    IReadOnlyDictionary<string, object> Attributes,
    DateTimeOffset CreatedAt,
    DateTimeOffset ModifiedAt);

/// <summary>A list and its size.</summary>
/// <param name="Id">The id.</param>
/// <param name="Name">The name.</param>
/// <param name="FolderId">The folder.</param>
/// <param name="Members">Contacts in it.</param>
/// <param name="Unsubscribed">Contacts that left it alone.</param>
public sealed record BrevoListView(long Id, string Name, long FolderId, int Members, int Unsubscribed);

/// <summary>A process.</summary>
/// <param name="Id">The id.</param>
/// <param name="Name">The kind of work.</param>
/// <param name="Status">queued, in_process, completed or failed.</param>
/// <param name="Rows">Rows of an import, known once it has started.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="StartedAt">When it left the queue.</param>
/// <param name="EndedAt">When it ended.</param>
public sealed record BrevoProcessView(
    long Id, string Name, string Status, int Rows, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt);

/// <summary>A stored event.</summary>
/// <param name="ContactId">The contact it belongs to; 0 when it belongs to none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Date">When it happened.</param>
/// <param name="PropertiesJson">Its properties as sent.</param>
/// <param name="ContactPropertiesJson">Its contact properties as sent.</param>
public sealed record BrevoEventView(long ContactId, string Name, DateTimeOffset Date, string PropertiesJson, string ContactPropertiesJson);

/// <summary>A stored order.</summary>
/// <param name="Id">The shop's id.</param>
/// <param name="ContactId">Whose it is; 0 when nobody's.</param>
/// <param name="Status">Its newest status.</param>
/// <param name="Amount">Its newest amount.</param>
/// <param name="CreatedAt">When it was placed.</param>
/// <param name="UpdatedAt">When it last changed.</param>
/// <param name="Json">As it was last sent.</param>
/// <param name="Writes">How often it was sent.</param>
public sealed record BrevoOrderView(
    string Id, long ContactId, string Status, double Amount, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Json, int Writes);

/// <summary>A company.</summary>
/// <param name="Id">24 hexadecimal digits.</param>
/// <param name="Name">Not unique.</param>
/// <param name="Attributes">Values as text, by internal name.</param>
/// <param name="ContactIds">The contacts that are linked.</param>
public sealed record BrevoCompanyView(string Id, string Name, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<long> ContactIds);
