namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>Sizes and allowances, as published; tests make them small.</summary>
public sealed record MixpanelLimits
{
    /// <summary>
    /// Largest body, uncompressed. One official page says 10 MB, another prints this number in its refusal; a client that keeps to
    /// this one is safe with both.
    /// </summary>
    public int MaxRequestBytes { get; init; } = 2_097_152;

    /// <summary>Most records in one body.</summary>
    public int MaxRecords { get; init; } = 2_000;

    /// <summary>An event or update must be smaller.</summary>
    public int MaxRecordBytes { get; init; } = 1_048_576;

    /// <summary>An event must have fewer properties.</summary>
    public int MaxEventProperties { get; init; } = 255;

    /// <summary>A list must have fewer elements, a nested object fewer keys.</summary>
    public int MaxNestedItems { get; init; } = 255;

    /// <summary>Deepest nesting of lists and objects.</summary>
    public int MaxDepth { get; init; } = 3;

    /// <summary>Largest list or object of an event, in bytes of JSON.</summary>
    public int MaxEventValueBytes { get; init; } = 8 * 1024;

    /// <summary>Largest list or object of a profile, in bytes of JSON.</summary>
    public int MaxProfileValueBytes { get; init; } = 256 * 1024;

    /// <summary>Most properties of a profile.</summary>
    public int MaxProfileProperties { get; init; } = 2_000;

    /// <summary>Most group profiles of one group key.</summary>
    public int MaxGroupProfiles { get; init; } = 1_000_000;

    /// <summary>Most ids of one person in Original ID Merge.</summary>
    public int MaxClusterIds { get; init; } = 500;

    /// <summary>Most events of one distinct id on one day before later ones are set aside as a hot shard.</summary>
    public int MaxEventsPerIdAndDay { get; init; } = 200_000;

    /// <summary>Bytes of uncompressed JSON that a project may send within <see cref="IngestionWindow"/>.</summary>
    public long IngestionBytes { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>The window of <see cref="IngestionBytes"/>; it rolls.</summary>
    public TimeSpan IngestionWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Largest lookup table, uncompressed.</summary>
    public int MaxLookupTableBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>Most rows of all lookup tables of a project together.</summary>
    public int MaxLookupRows { get; init; } = 5_000_000;

    /// <summary>Replacements of lookup tables within <see cref="LookupWindow"/>.</summary>
    public int LookupCalls { get; init; } = 100;

    /// <summary>The window of <see cref="LookupCalls"/>; it rolls.</summary>
    public TimeSpan LookupWindow { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Queries of all kinds together within an hour, by project.</summary>
    public int QueriesPerHour { get; init; } = 60;

    /// <summary>Queries that may be under way at one time, until the last byte of the answer.</summary>
    public int QueriesAtOnce { get; init; } = 5;

    /// <summary>Raw exports within an hour.</summary>
    public int ExportsPerHour { get; init; } = 60;

    /// <summary>Raw exports within a second.</summary>
    public int ExportsPerSecond { get; init; } = 3;

    /// <summary>Raw exports that may be under way at one time.</summary>
    public int ExportsAtOnce { get; init; } = 100;

    /// <summary>The highest number that the parameter <c>limit</c> of a raw export may have.</summary>
    public int MaxExportLimit { get; init; } = 100_000;

    /// <summary>Calls of the schema API within a minute.</summary>
    public int SchemaCallsPerMinute { get; init; } = 5;

    /// <summary>Events and properties that one organization may write as schemas within a minute.</summary>
    public int SchemaEntitiesPerMinute { get; init; } = 4_000;

    /// <summary>Schemas that one call may delete.</summary>
    public int MaxSchemaDeletions { get; init; } = 3_000;

    /// <summary>Bytes of stored events that one script may read.</summary>
    public long MaxJqlInputBytes { get; init; } = 5L * 1024 * 1024 * 1024;

    /// <summary>Bytes that one script may answer.</summary>
    public long MaxJqlOutputBytes { get; init; } = 2L * 1024 * 1024 * 1024;
}
