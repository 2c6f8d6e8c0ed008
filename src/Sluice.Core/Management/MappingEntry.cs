namespace Sluice.Core.Management;

/// <summary>One line of a mapping of the config file.</summary>
/// <param name="Source">What it is at Mixpanel: an event's name, or a property's.</param>
/// <param name="Target">What it becomes.</param>
/// <param name="Type">The attribute's type where the file fixes it; null otherwise.</param>
public sealed record MappingEntry(string Source, string Target, string? Type);

/// <summary>How a project's events and properties are named at the destination.</summary>
/// <param name="SendsUnmapped">Whether events without a line are sent under their own name.</param>
public sealed record ProjectMappings(IReadOnlyList<MappingEntry> Events, bool SendsUnmapped, IReadOnlyList<MappingEntry> Properties);
