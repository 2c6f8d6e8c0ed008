using System.Security.Cryptography;
using System.Text;
using Sluice.Destinations.Brevo.Attributes;

namespace Sluice.Destinations.Brevo;

/// <summary>What the Brevo destination of one project needs to know.</summary>
public sealed record BrevoSettings
{
    /// <summary>The account's API key. It is never printed.</summary>
    public required string ApiKey { get; init; }

    public required Uri BaseAddress { get; init; }

    /// <summary>Which property fills which attribute.</summary>
    public required IReadOnlyList<AttributeMapping> Mapping { get; init; }

    /// <summary>The project's time zone: a Unix time has its day there.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Where Brevo reaches this project's inbox, for instance <c>https://host/brevo/projects/default</c>; null when it cannot.</summary>
    public Uri? Inbox { get; init; }

    /// <summary>The bearer token with which Brevo's webhooks authenticate; null when there are none.</summary>
    public string? WebhookToken { get; init; }

    /// <summary>Whether Brevo is asked to tell what becomes of its messages.</summary>
    public bool CampaignEvents { get; init; }

    /// <summary>Names the account without telling its key: what is limited by account hangs on it.</summary>
    public string Account => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{BaseAddress}\0{ApiKey}")).AsSpan(0, 8));

    public override string ToString() => $"Brevo at {BaseAddress.GetLeftPart(UriPartial.Path)}";
}
