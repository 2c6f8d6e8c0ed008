using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sluice.Simulators.Brevo;

/// <summary>One Brevo account on loopback: its v3 API, an administration under <c>/_sim/</c>, and a page that shows it.</summary>
public sealed class BrevoSimulator : IAsyncDisposable
{
    private readonly BrevoAccount _account;
    private readonly RateLimiter _limiter;
    private readonly CancellationTokenSource _stopping = new();
    private LoopbackServer? _server;

    private BrevoSimulator(BrevoSimulatorOptions options)
    {
        Options = options;
        _account = new BrevoAccount(options);
        _limiter = new RateLimiter(options.Clock, options.Limits);
        Faults = new BrevoFaults(options.Seed);
        Calls = new BrevoCallLog(_limiter, options.LogEntries);
    }

    /// <summary>What it was started with.</summary>
    public BrevoSimulatorOptions Options { get; }

    /// <summary>The base address for clients, ending in <c>/v3</c>.</summary>
    public Uri BaseUrl { get; private set; } = null!;

    /// <summary>The page that shows the state, and the root of the administration.</summary>
    public Uri StatePage { get; private set; } = null!;

    /// <summary>The fault script.</summary>
    public BrevoFaults Faults { get; }

    /// <summary>What was called, and how the allowances were used.</summary>
    public BrevoCallLog Calls { get; }

    /// <summary>How many contacts there are.</summary>
    public int ContactCount => Read(account => account.Contacts.All.Count);

    /// <summary>All contacts in order of creation. Meant for small accounts.</summary>
    public IReadOnlyList<BrevoContactView> Contacts =>
        Read(account => account.Contacts.All.Enumerate().Select(id => View(account, account.Contacts.Find(id)!)).ToArray());

    /// <summary>All lists.</summary>
    public IReadOnlyList<BrevoListView> Lists => Read(account => account.Lists.Lists.Values
        .Select(list => new BrevoListView(list.Id, list.Name, list.FolderId, list.Members.Count, list.Unsubscribed.Count))
        .ToArray());

    /// <summary>All processes, oldest first.</summary>
    public IReadOnlyList<BrevoProcessView> Processes => Read(account => account.Processes.All
        .Select(process => new BrevoProcessView(
            process.Id, process.Name, process.Status, process.Rows, process.CreatedAt, process.StartedAt, process.EndedAt))
        .ToArray());

    /// <summary>All stored events in order of arrival; an event that was sent twice is here twice.</summary>
    public IReadOnlyList<BrevoEventView> Events => Read(account => account.Events.All
        .Select(stored => new BrevoEventView(
            stored.ContactId,
            stored.Name,
            stored.Date,
            Encoding.UTF8.GetString(stored.EventProperties),
            Encoding.UTF8.GetString(stored.ContactProperties)))
        .ToArray());

    /// <summary>How many events are stored.</summary>
    public int EventCount => Read(account => account.Events.All.Count);

    /// <summary>How many answers a fault keeps back until the clock has moved, or for ever.</summary>
    public int HeldAnswers => _account.Held.Count;

    /// <summary>Events that were accepted and dropped because no contact has their identifiers.</summary>
    public long DroppedEvents => Read(account => account.Events.Dropped);

    /// <summary>All companies, oldest first.</summary>
    public IReadOnlyList<BrevoCompanyView> Companies => Read(account => account.Companies.All
        .Select(c => new BrevoCompanyView(
            c.Id, c.Name, c.Attributes.ToDictionary(a => a.Key, a => a.Value.ToString(), StringComparer.Ordinal), [.. c.Contacts])).ToArray());

    /// <summary>All orders, in the order in which they first came.</summary>
    public IReadOnlyList<BrevoOrderView> Orders => Read(account => account.Orders.All
        .Select(o => new BrevoOrderView(o.Id, o.ContactId, o.Status, o.Amount, o.CreatedAt, o.UpdatedAt, o.Json, o.Writes)).ToArray());

    /// <summary>The newest tries to deliver webhooks, oldest first.</summary>
    public IReadOnlyList<BrevoDelivery> Deliveries => Read(account => account.Webhooks.Deliveries.ToArray());

    /// <summary>Starts a simulator and listens.</summary>
    /// <param name="options">How the account behaves; null for an ordinary one.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <returns>The running simulator.</returns>
    public static async Task<BrevoSimulator> StartAsync(
        BrevoSimulatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        var simulator = new BrevoSimulator(options ?? new BrevoSimulatorOptions());
        try
        {
            await simulator.ListenAsync(cancellationToken);
            return simulator;
        }
        catch
        {
            await simulator.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until no webhook, notification or file download is on its way. Retries that wait for the clock do not count.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when nothing is on its way.</returns>
    public Task WhenIdleAsync(CancellationToken cancellationToken) => _account.Http.InFlight.WaitAsync(cancellationToken);

    /// <summary>Back to a new account without lists, contacts, faults or calls.</summary>
    public void Reset()
    {
        _account.Reset();
        _limiter.Reset();
        Faults.Clear();
        Calls.Reset();
    }

    /// <summary>Finds a contact.</summary>
    /// <param name="email">Its address in lower case.</param>
    /// <returns>The contact, or null.</returns>
    public BrevoContactView? ContactByEmail(string email) => Find(IdentifierKind.Email, email);

    /// <summary>Finds a contact.</summary>
    /// <param name="extId">Its external id.</param>
    /// <returns>The contact, or null.</returns>
    public BrevoContactView? ContactByExtId(string extId) => Find(IdentifierKind.ExtId, extId);

    /// <summary>Finds a contact.</summary>
    /// <param name="id">Its internal id.</param>
    /// <returns>The contact, or null.</returns>
    public BrevoContactView? ContactById(long id) =>
        Read(account => account.Contacts.Find(id) is { } contact ? View(account, contact) : null);

    /// <summary>The size of a list.</summary>
    /// <param name="listId">The list.</param>
    /// <returns>The number of members.</returns>
    /// <exception cref="KeyNotFoundException">There is no such list.</exception>
    public int ListCount(long listId) => Read(account => account.Lists.Lists[listId].Members.Count);

    /// <summary>The members of a list.</summary>
    /// <param name="listId">The list.</param>
    /// <returns>Their internal ids in order.</returns>
    /// <exception cref="KeyNotFoundException">There is no such list.</exception>
    public IReadOnlyList<long> ListContactIds(long listId) =>
        Read(account => account.Lists.Lists[listId].Members.Enumerate().Select(id => (long)id).ToArray());

    /// <summary>The members of a list.</summary>
    /// <param name="listId">The list.</param>
    /// <returns>Their addresses in order of creation; members without one are left out.</returns>
    /// <exception cref="KeyNotFoundException">There is no such list.</exception>
    public IReadOnlyList<string> ListEmails(long listId) => Read(account => account.Lists.Lists[listId].Members.Enumerate()
        .Select(id => account.Contacts.Find(id)!.Email)
        .OfType<string>()
        .ToArray());

    /// <summary>Makes a folder.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its id.</returns>
    public long CreateFolder(string name) => Read(account => account.Lists.AddFolder(name).Id);

    /// <summary>Makes a list, with a certain id when given.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="id">Its id, or null for the next one.</param>
    /// <param name="folderId">Its folder; 1 exists from the start.</param>
    /// <param name="isDynamic">Whether it says that rules fill it.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="ArgumentException">The id is taken.</exception>
    public long CreateList(string name, long? id = null, long folderId = 1, bool isDynamic = false) =>
        Read(account => account.Lists.AddList(name, folderId, account.Now.UtcTicks, id, isDynamic).Id);

    /// <summary>Makes an attribute of category <c>normal</c>.</summary>
    /// <param name="name">Its name, in capitals.</param>
    /// <param name="type">text, date, float, boolean or user.</param>
    /// <returns>False when the name is taken.</returns>
    public bool CreateAttribute(string name, string type) =>
        Read(account => account.Attributes.Add(new AttributeDefinition(name, "normal", type)));

    /// <summary>Makes a company that nobody's program put there.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its id.</returns>
    public string CreateCompany(string name) => Read(account => account.Companies.Add(name).Id);

    /// <summary>Somebody deletes a company in Brevo.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>False when there is none.</returns>
    public bool DeleteCompany(string id) => Read(account => account.Companies.Delete(id));

    /// <summary>Somebody activates the eCommerce app: from then on there are orders.</summary>
    public void ActivateEcommerce() => Read(account => account.IsEcommerceActive = true);

    /// <summary>Makes contacts that nobody's program put there.</summary>
    /// <param name="count">How many.</param>
    /// <param name="listId">A list to put them into, or null.</param>
    /// <param name="prefix">Their addresses are this, a number from 1 and <c>@foreign.test</c>; existing ones are only added to the list.</param>
    public void AddForeignContacts(int count, long? listId = null, string prefix = "foreign") =>
        Read(account => new AccountDriver(account).AddForeignContacts(count, listId, prefix));

    /// <summary>Adds a contact to a list by hand, creating it when there is none with the address.</summary>
    /// <param name="listId">The list.</param>
    /// <param name="email">The address.</param>
    public void AddToList(long listId, string email) => Read(account => new AccountDriver(account).AddToList(listId, email));

    /// <summary>Removes a contact from a list by hand.</summary>
    /// <param name="listId">The list.</param>
    /// <param name="email">The address.</param>
    /// <returns>False when it was not in the list.</returns>
    public bool RemoveFromList(long listId, string email) =>
        Read(account => new AccountDriver(account).RemoveFromList(listId, email));

    /// <summary>The person unsubscribes: from everything, or from one list.</summary>
    /// <param name="email">The address.</param>
    /// <param name="listId">The list, or null for everything.</param>
    /// <returns>False when there is no such contact.</returns>
    public bool Unsubscribe(string email, long? listId = null) =>
        Read(account => new AccountDriver(account).Unsubscribe(email, listId));

    /// <summary>A mail to the person bounces for good; the contact is blocklisted.</summary>
    /// <param name="email">The address.</param>
    /// <returns>False when there is no such contact.</returns>
    public bool HardBounce(string email) => Read(account => new AccountDriver(account).HardBounce(email));

    /// <summary>A mail to the person bounces for now; nothing changes but the webhook fires.</summary>
    /// <param name="email">The address.</param>
    /// <returns>False when there is no such contact.</returns>
    public bool SoftBounce(string email) => Read(account => new AccountDriver(account).SoftBounce(email));

    /// <summary>The person marks a mail as spam; the contact is blocklisted.</summary>
    /// <param name="email">The address.</param>
    /// <returns>False when there is no such contact.</returns>
    public bool Spam(string email) => Read(account => new AccountDriver(account).Spam(email));

    /// <summary>Somebody deletes the contact in Brevo.</summary>
    /// <param name="email">The address.</param>
    /// <returns>False when there is no such contact.</returns>
    public bool DeleteContact(string email) => Read(account => new AccountDriver(account).Delete(email));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _account.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private static BrevoContactView View(BrevoAccount account, Contact contact) => new(
        contact.Id,
        contact.Email,
        contact.ExtId,
        contact.Sms,
        contact.WhatsApp,
        contact.Landline,
        contact.EmailBlacklisted,
        contact.SmsBlacklisted,
        [.. account.Writer.ListsOf(contact).Select(list => list.Id)],
        [.. account.Lists.Lists.Values.Where(list => list.Unsubscribed.Contains(contact.Id)).Select(list => list.Id)],
        contact.Values.ToDictionary(value => value.Key.Name, value => value.Value, StringComparer.Ordinal),
        new DateTimeOffset(contact.CreatedTicks, TimeSpan.Zero),
        new DateTimeOffset(contact.ModifiedTicks, TimeSpan.Zero));

    private BrevoContactView? Find(IdentifierKind kind, string value) =>
        Read(account => account.Contacts.Find(kind, value) is { } contact ? View(account, contact) : null);

    private T Read<T>(Func<BrevoAccount, T> read)
    {
        lock (_account.Gate)
        {
            return read(_account);
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var pipeline = new BrevoPipeline(_account, _limiter, Faults, Calls, _stopping.Token);
        var administration = new AdminApi(this, _account);
        _server = await LoopbackServer.StartAsync([Options.Port], certificate: null, Handle, cancellationToken);
        var address = _server.Addresses[0];
        BaseUrl = new Uri(address, "/v3");
        StatePage = new Uri(address, "/_sim/");
        _account.Files.BaseUrl = new Uri(address, "/_sim/files/");

        Task Handle(HttpContext context)
        {
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            return target.StartsWith("/v3/", StringComparison.Ordinal)
                ? pipeline.HandleAsync(context, target["/v3".Length..])
                : administration.HandleAsync(context);
        }
    }
}
