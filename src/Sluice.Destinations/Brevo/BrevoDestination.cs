using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Limiter;
using Sluice.Destinations.Brevo.Attributes;

namespace Sluice.Destinations.Brevo;

/// <summary>Brevo as a destination: contacts, attributes and lists.</summary>
public sealed class BrevoDestination : IListDestination
{
    public const string DestinationName = "brevo";
    private const int ChangesPage = 1000;
    private const int ListPage = 500;
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(30);

    // The book must know how long a call can still arrive at Brevo; imports upload megabytes.
    private static readonly TimeSpan ImportLimit = TimeSpan.FromSeconds(120);

    private readonly BrevoSettings _settings;
    private readonly BrevoClient _client;
    private readonly BrevoClient _background;
    private readonly Func<CancellationToken, Task<IReadOnlyList<string>>> _samples;
    private readonly BrevoWebhookSetup _webhook;
    private ContactMapper? _mapper;

    /// <param name="samples">Properties of some profiles: what their values look like decides the type of attributes that have to be created.</param>
    public BrevoDestination(
        BrevoSettings settings, HttpClient http, IPermitBooks books, Func<CancellationToken, Task<IReadOnlyList<string>>> samples, TimeProvider time)
    {
        _settings = settings;
        _samples = samples;
        Account = settings.Account;
        var limiter = new AccountLimiter(
            books, Account, BrevoGate.Windows, time, () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)));
        var options = new BrevoClientOptions
        {
            ApiKey = new BrevoApiKey(settings.ApiKey), BaseAddress = settings.BaseAddress, Timeout = CallLimit, ImportTimeout = ImportLimit, TimeProvider = time,
        };
        _client = new BrevoClient(http, options, new BrevoGate(limiter, CallLimit, ImportLimit, background: false));
        _background = new BrevoClient(http, options, new BrevoGate(limiter, CallLimit, ImportLimit, background: true));
        _webhook = new BrevoWebhookSetup(_client, settings);
    }

    public string Name => DestinationName;

    public string Account { get; }

    public int ListCallSize => BrevoListMembers.MaxCount;

    public async Task<UInt128> PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            var samples = new PropertySamples(_settings.Mapping);
            foreach (var properties in await _samples(cancellationToken))
            {
                samples.Add(Encoding.UTF8.GetBytes(properties));
            }

            var plan = Plan(await _client.GetAttributesAsync(cancellationToken), samples);
            if (plan.ToCreate.Count > 0)
            {
                foreach (var attribute in plan.ToCreate)
                {
                    await _client.CreateAttributeAsync(attribute, cancellationToken);
                }

                plan = Plan(await _client.GetAttributesAsync(cancellationToken), samples);
            }

            await _webhook.RunAsync(cancellationToken);
            _mapper = new ContactMapper(plan);
            var columns = string.Join('|', plan.Columns.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name}<{c.Property}:{c.Kind}")));
            return BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(columns)));
        }
        catch (BrevoException e)
        {
            throw BrevoResponses.ToException(e);
        }
    }

    public MappedContact Map(PersonState person) =>
        (_mapper ?? throw new InvalidOperationException("People are mapped after the destination has been prepared.")).Map(person);

    public async Task<ContactOutcome> UpsertAsync(MappedContact contact, LedgerContact? known, IReadOnlyList<long> addTo, CancellationToken cancellationToken)
    {
        try
        {
            if (known is { Email: { } address } && address != contact.Email && contact.Email is not null)
            {
                return await ChangeAddressAsync(contact, known, addTo, cancellationToken);
            }

            var id = await PutAsync(contact, ((ContactPayload)contact.Attributes!).Attributes, addTo, cancellationToken);
            return new ContactOutcome(Decision.Done, id);
        }
        catch (BrevoApiException e) when (e.Kind == BrevoFailureKind.DuplicateIdentifier && contact.Email is not null && contact.Phone is not null)
        {
            // Most often two people with one phone number: the contact goes out without it, once.
            return await WithoutPhoneAsync(contact, addTo, cancellationToken);
        }
        catch (BrevoException e)
        {
            return new ContactOutcome(BrevoResponses.Decide(e), null);
        }
        catch (DeliveryException e)
        {
            return new ContactOutcome(e.Decision, null);
        }
    }

    public Task<ListOutcome> AddAsync(long list, IReadOnlyList<ContactHandle> contacts, CancellationToken cancellationToken) =>
        ChangeListAsync(contacts, members => _client.AddToListAsync(list, members, cancellationToken));

    public Task<ListOutcome> RemoveAsync(long list, IReadOnlyList<ContactHandle> contacts, CancellationToken cancellationToken) =>
        ChangeListAsync(contacts, members => _client.RemoveFromListAsync(list, members, cancellationToken));

    public IContactImport NewImport(long list) => new BrevoContactImport(_client, _settings, [.. _mapper!.Plan.Columns.Select(c => c.Name)], list);

    public Task<ImportLook> LookAsync(Job job, bool thorough, CancellationToken cancellationToken) =>
        TryAsync(() => new ImportWatch(_background).LookAsync(job, thorough, cancellationToken));

    public Task<RemoteList?> FindListAsync(long list, CancellationToken cancellationToken) =>
        TryAsync(async () => await _client.GetListAsync(list, cancellationToken) is { } found
            ? new RemoteList(found.Id, found.Name ?? "", found.DynamicList == true)
            : null);

    public Task<RemotePage> ReadListAsync(long list, int offset, CancellationToken cancellationToken) =>
        TryAsync(async () => Page(await _background.GetContactsAsync(
            new BrevoContactQuery { ListIds = [list], Offset = offset, Limit = ChangesPage }, cancellationToken), offset));

    public Task<RemotePage> ReadChangesAsync(DateTimeOffset? since, int offset, CancellationToken cancellationToken) =>
        TryAsync(async () => Page(await _background.GetContactsAsync(
            new BrevoContactQuery { ModifiedSince = since, Offset = offset, Limit = ChangesPage }, cancellationToken), offset));

    private AttributePlan Plan(IReadOnlyList<BrevoAttributeInfo> attributes, PropertySamples samples) =>
        AttributePlan.Create(new AttributeCatalogue(attributes), _settings.Mapping, samples, _settings.TimeZone);

    private async Task<long?> PutAsync(MappedContact contact, BrevoAttributes attributes, IReadOnlyList<long> addTo, CancellationToken cancellationToken)
    {
        var result = await _client.UpsertContactAsync(
            new BrevoContactUpsert { Email = contact.Email, ExternalId = contact.ExternalId, Attributes = attributes, ListIds = addTo }, cancellationToken);
        return result.Id;
    }

    private async Task<ContactOutcome> WithoutPhoneAsync(MappedContact contact, IReadOnlyList<long> addTo, CancellationToken cancellationToken)
    {
        try
        {
            var attributes = ContactMapper.Without(((ContactPayload)contact.Attributes!).Attributes, BrevoAttributeNames.Sms);
            return new ContactOutcome(Decision.Done, await PutAsync(contact, attributes, addTo, cancellationToken));
        }
        catch (BrevoException e)
        {
            return new ContactOutcome(BrevoResponses.Decide(e), null);
        }
    }

    /// <summary>
    /// A person's address has changed. Brevo lifts the block of a contact whose address is changed, so a contact is only changed after
    /// it has shown that it is not blocked.
    /// </summary>
    private async Task<ContactOutcome> ChangeAddressAsync(
        MappedContact contact, LedgerContact known, IReadOnlyList<long> addTo, CancellationToken cancellationToken)
    {
        var attributes = ((ContactPayload)contact.Attributes!).Attributes;
        var found = await _client.GetContactAsync(
            known.RemoteId is { } id ? BrevoContactIdentifier.ContactId(id) : BrevoContactIdentifier.ExternalId(contact.ExternalId), cancellationToken)
            ?? await _client.GetContactAsync(BrevoContactIdentifier.Email(known.Email!), cancellationToken);
        if (found is null)
        {
            return new ContactOutcome(Decision.Done, await PutAsync(contact, attributes, addTo, cancellationToken));
        }

        if (found.EmailBlacklisted != false)
        {
            return new ContactOutcome(
                new Decision(DecisionKind.DeadLetter, "blocklisted", "Brevo will not write to the contact under its former address; the new one would lift that.", TimeSpan.Zero),
                found.Id);
        }

        var changed = new BrevoAttributes { { BrevoAttributeNames.Email, BrevoAttributeValue.Text(contact.Email!) } };
        foreach (var (name, value) in attributes)
        {
            changed.Add(name, value);
        }

        await _client.UpdateContactAsync(
            BrevoContactIdentifier.ContactId(found.Id),
            new BrevoContactUpdate { Attributes = changed, ExternalId = contact.ExternalId, ListIds = addTo },
            cancellationToken);
        return new ContactOutcome(Decision.Done, found.Id);
    }

    private static async Task<ListOutcome> ChangeListAsync(IReadOnlyList<ContactHandle> contacts, Func<BrevoListMembers, Task<BrevoListChange>> call)
    {
        // A call names all its contacts in one way: by address; who has none by their external id; who is only known there by Brevo's.
        var missed = new List<int>();
        try
        {
            foreach (var group in contacts.Select((c, i) => (Contact: c, Index: i)).GroupBy(c => NameOf(c.Contact)))
            {
                var change = await call(group.Key switch
                {
                    Naming.Email => BrevoListMembers.Emails(group.Select(g => g.Contact.Email!)),
                    Naming.ExternalId => BrevoListMembers.ExternalIds(group.Select(g => g.Contact.ExternalId)),
                    _ => BrevoListMembers.Ids(group.Select(g => g.Contact.RemoteId ?? 0)),
                });
                var missing = change.NotApplied.ToHashSet(StringComparer.OrdinalIgnoreCase);
                missed.AddRange(group.Where(g => missing.Contains(group.Key switch
                {
                    Naming.Email => g.Contact.Email!,
                    Naming.ExternalId => g.Contact.ExternalId,
                    _ => string.Create(CultureInfo.InvariantCulture, $"{g.Contact.RemoteId}"),
                })).Select(g => g.Index));
            }

            return new ListOutcome(Decision.Done, missed);
        }
        catch (BrevoApiException e) when (e.Kind == BrevoFailureKind.NotFound)
        {
            // Contacts that are not there are told one by one; what is not found is the list.
            return new ListOutcome(new Decision(DecisionKind.Pause, Decision.NoList, "Brevo has no such list any more: correct lists in the config, or create it.", TimeSpan.Zero), []);
        }
        catch (BrevoException e)
        {
            return new ListOutcome(BrevoResponses.Decide(e), []);
        }
        catch (DeliveryException e)
        {
            return new ListOutcome(e.Decision, []);
        }
    }

    private static Naming NameOf(ContactHandle contact) =>
        contact.Email is not null ? Naming.Email : contact.ExternalId.Length > 0 ? Naming.ExternalId : Naming.RemoteId;

    private enum Naming
    {
        Email,
        ExternalId,
        RemoteId,
    }

    private static RemotePage Page(BrevoPage<BrevoContact> page, int offset) => new(
        [.. page.Items.Select(c => new RemoteContact(c.Id, c.HasSyntheticEmail ? null : c.Email, c.ExternalId, c.EmailBlacklisted == true, c.ListUnsubscribed))],
        page.Count ?? (page.Items.Count < ListPage ? offset + page.Items.Count : long.MaxValue));

    private static async Task<T> TryAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (BrevoException e)
        {
            throw BrevoResponses.ToException(e);
        }
    }
}
