namespace Sluice.Brevo;

/// <summary>
/// A share of Brevo's rate limits: the endpoints of one bucket are counted together. An open set, compared by name.
/// </summary>
/// <param name="Name">The name in lower case, for example <c>contacts</c>. Never a tenant's data, so it may be used as a metric's
/// tag.</param>
/// <remarks>
/// The numbers below are the published ones of the General tier; the account's own are in the answers' headers, see
/// <see cref="BrevoRateLimit"/>.
/// </remarks>
/// <seealso href="https://developers.brevo.com/docs/api-limits"/>
public sealed record BrevoBucket(string Name)
{
    /// <summary>
    /// Everything under <c>/contacts</c>: contacts, imports, exports, lists, folders, attributes. 10 calls a second and 36,000 an hour.
    /// </summary>
    public static BrevoBucket Contacts { get; } = new("contacts");

    /// <summary><c>POST /events</c>. 10 calls a second and 36,000 an hour.</summary>
    public static BrevoBucket Events { get; } = new("events");

    /// <summary><c>POST /orders/status</c>. 5 calls a second and 18,000 an hour.</summary>
    public static BrevoBucket Orders { get; } = new("orders");

    /// <summary><c>POST /products</c>. 2 calls a second and 7,200 an hour.</summary>
    public static BrevoBucket Products { get; } = new("products");

    /// <summary>
    /// Every endpoint that has no bucket of its own: account, processes, webhooks, companies, … Together only 100 calls an HOUR.
    /// </summary>
    public static BrevoBucket Other { get; } = new("other");

    /// <summary>Result files of processes. They are not part of the API and have no published limit.</summary>
    public static BrevoBucket Files { get; } = new("files");

    /// <summary>Gives the name.</summary>
    /// <returns><see cref="Name"/></returns>
    public override string ToString() => Name;
}
