namespace Sluice.Mixpanel.Cohorts;

/// <summary>The names of the cohort webhook's actions as they stand on the wire.</summary>
public static class CohortActionNames
{
    /// <summary>The name of <see cref="CohortAction.Members"/>.</summary>
    public const string Members = "members";

    /// <summary>The name of <see cref="CohortAction.AddMembers"/>.</summary>
    public const string AddMembers = "add_members";

    /// <summary>The name of <see cref="CohortAction.RemoveMembers"/>.</summary>
    public const string RemoveMembers = "remove_members";

    /// <summary>The wire name of an action.</summary>
    /// <param name="action">The action.</param>
    /// <returns>The name that stands in the request and must stand in the answer.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="action"/> is none of the three actions.</exception>
    public static string Of(CohortAction action) => action switch
    {
        CohortAction.Members => Members,
        CohortAction.AddMembers => AddMembers,
        CohortAction.RemoveMembers => RemoveMembers,
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "Unknown cohort action."),
    };

    /// <summary>Finds the action of a wire name; upper and lower case differ.</summary>
    /// <param name="name">The name as received.</param>
    /// <returns>The action, or null when the name is not one of the three.</returns>
    public static CohortAction? Find(string? name) => name switch
    {
        Members => CohortAction.Members,
        AddMembers => CohortAction.AddMembers,
        RemoveMembers => CohortAction.RemoveMembers,
        _ => null,
    };
}
