namespace Sluice.Mixpanel.Client;

/// <summary>A saved cohort.</summary>
/// <param name="Id">Its id, the number that cohort syncs send as text.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What somebody wrote about it; empty when nobody did.</param>
/// <param name="Count">How many members it had when Mixpanel last counted; null when it is not said.</param>
/// <param name="IsVisible">Whether it is shown in the project.</param>
/// <param name="ProjectId">Whose it is.</param>
/// <param name="Created">When it was made, as Mixpanel writes it: <c>YYYY-MM-DD HH:MM:SS</c>, without a zone.</param>
public sealed record MixpanelCohort(long Id, string Name, string Description, long? Count, bool IsVisible, long? ProjectId, string? Created);
