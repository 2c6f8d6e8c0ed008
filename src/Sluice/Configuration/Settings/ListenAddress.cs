using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Sluice.Configuration;

/// <summary>One address to listen on. Not a <see cref="Uri"/>, which cannot hold the wildcard hosts <c>*</c> and <c>+</c>.</summary>
/// <param name="IsHttps">Whether TLS is spoken there.</param>
/// <param name="Host">An IP address (IPv6 in brackets), <c>localhost</c>, a host name, or a wildcard. A host name listens on every interface.</param>
/// <param name="Port">0 lets the system choose; not possible with <c>localhost</c>, which stands for two addresses.</param>
public sealed partial record ListenAddress(bool IsHttps, string Host, int Port)
{
    /// <summary>Whether only this machine can reach it.</summary>
    public bool IsLoopback => Host == "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The address as it is given to the web server.</summary>
    public override string ToString() => $"{(IsHttps ? "https" : "http")}://{Host}:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Reads <c>scheme://host[:port]</c>; without a port it is the scheme's own.</summary>
    public static bool TryParse(string text, out ListenAddress? address)
    {
        address = null;
        var match = Form().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var isHttps = match.Groups["scheme"].Value.Equals("https", StringComparison.OrdinalIgnoreCase);
        var host = match.Groups["host"].Value.ToLowerInvariant();
        var port = isHttps ? 443 : 80;
        if (match.Groups["port"].Success && !int.TryParse(match.Groups["port"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            return false;
        }

        if (port > IPEndPoint.MaxPort || (port == 0 && host == "localhost") || !IsHost(host))
        {
            return false;
        }

        address = new ListenAddress(isHttps, host, port);
        return true;
    }

    private static bool IsHost(string host)
    {
        if (host is "*" or "+")
        {
            return true;
        }

        if (host.StartsWith('['))
        {
            return IPAddress.TryParse(host, out var six) && six.AddressFamily == AddressFamily.InterNetworkV6;
        }

        // Short and octal forms of IPv4 ("127.1", "010.0.0.1") mean different addresses to different programs.
        return NumericHost().IsMatch(host)
            ? IPAddress.TryParse(host, out var four) && four.ToString() == host
            : HostName().IsMatch(host);
    }

    [GeneratedRegex(@"^(?<scheme>https?)://(?<host>\[[0-9a-f:.]+\]|[^/:\[\]@?#\s]+)(:(?<port>[0-9]{1,5}))?/?\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();

    [GeneratedRegex(@"^[0-9.]+\z")]
    private static partial Regex NumericHost();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*\z")]
    private static partial Regex HostName();
}
