namespace Sluice.Configuration;

/// <summary>One entry of <c>lookups</c>.</summary>
/// <param name="Table">Id or name of the table.</param>
/// <param name="Join">The property whose value is a key of the table.</param>
/// <param name="Columns">Column and the property that it becomes; at least one.</param>
/// <param name="Events">Whether events get them.</param>
/// <param name="Profiles">Whether profiles get them.</param>
public sealed record LookupSettings(string Table, string Join, IReadOnlyList<(string Column, string Property)> Columns, bool Events, bool Profiles);
