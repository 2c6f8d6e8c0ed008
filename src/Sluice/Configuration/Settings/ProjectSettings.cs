namespace Sluice.Configuration;

/// <summary>One tenant: the block <c>project</c> with the connectors and mappings beside it, or one entry of <c>projects</c>.</summary>
public sealed record ProjectSettings
{
    /// <summary>The project_id in URLs: a letter or digit, then up to 63 letters, digits, <c>_</c> or <c>-</c>. Default: <c>default</c>.</summary>
    public required string Id { get; init; }

    /// <summary>User name of what calls Sluice. Null: generated and shown once.</summary>
    public Secret? AccessKey { get; init; }

    /// <summary>Password of what calls Sluice. Null: generated and shown once.</summary>
    public Secret? SecretKey { get; init; }

    /// <summary>Whether the project token alone opens <c>/import</c>, as it does at Mixpanel. Default: true.</summary>
    public required bool ImportWithToken { get; init; }

    /// <summary>Where calendar days begin and end. Default: UTC.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>The block <c>connectors.mixpanel</c>. Null: absent; Sluice then only receives.</summary>
    public MixpanelConnectorSettings? Mixpanel { get; init; }

    /// <summary>The block <c>connectors.brevo</c>. Null: absent; Sluice then receives and keeps.</summary>
    public BrevoConnectorSettings? Brevo { get; init; }

    /// <summary>Which events are sent, and under which name. Default: <see cref="Configuration.EventMapping.SendAll"/>.</summary>
    public required EventMapping EventMapping { get; init; }

    /// <summary>Which attributes of a profile are sent, and where. Default: <see cref="Configuration.PropertyMapping.EmailOnly"/>.</summary>
    public required PropertyMapping PropertyMapping { get; init; }

    /// <summary>What lookup tables add to events and profiles on their way. Default: nothing.</summary>
    public IReadOnlyList<LookupSettings> Lookups { get; init; } = [];

    /// <summary>Events that go to Brevo as orders. Default: none.</summary>
    public IReadOnlyList<OrderSettings> Orders { get; init; } = [];

    /// <summary>How groups become companies in Brevo. Null: they do not.</summary>
    public CompanySettings? Companies { get; init; }

    /// <summary>The entries of <c>destinations</c>. Default: none.</summary>
    public IReadOnlyList<WebhookDestinationSettings> Webhooks { get; init; } = [];
}
