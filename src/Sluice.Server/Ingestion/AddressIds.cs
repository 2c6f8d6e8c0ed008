using System.Net;
using System.Security.Cryptography;

namespace Sluice.Server.Ingestion;

/// <summary>
/// Makes an id of an address, for events that came without any. The address itself is kept nowhere, and cannot be found by trying all
/// of them: the hash is made with a key.
/// </summary>
internal sealed class AddressIds(ReadOnlyMemory<byte> key)
{
    private const int IdBytes = 16;

    public string Of(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        return Convert.ToHexStringLower(HMACSHA256.HashData(key.Span, Plain(address).GetAddressBytes()).AsSpan(0, IdBytes));
    }

    /// <summary>The address itself, for a project that is passed on: Mixpanel looks up the place.</summary>
    public static string? Text(IPAddress? address) => address is null ? null : Plain(address).ToString();

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
