using System.Collections.Concurrent;
using System.Text;
using Sluice.Core.Delivery;

namespace Sluice.Server.Tests.Fakes;

/// <summary>A destination that keeps what it is told.</summary>
internal sealed class FakeInbox : IDestinationInbox
{
    public const string Token = "bearer-token-of-the-shop-0123456789";

    public ConcurrentQueue<(string Project, string Body)> Received { get; } = new();

    public ConcurrentQueue<(string Project, string Token)> Ended { get; } = new();

    public Func<Task> OnReceive { get; set; } = () => Task.CompletedTask;

    public Func<Task> OnJobEnded { get; set; } = () => Task.CompletedTask;

    public string Destination => "brevo";

    public bool Accepts(string project, string bearerToken) => project == Gateway.Shop && bearerToken == Token;

    public async Task ReceiveAsync(string project, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await OnReceive();
        Received.Enqueue((project, Encoding.UTF8.GetString(body.Span)));
    }

    public async Task JobEndedAsync(string project, string token, CancellationToken cancellationToken)
    {
        await OnJobEnded();
        Ended.Enqueue((project, token));
    }
}
