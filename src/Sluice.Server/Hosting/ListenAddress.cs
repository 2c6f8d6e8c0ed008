using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sluice.Server.Hosting;

/// <summary>One address to listen on. Not a <see cref="Uri"/>, which cannot hold the wildcard <c>*</c>.</summary>
/// <param name="IsHttps">Whether TLS is spoken there.</param>
/// <param name="Address">Null: localhost, or every address.</param>
/// <param name="IsLocalhost">The name, which stands for two addresses.</param>
/// <param name="Port">0 lets the system choose; not possible with localhost.</param>
public sealed record ListenAddress(bool IsHttps, IPAddress? Address, bool IsLocalhost, int Port)
{
    /// <summary>Whether only this machine can reach it.</summary>
    public bool IsLoopback => IsLocalhost || (Address is not null && IPAddress.IsLoopback(Address));

    /// <exception cref="FormatException">The URL cannot be listened on.</exception>
    public static ListenAddress Parse(string url) =>
        TryParse(url, out var address, out var reason) ? address : throw new FormatException(reason);

    /// <summary>Reads <c>scheme://host[:port]</c>; without a port it is the scheme's own.</summary>
    /// <param name="reason">A sentence that quotes the URL; null when it was understood.</param>
    public static bool TryParse(string url, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? reason)
    {
        address = null;
        reason = null;
        BindingAddress binding;
        try
        {
            binding = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            reason = $"\"{url}\" is not a URL such as http://127.0.0.1:8080.";
            return false;
        }

        var isHttps = binding.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase);
        if ((!isHttps && !binding.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase)) || binding.IsUnixPipe || binding.IsNamedPipe)
        {
            reason = $"\"{url}\" begins with neither http:// nor https://.";
        }
        else if (binding.PathBase.Length > 0)
        {
            reason = $"\"{url}\" has a path; only a host and a port can be listened on.";
        }
        else if (binding.Port is < 0 or > IPEndPoint.MaxPort)
        {
            reason = $"\"{url}\" has a port outside 0 to {IPEndPoint.MaxPort}.";
        }
        else if (binding.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            if (binding.Port == 0)
            {
                reason = $"\"{url}\": localhost is two addresses, which cannot share a free port; use 127.0.0.1 with port 0.";
            }
            else
            {
                address = new ListenAddress(isHttps, Address: null, IsLocalhost: true, binding.Port);
            }
        }
        else if (binding.Host is "*" or "+")
        {
            address = new ListenAddress(isHttps, Address: null, IsLocalhost: false, binding.Port);
        }
        else if (IPAddress.TryParse(binding.Host, out var ip))
        {
            // "127.1" and "010.0.0.1" are different addresses to different programs.
            if (ip.AddressFamily == AddressFamily.InterNetwork && ip.ToString() != binding.Host)
            {
                reason = $"\"{url}\" writes its IP address in a short or octal form; write four decimal numbers.";
                return false;
            }

            address = new ListenAddress(isHttps, ip, IsLocalhost: false, binding.Port);
        }
        else
        {
            reason = $"\"{url}\" names a host; use an IP address, localhost, or * for every address.";
        }

        return address is not null;
    }

    /// <summary>The address as it is given to the web server.</summary>
    public override string ToString()
    {
        var host = IsLocalhost ? "localhost" : Address is null ? "*" : Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Address}]" : Address.ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{(IsHttps ? "https" : "http")}://{host}:{Port}");
    }

    internal void Bind(KestrelServerOptions kestrel, Action<ListenOptions> configure)
    {
        if (IsLocalhost)
        {
            kestrel.ListenLocalhost(Port, configure);
        }
        else if (Address is null)
        {
            kestrel.ListenAnyIP(Port, configure);
        }
        else
        {
            kestrel.Listen(Address, Port, configure);
        }
    }
}
