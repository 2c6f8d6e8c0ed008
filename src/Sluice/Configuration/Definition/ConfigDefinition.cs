using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Definition;

/// <summary>
/// The one table of keys. The loader reads with it, unknown keys are found by it, and the JSON schema and the reference in the
/// documentation are written from it.
/// </summary>
internal static class ConfigDefinition
{
    public static readonly Key<BlockReader> Server = new("server", ServerKeys.Block, "How the process listens and where it keeps its files.");

    public static readonly Key<BlockReader> Storage = new("storage", StorageKeys.Block, "Which engine holds the data.");

    public static readonly Key<BlockReader> Project = new("project", ProjectKeys.Block, "The project, when there is one. Excludes `projects`.");

    public static readonly Key<BlockReader> Connectors = new("connectors", ConnectorKeys.Block, "The systems on either side. Beside `project`.");

    public static readonly Key<IReadOnlyList<MapEntry<string>>> EventMapping = MappingKeys.EventMapping;

    public static readonly Key<IReadOnlyList<MapEntry<BlockReader>>> PropertyMapping = MappingKeys.PropertyMapping;

    public static readonly Key<IReadOnlyList<BlockReader>> Lookups = LookupKeys.Lookups;

    public static readonly Key<IReadOnlyList<MapEntry<BlockReader>>> Orders = OrderKeys.Orders;

    public static readonly Key<BlockReader> Companies = CompanyKeys.Companies;

    public static readonly Key<IReadOnlyList<BlockReader>> Destinations = DestinationKeys.Destinations;

    public static readonly Key<BlockReader> Pull = PullKeys.Pull;

    public static readonly Key<ReportSource> Reports = ReportKeys.Reports;

    /// <summary>Known to later versions, both at the root and in a project.</summary>
    private static readonly Key<object>[] LaterOfProject =
    [
        UnusedShape.Key("funnels", "Saved funnels."),
        UnusedShape.Key("audiences", "Saved sets of conditions."),
        UnusedShape.Key("alerts", "Who is told when someone must act."),
    ];

    public static readonly Key<IReadOnlyList<BlockReader>> Projects = new(
        "projects",
        new BlockListShape(new BlockShape([Project, Connectors, EventMapping, PropertyMapping, Lookups, Orders, Companies, Destinations, Pull, Reports, .. LaterOfProject])),
        "Several projects, each with its own `project`, `connectors`, mappings, `lookups`, `orders` and `destinations`, which then do not stand at the root.");

    public static readonly BlockShape Root =
        new([Server, Storage, Project, Connectors, EventMapping, PropertyMapping, Lookups, Orders, Companies, Destinations, Pull, Reports, Projects, .. LaterOfProject, UnusedShape.Key("console", "Sign-in to the console.")])
        {
            AllowsExtensions = true,
        };

    /// <summary>Every key with its path; where names are free, they stand in angle brackets.</summary>
    public static IReadOnlyList<(string Path, Key Key)> All { get; } = [.. Root.KeysBelow()];
}
