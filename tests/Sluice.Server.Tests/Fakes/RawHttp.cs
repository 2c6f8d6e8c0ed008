using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Speaks to the socket without a client that would correct what a test wants to send wrong.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Sends bytes and reads until the server ends its side.</summary>
    /// <param name="thenLeave">Whether to end the own side after sending, which the server takes for a caller that went away.</param>
    public static async Task<string> ExchangeAsync(Uri server, ReadOnlyMemory<byte> request, bool thenLeave = false)
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        using var socket = await ConnectAsync(server, limit.Token);
        try
        {
            await socket.SendAsync(request, limit.Token);
            if (thenLeave)
            {
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException)
        {
            // Refused before it was all sent; what was answered can still be read.
        }

        return await ReadToEndAsync(socket, limit.Token);
    }

    public static async Task<Socket> ConnectAsync(Uri server, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), cancellationToken);
        return socket;
    }

    public static async Task<string> ReadToEndAsync(Socket socket, CancellationToken cancellationToken)
    {
        var received = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer, cancellationToken)) > 0)
            {
                received.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // A reset ends the answer as well as a proper end does.
        }

        return received.ToString();
    }
}
