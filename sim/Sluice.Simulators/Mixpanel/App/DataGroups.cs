using System.Text;
using Sluice.Simulators.People;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary>The numbers of a project's group keys.</summary>
public static class DataGroups
{
    /// <summary>The number of a group key: 64 bits, often negative, and always the same.</summary>
    /// <param name="groupKey">The key.</param>
    /// <returns>Its number.</returns>
    public static long IdOf(string groupKey)
    {
        ArgumentNullException.ThrowIfNull(groupKey);
        return (long)Encoding.UTF8.GetBytes(groupKey).Aggregate(0UL, (hash, letter) => SeededHash.Mix(hash + letter + 1));
    }
}
