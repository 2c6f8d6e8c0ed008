namespace Sluice.Mixpanel.Cohorts;

/// <summary>What one cohort webhook request asks its receiver to do with the members it carries.</summary>
public enum CohortAction
{
    /// <summary><c>members</c>: the union of all pages of the session replaces the cohort.</summary>
    Members,

    /// <summary><c>add_members</c>: these users entered the cohort since the last successful sync.</summary>
    AddMembers,

    /// <summary><c>remove_members</c>: these users left the cohort since the last successful sync.</summary>
    RemoveMembers,
}
