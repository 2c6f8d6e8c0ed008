using System.Net;
using System.Net.Sockets;

namespace Sluice.Testing;

/// <summary>Starts an <see cref="HttpListener"/> on a free port, which it cannot choose by itself.</summary>
public static class LoopbackListener
{
    private const int Attempts = 20;

    /// <summary>A listener that listens, and the root of what it serves.</summary>
    public static (HttpListener Listener, Uri Root) Start()
    {
        for (var attempt = 1; ; attempt++)
        {
            var root = new Uri($"http://127.0.0.1:{FreePort()}/");
            var listener = new HttpListener();
            listener.Prefixes.Add(root.ToString());
            try
            {
                listener.Start();
                return (listener, root);
            }
            catch (HttpListenerException) when (attempt < Attempts)
            {
                // The port was free when it was looked up; somebody was quicker.
                listener.Close();
            }
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
