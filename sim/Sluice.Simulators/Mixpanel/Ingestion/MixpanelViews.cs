namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>An event as it was received. What was sent twice is here twice.</summary>
/// <param name="Number">Its place in the order of arrival, from 1.</param>
/// <param name="Endpoint">The path that it came through.</param>
/// <param name="Name">Its name.</param>
/// <param name="TimeMs">When it happened, in milliseconds since 1970.</param>
/// <param name="DistinctId">The id that its own fields resolve to.</param>
/// <param name="InsertId">Its insert id, as sent or made up.</param>
/// <param name="InsertIdSent">False when the insert id was made up: the event then never is a duplicate of another.</param>
/// <param name="PropertiesJson">All its properties, what Mixpanel adds among them.</param>
/// <param name="ArrivedAt">When it arrived.</param>
public sealed record MixpanelEventView(
    long Number,
    string Endpoint,
    string Name,
    long TimeMs,
    string DistinctId,
    string InsertId,
    bool InsertIdSent,
    string PropertiesJson,
    DateTimeOffset ArrivedAt);

/// <summary>A user profile.</summary>
/// <param name="DistinctId">The id it is attached to.</param>
/// <param name="PropertiesJson">Its properties.</param>
/// <param name="UpdatedAt">When it was last written.</param>
public sealed record MixpanelProfileView(string DistinctId, string PropertiesJson, DateTimeOffset UpdatedAt);

/// <summary>A group profile.</summary>
/// <param name="GroupKey">The kind of group.</param>
/// <param name="GroupId">The group.</param>
/// <param name="PropertiesJson">Its properties.</param>
/// <param name="UpdatedAt">When it was last written.</param>
public sealed record MixpanelGroupView(string GroupKey, string GroupId, string PropertiesJson, DateTimeOffset UpdatedAt);

/// <summary>Ids that are one person.</summary>
/// <param name="CanonicalId">The one that queries show.</param>
/// <param name="Ids">All of them, the canonical one included, in the order they joined.</param>
public sealed record MixpanelClusterView(string CanonicalId, IReadOnlyList<string> Ids);

/// <summary>A lookup table.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Columns">The header row; empty before the first replacement.</param>
/// <param name="RowsJson">One object a row, typed; a value that is undefined is left out.</param>
public sealed record MixpanelLookupView(Guid Id, string Name, IReadOnlyList<string> Columns, IReadOnlyList<string> RowsJson);

/// <summary>A project in numbers.</summary>
internal sealed record ProjectSummary(
    int Events,
    int Profiles,
    int Groups,
    int Clusters,
    IReadOnlyList<LookupSummary> LookupTables,
    IReadOnlyDictionary<string, long> Lost,
    MixpanelVolumeView Volume);

/// <summary>A lookup table in numbers.</summary>
internal sealed record LookupSummary(Guid Id, string Name, int Rows);

/// <summary>The use of a project's ingestion allowance.</summary>
/// <param name="InWindow">Accepted bytes that are in the window now.</param>
/// <param name="MaxInWindow">The most bytes, refused ones included, that ever arrived within one window.</param>
public sealed record MixpanelVolumeView(long InWindow, long MaxInWindow);
