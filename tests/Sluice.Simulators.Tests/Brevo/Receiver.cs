using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sluice.Simulators.Tests.Brevo;

/// <summary>What Brevo calls: takes webhooks and notifications, and serves one file.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _server;

    private Receiver(WebApplication server) => _server = server;

    public Uri Url { get; private set; } = null!;

    /// <summary>What the next calls are answered with.</summary>
    public int Status { get; set; } = 200;

    public byte[] File { get; set; } = [];

    public ConcurrentQueue<(string Path, string Body, string Authorization, string Custom)> Received { get; } = [];

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var receiver = new Receiver(builder.Build());
        receiver._server.Run(receiver.HandleAsync);
        await receiver._server.StartAsync(TestContext.Current.CancellationToken);
        receiver.Url = new Uri(receiver._server.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return receiver;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Method == "GET")
        {
            await context.Response.Body.WriteAsync(File, context.RequestAborted);
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        Received.Enqueue((
            context.Request.Path.Value + context.Request.QueryString.Value,
            body,
            context.Request.Headers.Authorization.ToString(),
            context.Request.Headers["x-custom"].ToString()));
        context.Response.StatusCode = Status;
    }
}
