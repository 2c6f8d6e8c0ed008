using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Sluice.Server.Http;

/// <summary>Where a call came from, as it is told apart from others when failures are counted.</summary>
internal static class Caller
{
    // One subscriber has a whole /64 of IPv6, and could call from another address each time.
    private const int Ipv6SubscriberBytes = 8;

    public static string SourceOf(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (address is null)
        {
            return "local";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(Ipv6SubscriberBytes).Clear();
        return string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/{Ipv6SubscriberBytes * 8}");
    }
}
