using Sluice.Core.Pull;
using Sluice.Core.Pull.Schedules;

namespace Sluice.Configuration;

/// <summary>The block <c>pull</c>: what is fetched from Mixpanel, and when.</summary>
/// <param name="Cohorts">Null: none are. Its properties are <see cref="Mapped"/> where the file does not say which.</param>
/// <param name="Events">Null: none are.</param>
/// <param name="Profiles">Null: none are.</param>
/// <param name="Jql">Scripts; no two of one name.</param>
public sealed record PullSettings(CohortPullRule? Cohorts, EventPullRule? Events, ProfilePullRule? Profiles, IReadOnlyList<JqlPullSettings> Jql)
{
    /// <summary>The properties that the project's mapping names.</summary>
    public static IReadOnlyList<string> Mapped { get; } = [];
}

/// <summary>One entry of <c>pull.jql</c>.</summary>
/// <param name="ScriptFile">Full path of the script.</param>
/// <param name="Attributes">The properties that a row's values become; null: its people are a user group, unless the rows are a table.</param>
public sealed record JqlPullSettings(string Name, string ScriptFile, Schedule Schedule, IReadOnlyList<string>? Attributes)
{
    /// <summary>The lookup table that the rows are; no two scripts fill the same one.</summary>
    public JqlTableRule? Table { get; init; }
}
