using System.Net;

namespace Sluice.Server.Hosting;

/// <summary>The proxies in front of this program.</summary>
internal sealed class TrustedProxies
{
    /// <exception cref="FormatException">One of them is neither an IP address nor a CIDR range.</exception>
    public TrustedProxies(IEnumerable<string> ranges)
    {
        Ranges = [.. ranges.Select(range => TryParseRange(range, out var network)
            ? network
            : throw new FormatException($"\"{range}\" is neither an IP address nor a CIDR range."))];
    }

    public IReadOnlyList<IPNetwork> Ranges { get; }

    public static bool TryParseRange(string text, out IPNetwork range)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            address = Plain(address);
            range = new IPNetwork(address, address.GetAddressBytes().Length * 8);
            return true;
        }

        return IPNetwork.TryParse(text, out range);
    }

    public bool Contains(IPAddress address)
    {
        var plain = Plain(address);
        foreach (var range in Ranges)
        {
            if (range.Contains(plain))
            {
                return true;
            }
        }

        return false;
    }

    // A socket that listens on IPv6 and IPv4 at once shows IPv4 callers as ::ffff:a.b.c.d.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
