using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sluice.Server.Hosting;

/// <summary>One address to listen on. Without an <see cref="Address"/>: localhost, or every address.</summary>
internal sealed record ListenAddress(bool Secure, IPAddress? Address, bool Localhost, int Port)
{
    /// <summary>True when only this machine can reach it.</summary>
    public bool IsLoopback => Localhost || (Address is not null && IPAddress.IsLoopback(Address));

    /// <exception cref="FormatException">The URL cannot be listened on.</exception>
    public static ListenAddress Parse(string url) =>
        TryParse(url, out var address, out var reason) ? address : throw new FormatException(reason);

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

        var secure = binding.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase);
        if ((!secure && !binding.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase)) || binding.IsUnixPipe || binding.IsNamedPipe)
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
                address = new ListenAddress(secure, Address: null, Localhost: true, binding.Port);
            }
        }
        else if (binding.Host is "*" or "+")
        {
            address = new ListenAddress(secure, Address: null, Localhost: false, binding.Port);
        }
        else if (IPAddress.TryParse(binding.Host, out var ip))
        {
            address = new ListenAddress(secure, ip, Localhost: false, binding.Port);
        }
        else
        {
            reason = $"\"{url}\" names a host; use an IP address, localhost, or * for every address.";
        }

        return address is not null;
    }

    public void Bind(KestrelServerOptions kestrel, Action<ListenOptions> configure)
    {
        if (Localhost)
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
