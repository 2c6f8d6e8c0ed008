using System.Buffers.Binary;
using System.Security.Cryptography;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Limiter;
using Sluice.Core.Erasure;

namespace Sluice.Destinations.Brevo;

/// <summary>Deletes contacts at Brevo, in the budget of its contacts: the books of permits are those that everything else uses.</summary>
public sealed class BrevoContactEraser : IContactEraser
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(30);

    private readonly BrevoClient _client;

    public BrevoContactEraser(BrevoSettings settings, HttpClient http, IPermitBooks books, TimeProvider time)
    {
        var limiter = new AccountLimiter(
            books, settings.Account, BrevoGate.Windows, time, () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)));
        var options = new BrevoClientOptions
        {
            ApiKey = new BrevoApiKey(settings.ApiKey), BaseAddress = settings.BaseAddress, Timeout = CallLimit, TimeProvider = time,
        };
        _client = new BrevoClient(http, options, new BrevoGate(limiter, CallLimit, CallLimit, background: false));
    }

    public string Destination => BrevoDestination.DestinationName;

    /// <inheritdoc/>
    /// <remarks>The names may be those of several contacts: each is tried, and none is taken for done because another was.</remarks>
    public async Task<int> EraseAsync(ErasedContact contact, Func<string, CancellationToken, Task> learn, CancellationToken cancellationToken)
    {
        var deleted = 0;
        if (contact.RemoteId is { } id and > 0)
        {
            deleted += await DeleteAsync(BrevoContactIdentifier.ContactId(id), learn, cancellationToken);
        }

        if (contact.ExternalId is { Length: > 0 } external and not ("." or ".."))
        {
            deleted += await DeleteAsync(BrevoContactIdentifier.ExternalId(external), learn, cancellationToken);
        }

        if (contact.Email is { Length: > 0 } email)
        {
            deleted += await DeleteAsync(BrevoContactIdentifier.Email(email), learn, cancellationToken);
        }

        return deleted;
    }

    private async Task<int> DeleteAsync(BrevoContactIdentifier identifier, Func<string, CancellationToken, Task> learn, CancellationToken cancellationToken)
    {
        try
        {
            // Somebody may have changed the address there: the webhook that tells of the deletion names that one, which nobody here knows.
            if (await _client.GetContactAsync(identifier, cancellationToken) is not { } known)
            {
                return 0;
            }

            if (known.Email is { Length: > 0 } address)
            {
                await learn(address, cancellationToken);
            }

            return await _client.DeleteContactAsync(identifier, cancellationToken) ? 1 : 0;
        }
        catch (BrevoException e) when (BrevoResponses.Decide(e) is { Kind: DecisionKind.DeadLetter or DecisionKind.Done })
        {
            // Not a name that Brevo could have a contact under, or the address of the account itself.
            return 0;
        }
        catch (BrevoException e)
        {
            throw BrevoResponses.ToException(e);
        }
    }
}
