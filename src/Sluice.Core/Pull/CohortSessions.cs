using Sluice.Core.Cohorts;

namespace Sluice.Core.Pull;

/// <summary>
/// Fetches one cohort's people as one full session: from then on there is no difference to a cohort that Mixpanel has sent. What is kept
/// after each page is enough to go on with the same answer of Mixpanel's after a crash; where Mixpanel has forgotten it, a new session begins,
/// and nothing of the old one is seen.
/// </summary>
internal sealed class CohortSessions(string project, IMixpanelSource source, ICohortIntake intake)
{
    private const int MaxSessions = 3;
    public const int UsualPageSize = 1_000;

    /// <param name="at">How far a session has come that was interrupted.</param>
    /// <param name="later">How many queries come after it, as far as is known.</param>
    /// <param name="save">Keeps how far it has come.</param>
    /// <returns>False when it was given up; the user group stays as it was.</returns>
    public async Task<bool> RunAsync(
        RemoteCohort cohort, IReadOnlyList<string>? properties, SessionPlace? at, long later, PullTally run, Func<SessionPlace, Task> save, CancellationToken cancellationToken)
    {
        var session = at ?? New(1, null);
        var size = UsualPageSize;
        while (true)
        {
            SourcePage<CohortPage> page;
            AskedSession? asked = null;
            if (session.Page > 0)
            {
                await run.RestAsync(await source.RestAsync(PageEnd.Left(session.Total, session.Received, size), later, cancellationToken), cancellationToken);
            }
            else
            {
                await source.KeepQueriesAsync(PageEnd.Of(cohort.Count, size) + later, cancellationToken);

                // Also where one was begun before and has no page: whoever began it may still hold its answer.
                asked = await AskedSession.BeginAsync(project, cohort.Id, intake, run, cancellationToken);
                session = session with { Id = asked.Id };
            }

            try
            {
                page = await AskAsync(cohort, properties, session, asked, cancellationToken);
            }
            catch (MixpanelSourceException e) when (e.Problem == SourceProblem.SessionGone && session.Remote is not null)
            {
                run.Count("calls");
                run.Count("sessions_lost");
                if (session.Begun >= MaxSessions)
                {
                    run.Note($"Cohort {cohort.Id}: Mixpanel has forgotten its answer before the last page, {MaxSessions} times. The user group stays as it was.");
                    return false;
                }

                session = New(session.Begun + 1, session.ShortBefore);
                await save(session);
                continue;
            }

            catch (MixpanelSourceException e) when (e.Problem == SourceProblem.BadQuestion)
            {
                run.Count("calls");
                run.Note($"Cohort {cohort.Id}: {e.Message}");
                return false;
            }

            run.Count("calls");
            size = page.PageSize;
            session = session with
            {
                Remote = page.Session, Received = session.Received + page.Records, Total = session.Page == 0 ? page.Total : session.Total,
            };
            var end = new PageEnd(page.Records, page.PageSize, session.Received, session.Total, cohort.Count);
            if (end.IsShort && session.ShortBefore != session.Received)
            {
                // Nothing of this session is seen: its last page is never given.
                if (session.Begun < MaxSessions)
                {
                    session = New(session.Begun + 1, session.Received);
                    await save(session);
                    continue;
                }

                run.Note($"Cohort {cohort.Id}: Mixpanel promised {session.Total} people and gave another number each time. The user group stays as it was.");
                return false;
            }

            if (end.IsShort)
            {
                run.Note($"Cohort {cohort.Id}: Mixpanel promised {session.Total} people and gave {session.Received}, twice.");
            }

            var number = session.Page + 1;
            var content = page.Content with { Project = project, Session = session.Id!, Page = number, TotalPages = end.Pages(number), IsFetched = true };
            var outcome = await run.PatientlyAsync(() => intake.ApplyAsync(content, cancellationToken), cancellationToken);
            run.Count("people", content.Members.Count - outcome.Erased);
            run.Count("erased", outcome.Erased);
            run.Count("refused", content.Rejected.Count);
            session = session with { Page = number };
            if (end.IsLast)
            {
                return true;
            }

            await save(session);
        }
    }

    private async Task<SourcePage<CohortPage>> AskAsync(
        RemoteCohort cohort, IReadOnlyList<string>? properties, SessionPlace session, AskedSession? asked, CancellationToken cancellationToken)
    {
        try
        {
            return await source.CohortPageAsync(
                cohort, properties, session.Remote is { } remote ? new PagePlace(remote, session.Page) : null, cancellationToken);
        }
        catch (Exception e) when (asked is not null && e is MixpanelSourceException or OperationCanceledException)
        {
            await asked!.AbandonAsync();
            throw;
        }
    }

    private static SessionPlace New(int begun, long? shortBefore) => new(null, null, 0, 0, null, begun, shortBefore);
}
