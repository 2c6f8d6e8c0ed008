using System.Collections.Concurrent;
using System.CommandLine;
using Sluice.Commands.Output;
using Sluice.Core.Erasure;
using Sluice.Hosting;

namespace Sluice.Commands.Profiles;

/// <summary><c>sluice profiles delete</c></summary>
internal static class ProfilesDelete
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    public static Command Create(CommandHost host)
    {
        var id = ProfilesCommand.Id();
        var yes = new Option<bool>("--yes", "-y") { Description = "Really. Without it nothing is deleted, and what would be is told." };
        var command = new Command(
            "delete", "Erases a person: everything under all of their ids goes, here, at Brevo and, with gdpr_token, at Mixpanel. They are never contacted again.") { id, yes };
        return ProjectCommand.Add(command, host, (session, parsed, cancellationToken) =>
            RunAsync(session, parsed.GetValue(id)!, parsed.GetValue(yes), cancellationToken));
    }

    private static async Task<int> RunAsync(ProjectSession session, string id, bool yes, CancellationToken cancellationToken)
    {
        var record = await session.Store.PersonalData.ReadAsync(session.Project, id, cancellationToken);
        if (!yes)
        {
            session.Console.Tell(
                $"'{id}' is a person of {record.Ids.Count} ids ({string.Join(", ", record.Ids.Take(10).Select(i => i.DistinctId))}), {record.Profiles.Count} profiles, "
                + $"{record.UserGroups.Count} stays in user groups and {record.Contacts.Count} contacts. All of it goes for good, with their events.");
            session.Console.Tell("Nothing was done. Add --yes to do it.");
            return ExitCode.Ok;
        }

        // By this process or by a running server, whoever comes first: one has the lease.
        using var http = new HttpClient(session.Host.Http()) { Timeout = Timeout.InfiniteTimeSpan };
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failures = new ConcurrentQueue<Exception>();
        var worker = Erasing.Worker(
            session.Configured, session.Store, http, new Scrubber(session.Store.ScrubAsync, session.Host.Time), session.Host.Time, $"command/{Guid.NewGuid():n}",
            failures.Enqueue);
        var state = await session.Store.Erasures.RequestAsync(
            new ErasureRequest(session.Project, ErasureKind.Deletion, [id], "GDPR", null, "command", TimeSpan.Zero), cancellationToken);
        var working = Task.Run(() => worker.RunAsync(stopping.Token), CancellationToken.None);
        try
        {
            state = await session.Console.WithProgressAsync($"Erasing {id}", progress => WaitAsync(session, state, progress, failures, cancellationToken));
        }
        finally
        {
            await stopping.CancelAsync();
            await working;
        }

        Write(session, id, state);
        return state.Status == ErasureStatus.Success ? ExitCode.Ok : ExitCode.Partial;
    }

    private static async Task<ErasureState> WaitAsync(
        ProjectSession session, ErasureState asked, IProgress<double>? progress, ConcurrentQueue<Exception> failures, CancellationToken cancellationToken)
    {
        string? told = null;
        while (true)
        {
            var state = await session.Store.Erasures.FindAsync(session.Project, asked.Id, cancellationToken) ?? asked;
            progress?.Report((double)state.Stage / (double)ErasureStage.Done);
            if (state.EndedAt is not null)
            {
                return state;
            }

            var note = state.Note ?? (failures.TryDequeue(out var failure) ? failure.Message : null) ?? Doing(state.Stage);
            if (note != told)
            {
                told = note;
                session.Console.Tell(note);
            }

            await Task.Delay(Look, session.Host.Time, cancellationToken);
        }
    }

    private static string Doing(ErasureStage stage) => stage switch
    {
        ErasureStage.Gather => "Finding out who is meant.",
        ErasureStage.Log or ErasureStage.Letters or ErasureStage.Tables => "Deleting. From now on nothing more of the person comes in.",
        ErasureStage.Settle => "Waiting a minute for what was under way. The command may be stopped: a running server goes on, or the next start of one.",
        ErasureStage.GatherAgain or ErasureStage.LogAgain or ErasureStage.LettersAgain or ErasureStage.TablesAgain => "Deleting what came in meanwhile.",
        ErasureStage.Contacts => "Deleting the contact at Brevo.",
        ErasureStage.Forward => "Telling Mixpanel.",
        _ => "Overwriting what is left in the files.",
    };

    private static void Write(ProjectSession session, string id, ErasureState state)
    {
        if (session.Json)
        {
            session.Console.Json(
                new ErasureAnswer(session.Project, state.Id, state.Status, state.Erased, state.Remote, state.RequestedAt, state.EndedAt),
                ProfilesJson.Readable.ErasureAnswer);
            return;
        }

        session.Console.Line($"{id} is erased.");
        if (state.Erased.Count > 0)
        {
            session.Console.Table(["What", ">Deleted"], [.. state.Erased.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e =>
                (IReadOnlyList<string?>)[e.Key.Replace('_', ' '), CommandConsole.Number(e.Value)])]);
        }
        else
        {
            session.Console.Tell("Nothing was stored of them.");
        }

        session.Console.Tell(state.Remote is { } remote ? $"Mixpanel was told: {remote}." : "Mixpanel was not told: connectors.mixpanel.gdpr_token is not set.");
    }
}
