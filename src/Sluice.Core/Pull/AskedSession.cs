using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;

namespace Sluice.Core.Pull;

/// <summary>
/// The beginning of a session whose people are asked for. It has its place in the order of sessions before Mixpanel is asked, so that whatever
/// is stored while the answer is on its way, by Mixpanel or by another node, counts as newer than the answer.
/// </summary>
internal sealed class AskedSession
{
    private readonly string _project;
    private readonly string _cohort;
    private readonly ICohortIntake _intake;

    private AskedSession(string project, string cohort, ICohortIntake intake, string id) => (_project, _cohort, _intake, Id) = (project, cohort, intake, id);

    public string Id { get; }

    /// <summary>Begins a session of its own for each question: an answer that somebody else still holds never counts as the answer to this one.</summary>
    public static async Task<AskedSession> BeginAsync(string project, string cohort, ICohortIntake intake, PullTally run, CancellationToken cancellationToken)
    {
        var session = new AskedSession(project, cohort, intake, $"pull/{run.NewId()}");
        await run.PatientlyAsync(() => intake.BeginAsync(project, cohort, session.Id, run.Lease, cancellationToken), cancellationToken);
        return session;
    }

    /// <summary>There is no answer: what was begun is taken back.</summary>
    public async Task AbandonAsync()
    {
        try
        {
            await _intake.AbandonAsync(_project, _cohort, Id, CancellationToken.None);
        }
        catch (Exception e) when (e is IntakeBusyException or StoreUnavailableException)
        {
            // A session without pages is not seen, and is cleared away in time.
        }
    }
}
