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

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Convert.ToHexStringLower(HMACSHA256.HashData(key.Span, plain.GetAddressBytes()).AsSpan(0, IdBytes));
    }
}
