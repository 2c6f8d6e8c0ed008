namespace Sluice.Configuration;

/// <summary>The config file, read and checked: what one Sluice process is told to do.</summary>
/// <param name="Server">How the process listens and where it keeps its files.</param>
/// <param name="Storage">Which engine holds the data. Default: SQLite.</param>
/// <param name="Projects">The projects, at least one; a file that names none has one called <c>default</c>.</param>
public sealed record SluiceSettings(ServerSettings Server, StorageSettings Storage, IReadOnlyList<ProjectSettings> Projects);
