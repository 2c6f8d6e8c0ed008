using System.Net;
using System.Text;
using Sluice.Testing;

namespace Sluice.Tests.Ingestion;

/// <summary>Shows a browser a page and a script, from another origin than the program's.</summary>
internal sealed class PageServer : IDisposable
{
    private readonly HttpListener _listener;
    private readonly byte[] _page;
    private readonly byte[] _script;

    public PageServer(string page, string scriptFile)
    {
        _page = Encoding.UTF8.GetBytes(page);
        _script = File.ReadAllBytes(scriptFile);
        (_listener, Url) = LoopbackListener.Start();
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
}
