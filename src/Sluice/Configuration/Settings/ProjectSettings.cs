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

    /// <summary>What <c>connectors.brevo</c> says beside the key, for a key that is connected by the management API.</summary>
    public UnconnectedBrevoSettings UnconnectedBrevo { get; init; } = UnconnectedBrevoSettings.Default;

    /// <summary>Whether a person has paused what goes to Brevo, by the management API. No key of the file.</summary>
    public bool BrevoPaused { get; init; }

    /// <summary>The same for calls to Mixpanel, and for what travels on from there.</summary>
    public bool MixpanelPaused { get; init; }

    /// <summary>The project as its work runs: what is paused is as if it were switched off. Erasures are passed on all the same, and do not ask this.</summary>
    internal ProjectSettings Active => MixpanelPaused && Mixpanel is not null ? this with { Mixpanel = Mixpanel with { Enabled = false } } : this;

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

    /// <summary>What is fetched from Mixpanel. Null: nothing is.</summary>
    public PullSettings? Pull { get; init; }

    /// <summary>Who answers the query API. Default: <see cref="ReportSource.Mixpanel"/>.</summary>
    public ReportSource Reports { get; init; }
}
