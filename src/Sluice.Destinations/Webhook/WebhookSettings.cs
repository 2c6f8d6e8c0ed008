using System.Security.Cryptography;
using System.Text;

namespace Sluice.Destinations.Webhook;

/// <summary>What one webhook of one project needs to know.</summary>
public sealed record WebhookSettings
{
    public required string Project { get; init; }

    /// <summary>The destination's name in the config.</summary>
    public required string Name { get; init; }

    public required Uri Address { get; init; }

    /// <summary>Every message is signed with each: while a secret is exchanged the receiver may know either.</summary>
    public required IReadOnlyList<WebhookSecret> Secrets { get; init; }

    /// <summary>Names of the events that are sent; null for all.</summary>
    public IReadOnlyCollection<string>? Events { get; init; }

    /// <summary>Properties of the person's profile that go along.</summary>
    public IReadOnlyList<string> Properties { get; init; } = [];

    /// <value>Calls a second. Default 10.</value>
    public int Rate { get; init; } = 10;

    /// <value>Events a call, at most. Default 100.</value>
    public int Batch { get; init; } = 100;

    /// <summary>Names the receiver's budget without telling its address.</summary>
    public string Account => "webhook-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Project}\0{Name}")).AsSpan(0, 8));
}
