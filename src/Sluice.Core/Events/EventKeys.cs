using Sluice.Core.People;

namespace Sluice.Core.Events;

/// <summary>The 128-bit keys under which names and insert ids are stored.</summary>
/// <remarks>The same hash as a person's, for the same reason: strangers choose what goes in.</remarks>
public static class EventKeys
{
    public static UInt128 OfName(string project, string name) => PersonKey.Of(project, name).Value;

    public static UInt128 OfInsertId(string project, string insertId) => PersonKey.Of(project, insertId).Value;
}
