using Sluice.Core.Identity;
using Sluice.Core.Pull.Schedules;

namespace Sluice.Core.Pull;

/// <summary>What is fetched from a project's Mixpanel, and when.</summary>
public sealed record PullPlan(string Project, TimeZoneInfo TimeZone, IdentityMode Identity)
{
    /// <summary>Mixpanel's number of the project that is read from; null where only a secret says which it is.</summary>
    public string? RemoteProject { get; init; }

    public CohortPullRule? Cohorts { get; init; }

    public EventPullRule? Events { get; init; }

    public ProfilePullRule? Profiles { get; init; }

    public IReadOnlyList<JqlPullRule> Jql { get; init; } = [];

    public bool IsNothing => Cohorts is null && Events is null && Profiles is null && Jql.Count == 0;
}

/// <param name="Include">Cohorts by id or name; null: all that are visible at Mixpanel.</param>
/// <param name="Properties">Which properties come with the people; null: all.</param>
public sealed record CohortPullRule(Schedule Schedule, IReadOnlyList<string>? Include, IReadOnlyList<string>? Properties);

/// <param name="From">The first day.</param>
/// <param name="OverlapDays">How many days before the last one are fetched again, for events that came late; at least 1.</param>
/// <param name="Names">Only these events; all when empty.</param>
public sealed record EventPullRule(Schedule Schedule, DateOnly From, int OverlapDays, IReadOnlyList<string> Names)
{
    /// <summary>Mixpanel shifts the times of its exports into the project's time zone, as it does for projects made before 2023: they are shifted back.</summary>
    public bool IsTimeShifted { get; init; }
}

/// <param name="Where">A condition in Mixpanel's language; null: everybody.</param>
/// <param name="Properties">Which properties are fetched; null: all.</param>
public sealed record ProfilePullRule(Schedule Schedule, string? Where, IReadOnlyList<string>? Properties);

/// <param name="Script">Gives the script as it is when the job runs; a <see cref="MixpanelSourceException"/> when it cannot be had ends that run.</param>
/// <param name="Attributes">The properties that a row's values become, in their order; null: the rows' people are a user group, unless the rows are a table.</param>
public sealed record JqlPullRule(string Name, Func<string> Script, Schedule Schedule, IReadOnlyList<string>? Attributes)
{
    /// <summary>The id of the user group that the rows' people are.</summary>
    public string Group => $"jql/{Name}";

    /// <summary>The lookup table that the rows are; null: they are of people.</summary>
    public JqlTableRule? Table { get; init; }
}

/// <summary>A lookup table that a script fills.</summary>
/// <param name="Table">Its id.</param>
/// <param name="Key">Its first column: a row's first value, or the property of that name.</param>
/// <param name="Columns">The others: a row's other values in their order, or the properties of those names.</param>
public sealed record JqlTableRule(string Table, string Key, IReadOnlyList<string> Columns);

/// <summary>How patient the worker is.</summary>
public sealed record PullOptions
{
    public TimeSpan LeaseLength { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a job rests after a failure; doubled each time.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A run ends when it has failed so often without getting further.</summary>
    public int MaxFailures { get; init; } = 8;

    /// <summary>How often it is looked whether something has become due.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(30);
}
