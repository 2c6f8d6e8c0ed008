using System.Net;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Campaigns;
using Sluice.Testing;

namespace Sluice.Tests.Delivery;

/// <summary>Where Brevo's webhooks arrive: a socket in front of the real inbox.</summary>
internal sealed class Inbox : IAsyncDisposable
{
    public const string Token = "token";

    private readonly HttpListener _listener;
    private Task _loop = Task.CompletedTask;
    private BrevoInbox? _inbox;

    private Inbox()
    {
        (_listener, var root) = LoopbackListener.Start();
        Address = new Uri(root, $"brevo/projects/{World.Project}");
    }

    /// <summary>What the destination is told of where it can be reached.</summary>
    public Uri Address { get; }

    public static Inbox Start() => new();

    public void Serve(World world)
    {
        _inbox = new BrevoInbox(
            new Dictionary<string, string> { [World.Project] = Token }, world.Store.Suppressions,
            new CampaignIntake(world.Store.Events, world.Store.PeopleByAddress, world.Store.IntakeCounts, world.Clock), (_, token) => world.Worker.JobEnded(token), world.Clock);
        _loop = Task.Run(LoopAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
        _listener.Close();
    }

    private async Task LoopAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            context.Response.StatusCode = await AnswerAsync(_inbox!, context.Request);
            context.Response.Close();
        }
    }

    private static async Task<int> AnswerAsync(BrevoInbox inbox, HttpListenerRequest request)
    {
        var path = request.Url!.AbsolutePath;
        if (path.Contains("/imports/", StringComparison.Ordinal))
        {
            await inbox.JobEndedAsync(World.Project, path[(path.LastIndexOf('/') + 1)..], CancellationToken.None);
            return 200;
        }

        if (!inbox.Accepts(World.Project, (request.Headers["Authorization"] ?? "").Replace("Bearer ", "", StringComparison.Ordinal)))
        {
            return 401;
        }

        using var body = new MemoryStream();
        await request.InputStream.CopyToAsync(body);
        await inbox.ReceiveAsync(World.Project, body.ToArray(), CancellationToken.None);
        return 200;
    }
}
