namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>A saved cohort of a project.</summary>
/// <param name="Id">Its id, which never changes.</param>
/// <param name="Name">Its name.</param>
/// <param name="Members">The distinct ids of who is in it; read anew for every answer.</param>
public sealed record MixpanelCohort(long Id, string Name, IEnumerable<string> Members)
{
    /// <summary>Its description.</summary>
    public string Description { get; init; } = "";

    /// <summary>Whether it is shown in lists.</summary>
    public bool IsVisible { get; init; } = true;

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; } = new(2026, 1, 5, 9, 30, 0, TimeSpan.Zero);
}

/// <summary>A saved funnel of a project.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Steps">The names of its events, in order.</param>
public sealed record MixpanelFunnel(long Id, string Name, IReadOnlyList<string> Steps)
{
    /// <summary>How long somebody may take from the first step to the last.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromDays(14);
}
