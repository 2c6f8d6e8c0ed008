using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Tests.Ingestion;

/// <summary>Shows a browser a page and a script, from another origin than the program's.</summary>
internal sealed class PageServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly byte[] _page;
    private readonly byte[] _script;

    public PageServer(string page, string scriptFile)
    {
        _page = Encoding.UTF8.GetBytes(page);
        _script = File.ReadAllBytes(scriptFile);
        Url = new Uri($"http://127.0.0.1:{FreePort()}/");
        _listener.Prefixes.Add(Url.ToString());
        _listener.Start();
        _ = Task.Run(AnswerAsync, CancellationToken.None);
    }

    public Uri Url { get; }

    /// <summary>What the page has reported, in its order.</summary>
    public IReadOnlyList<string> Reports
    {
        get
        {
            lock (_reports)
            {
                return [.. _reports];
            }
        }
    }

    private readonly List<string> _reports = [];

    public void Dispose() => _listener.Close();

    private async Task AnswerAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext call;
            try
            {
                call = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            await AnswerAsync(call);
        }
    }

    private async Task AnswerAsync(HttpListenerContext call)
    {
        switch (call.Request.Url!.AbsolutePath)
        {
            case "/":
                call.Response.ContentType = "text/html; charset=utf-8";
                await call.Response.OutputStream.WriteAsync(_page);
                break;
            case "/mixpanel.js":
                call.Response.ContentType = "text/javascript; charset=utf-8";
                await call.Response.OutputStream.WriteAsync(_script);
                break;
            case "/report":
                using (var body = new StreamReader(call.Request.InputStream, Encoding.UTF8))
                {
                    var report = await body.ReadToEndAsync();
                    lock (_reports)
                    {
                        _reports.Add(report);
                    }
                }

                break;
            default:
                call.Response.StatusCode = (int)HttpStatusCode.NotFound;
                break;
        }

        call.Response.Close();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
