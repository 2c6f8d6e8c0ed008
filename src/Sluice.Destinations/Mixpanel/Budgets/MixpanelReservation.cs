namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>Calls that are kept for a job.</summary>
/// <param name="Job">The job's name.</param>
/// <param name="Calls">How many are left of them.</param>
/// <param name="Until">When they are free for all again, whatever became of the job.</param>
internal readonly record struct MixpanelReservation(string Job, int Calls, DateTimeOffset Until);
