using System.Globalization;
using Sluice.Core.Cohorts;

namespace Sluice.Core.Pull;

/// <summary>A cohort that was fetched because somebody asked.</summary>
/// <param name="People">How many people Mixpanel gave.</param>
/// <param name="Calls">What it has cost of the hour's queries.</param>
/// <param name="Note">What a person may want to know; null when all was as it should be.</param>
public sealed record FetchedCohort(string Id, string Name, long People, long Calls, string? Note);

/// <summary>Fetches one cohort because somebody asks, whether the plan names it or not.</summary>
/// <param name="properties">Which properties come with its people; null: all.</param>
public sealed class CohortFetch(
    string project, IMixpanelSource source, ICohortIntake intake, IUserGroups groups, IReadOnlyList<string>? properties, TimeProvider time)
{
    /// <summary>Fetches it; when this returns, its user group holds whom Mixpanel said.</summary>
    /// <param name="cohort">Its id, or its name where only one has it.</param>
    /// <returns>Null when Mixpanel has no such cohort.</returns>
    /// <exception cref="MixpanelSourceException">Mixpanel has not answered; the user group stays as it was.</exception>
    public async Task<FetchedCohort?> FetchAsync(string cohort, CancellationToken cancellationToken)
    {
        var cohorts = await source.CohortsAsync(cancellationToken);
        var named = cohorts.Where(c => c.Name == cohort).ToList();
        if ((cohorts.FirstOrDefault(c => c.Id == cohort) ?? (named.Count == 1 ? named[0] : null)) is not { } found)
        {
            return null;
        }

        var tally = new PullTally(time);
        tally.Count("calls");
        if (!await new CohortSessions(project, source, intake).RunAsync(found, properties, null, 0, tally, _ => Task.CompletedTask, cancellationToken))
        {
            throw new MixpanelSourceException(tally.Notes ?? $"Cohort {found.Id} could not be fetched.") { Problem = SourceProblem.Later };
        }

        if (await groups.FindAsync(project, found.Id, cancellationToken) is { SentAt: { } sent })
        {
            tally.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"Cohort {found.Id} is sent by Mixpanel too, last at {sent:yyyy-MM-dd HH:mm} UTC: whichever was begun last counts. Fetch it, or have it sent, but not both."));
        }

        return new FetchedCohort(found.Id, found.Name, tally.Counts.GetValueOrDefault("people"), tally.Counts["calls"], tally.Notes);
    }
}
