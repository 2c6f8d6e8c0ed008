using System.Buffers.Binary;
using System.Security.Cryptography;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Limiter;

namespace Sluice.Destinations.Brevo;

/// <summary>Makes a client for a person who looks at the account: inside its budgets, and without a wait for the scarce one.</summary>
public static class BrevoAccess
{
    /// <param name="books">The budgets; null where there is no store yet, so that nobody else has called.</param>
    /// <param name="timeout">How long a call may take.</param>
    public static BrevoClient Client(BrevoSettings settings, HttpClient http, IPermitBooks? books, TimeSpan timeout, TimeProvider time)
    {
        var options = new BrevoClientOptions { ApiKey = new BrevoApiKey(settings.ApiKey), BaseAddress = settings.BaseAddress, Timeout = timeout, TimeProvider = time };
        if (books is null)
        {
            return new BrevoClient(http, options);
        }

        var limiter = new AccountLimiter(
            books, settings.Account, BrevoGate.Windows, time, static () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        return new BrevoClient(http, options, new BrevoGate(limiter, timeout, timeout, background: false));
    }
}
