using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Client;

/// <summary>Writes and reads enums in camelCase, as the API has them.</summary>
internal sealed class CamelCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>Where Mixpanel keeps a project's data.</summary>
[JsonConverter(typeof(CamelCase<MixpanelDataResidency>))]
public enum MixpanelDataResidency
{
    /// <summary>The United States.</summary>
    Us,

    /// <summary>The European Union.</summary>
    Eu,

    /// <summary>India.</summary>
    In,
}

/// <summary>What a sync may do to a list.</summary>
[JsonConverter(typeof(CamelCase<SyncMode>))]
public enum SyncMode
{
    /// <summary>The list holds the cohort's people, of those whom Sluice put there.</summary>
    Mirror,

    /// <summary>The list holds the cohort's people and nobody else.</summary>
    Exclusive,

    /// <summary>Nobody is removed.</summary>
    Add,

    /// <summary>The cohort's people are taken off the list.</summary>
    Remove,

    /// <summary>Attributes only.</summary>
    Update,
}

/// <summary>How a connector stands.</summary>
[JsonConverter(typeof(CamelCase<ConnectorState>))]
public enum ConnectorState
{
    /// <summary>There are no credentials for it.</summary>
    NotConnected,

    /// <summary>It works, as far as the server knows.</summary>
    Connected,

    /// <summary>A person has paused it.</summary>
    Paused,

    /// <summary>The server's config file switches it off.</summary>
    Disabled,
}

/// <summary>Who says what a connector uses.</summary>
[JsonConverter(typeof(CamelCase<ConnectorSource>))]
public enum ConnectorSource
{
    /// <summary>Nobody.</summary>
    None,

    /// <summary>The server's config file.</summary>
    Config,

    /// <summary>The management API.</summary>
    Api,

    /// <summary>Both, each a part of it.</summary>
    Both,
}

/// <summary>In what a budget is counted.</summary>
[JsonConverter(typeof(CamelCase<BudgetUnit>))]
public enum BudgetUnit
{
    /// <summary>Calls.</summary>
    Calls,

    /// <summary>Megabytes of 1,000,000 bytes.</summary>
    Megabytes,
}
