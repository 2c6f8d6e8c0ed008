using System.Security.Cryptography.X509Certificates;
using Sluice.Simulators.Mixpanel.Query;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>How the simulated Mixpanel behaves. A new instance holds one ordinary project in the US.</summary>
public sealed record MixpanelSimulatorOptions
{
    /// <summary>The projects.</summary>
    public IReadOnlyList<MixpanelProject> Projects { get; init; } = [new()];

    /// <summary>Port of the US ingestion host on 127.0.0.1; 0 takes any free one. All other hosts take free ones.</summary>
    public int Port { get; init; }

    /// <summary>With it the hosts speak TLS only, as Mixpanel's do; some official clients send credentials over nothing else.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Drives windows, delays and every time stamp.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Seed of the draws that faults with a probability make.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Sizes and allowances.</summary>
    public MixpanelLimits Limits { get; init; } = new();

    /// <summary>How queries are answered where Mixpanel is known to differ from time to time.</summary>
    public MixpanelQueryOptions Query { get; init; } = new();

    /// <summary>Clients that may exchange refresh tokens.</summary>
    public IReadOnlyList<MixpanelOAuthClient> OAuthClients { get; init; } = [];

    /// <summary>Where addresses lie. An address that is not here has no location.</summary>
    public IReadOnlyDictionary<string, MixpanelPlace> Places { get; init; } = MixpanelPlace.Samples;

    /// <summary>How many of the newest calls are kept one by one; counters are kept for ever.</summary>
    public int LogEntries { get; init; } = 10_000;
}

/// <summary>Where Mixpanel keeps a project's data.</summary>
public enum MixpanelResidency
{
    /// <summary>United States: <c>api.mixpanel.com</c>.</summary>
    US,

    /// <summary>European Union: <c>api-eu.mixpanel.com</c>.</summary>
    EU,

    /// <summary>India: <c>api-in.mixpanel.com</c>.</summary>
    IN,
}

/// <summary>The parts of Mixpanel, each with a host of its own in every region; queries and the app API share one.</summary>
public enum MixpanelFamily
{
    /// <summary>What takes data in: <c>api.mixpanel.com</c>.</summary>
    Ingestion,

    /// <summary>What answers questions: <c>mixpanel.com/api/query</c> and <c>/api/2.0</c>.</summary>
    Query,

    /// <summary>What gives raw events back: <c>data.mixpanel.com</c>.</summary>
    Export,

    /// <summary>What manages a project: <c>mixpanel.com/api/app</c>, and <c>mixpanel.com/oauth</c>.</summary>
    App,
}

/// <summary>How a project makes one person of several ids.</summary>
public enum MixpanelIdentityMode
{
    /// <summary>Simplified ID Merge: a user id and any number of devices.</summary>
    Simplified,

    /// <summary>Original ID Merge: clusters of at most 500 ids.</summary>
    Original,

    /// <summary>No merging; aliases alone.</summary>
    Legacy,
}

/// <summary>What a service account may do.</summary>
public enum MixpanelRole
{
    /// <summary>Everything.</summary>
    Owner,

    /// <summary>Everything within the project.</summary>
    Admin,

    /// <summary>Reads and analyses; may not import.</summary>
    Analyst,

    /// <summary>Reads.</summary>
    Consumer,
}

/// <summary>A service account of a project.</summary>
/// <param name="UserName">The user name.</param>
/// <param name="Secret">The secret.</param>
/// <param name="Role">The role.</param>
public sealed record MixpanelServiceAccount(string UserName, string Secret, MixpanelRole Role = MixpanelRole.Admin);

/// <summary>A lookup table, which can only be made in Mixpanel's own pages.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
public sealed record MixpanelLookupTable(Guid Id, string Name);

/// <summary>One project with its keys and settings.</summary>
public sealed record MixpanelProject
{
    /// <summary>The numeric id.</summary>
    public string Id { get; init; } = "12345";

    /// <summary>The token inside of events and updates.</summary>
    public string Token { get; init; } = "simulator-token";

    /// <summary>The deprecated project secret.</summary>
    public string ApiSecret { get; init; } = "simulator-api-secret";

    /// <summary>Its service accounts.</summary>
    public IReadOnlyList<MixpanelServiceAccount> ServiceAccounts { get; init; } = [new("simulator.account", "simulator-secret")];

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "Simulated";

    /// <summary>The organization that it belongs to.</summary>
    public long OrganizationId { get; init; } = 77;

    /// <summary>Its time zone, by IANA name: days of reports are days there.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>
    /// Made before 2023: raw export counts its days in the project's zone and not in UTC, and gives times that are shifted into the zone.
    /// </summary>
    public bool ExportsLocalTime { get; init; }

    /// <summary>Whether the plan includes the query API; without it every query is answered with 402.</summary>
    public bool AllowsQueries { get; init; } = true;

    /// <summary>Whether the plan includes raw export. The free plan was seen to have it.</summary>
    public bool AllowsExport { get; init; } = true;

    /// <summary>How many days back queries may go; null for no limit.</summary>
    public int? HistoryDays { get; init; }

    /// <summary>OAuth tokens that open it.</summary>
    public IReadOnlyList<string> OAuthTokens { get; init; } = [];

    /// <summary>Where its data lie; the hosts of other regions do not know it.</summary>
    public MixpanelResidency Residency { get; init; } = MixpanelResidency.US;

    /// <summary>How ids become persons.</summary>
    public MixpanelIdentityMode Identity { get; init; } = MixpanelIdentityMode.Simplified;

    /// <summary>The group keys of its settings; what is sent under another key is lost.</summary>
    public IReadOnlyList<string> GroupKeys { get; init; } = [];

    /// <summary>Its lookup tables.</summary>
    public IReadOnlyList<MixpanelLookupTable> LookupTables { get; init; } = [];
}
