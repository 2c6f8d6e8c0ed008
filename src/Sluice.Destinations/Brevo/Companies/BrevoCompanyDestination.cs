using System.Buffers.Binary;
using System.Security.Cryptography;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Companies;
using Sluice.Core.Delivery.Limiter;

namespace Sluice.Destinations.Brevo.Companies;

/// <summary>Brevo as a destination of companies. Their calls are counted with whatever has no budget of its own, and take only half of that.</summary>
public sealed class BrevoCompanyDestination : ICompanyDestination
{
    // Batches of events leave 40, looks at imports 20: those come first.
    private const int Reserve = 50;

    // Ids of contacts are asked for where people's own changes go out: those get most of each second.
    private const int ContactReserve = 7;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly BrevoClient _client;
    private readonly IReadOnlyList<CompanyMapping> _mapping;
    private CompanyMapper? _mapper;

    public BrevoCompanyDestination(BrevoSettings settings, IReadOnlyList<CompanyMapping> mapping, HttpClient http, IPermitBooks books, TimeProvider time)
    {
        _mapping = mapping;
        var limiter = new AccountLimiter(
            books, settings.Account, BrevoGate.Windows, time, () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)));
        var options = new BrevoClientOptions { ApiKey = new BrevoApiKey(settings.ApiKey), BaseAddress = settings.BaseAddress, Timeout = Limit, TimeProvider = time };
        _client = new BrevoClient(http, options, new BrevoGate(limiter, Limit, Limit, background: true, Reserve, ContactReserve));
    }

    public string Name => BrevoDestination.DestinationName;

    public async Task<IReadOnlyList<string>> PrepareAsync(CancellationToken cancellationToken)
    {
        _mapper = new CompanyMapper(_mapping, await TryAsync(() => _client.GetCompanyAttributesAsync(cancellationToken)));
        return _mapper.Missing;
    }

    public MappedCompany Map(string groupId, string properties) =>
        (_mapper ?? throw new InvalidOperationException("Companies are mapped after the destination has been prepared.")).Map(groupId, properties);

    public Task<IReadOnlyList<string>> FindAsync(string name, CancellationToken cancellationToken) => TryAsync<IReadOnlyList<string>>(
        async () => [.. (await _client.FindCompaniesAsync(name, cancellationToken)).Select(c => c.Id)]);

    public Task<string> CreateAsync(MappedCompany company, IReadOnlyList<long> contacts, CancellationToken cancellationToken) =>
        TryAsync(() => _client.CreateCompanyAsync(company.Name, (ReadOnlyMemory<byte>)company.Attributes, contacts, cancellationToken));

    public Task<bool> UpdateAsync(string id, MappedCompany company, CancellationToken cancellationToken) =>
        TryAsync(() => _client.UpdateCompanyAsync(id, company.Name, (ReadOnlyMemory<byte>)company.Attributes, cancellationToken));

    public Task<bool> LinkAsync(string id, IReadOnlyList<long> link, IReadOnlyList<long> unlink, CancellationToken cancellationToken) =>
        TryAsync(() => _client.LinkCompanyAsync(id, link, unlink, cancellationToken));

    public Task<long?> FindContactAsync(string externalId, CancellationToken cancellationToken) =>
        TryAsync(async () => (await _client.GetContactAsync(BrevoContactIdentifier.ExternalId(externalId), cancellationToken))?.Id);

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
