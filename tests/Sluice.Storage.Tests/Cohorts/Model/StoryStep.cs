using Sluice.Core.Cohorts;

namespace Sluice.Storage.Tests.Cohorts.Model;

/// <summary>One step of a random story.</summary>
public abstract record StoryStep;

/// <summary>A page arrives.</summary>
public sealed record Arrival(string Cohort, string Session, CohortAction Action, int Page, int Of, IReadOnlyList<string> Ids) : StoryStep
{
    public override string ToString() => $"{Action} cohort {Cohort} session {Session} page {Page}/{Of}: {string.Join(' ', Ids)}";
}

/// <summary>One slice of settling.</summary>
public sealed record SettleOnce : StoryStep;

/// <summary>Settling until nothing is left, and a look at all that follows from it.</summary>
public sealed record SettleAll : StoryStep;

/// <summary>The store is closed and opened.</summary>
public sealed record Reopen : StoryStep;

/// <summary>A minute passes, where the clock is ours.</summary>
public sealed record MinutePasses : StoryStep;

/// <summary>More than a month passes in which no session is heard of.</summary>
public sealed record MonthPasses : StoryStep;

/// <summary>What has been kept long enough is removed.</summary>
public sealed record Clear : StoryStep;
