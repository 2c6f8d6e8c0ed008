using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Sluice.Commands;
using Sluice.Commands.Cohorts;
using Sluice.Commands.Output;
using Sluice.Configuration;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Management;
using Sluice.Core.Pull;
using Sluice.Destinations.Brevo;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>Brings lists in step because somebody asks this node, as <c>sluice cohorts sync</c> does from outside.</summary>
internal sealed class ListSyncs(
    SluiceSettings settings, LiveProjects projects, NodeWork work, Store store, HttpClient http, ILogger logger, TimeProvider time) : IListSyncs
{
    private readonly ConcurrentDictionary<string, SyncQueue> _queues = new(StringComparer.Ordinal);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(6);

    public async Task<ListSyncPreview> PreviewAsync(ListSyncRequest request, CancellationToken cancellationToken)
    {
        var session = Session(request.Project);
        try
        {
            var sync = await SyncRequest.CreateAsync(session, request.Cohort, request.List, request.Mode, allowRemovals: false, cancellationToken);
            return await CohortsSyncPreview.CountAsync(session, sync, cancellationToken);
        }
        catch (CommandException e)
        {
            throw Translated(e);
        }
    }

    public async Task<ListSyncResult> SyncAsync(ListSyncRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        var session = Session(request.Project);
        if (work.Find(request.Project)?.Delivery is not { } delivery)
        {
            throw new ListSyncException(ListSyncProblem.NotDelivering, "Nothing goes to Brevo: connect it, or resume it, and see that sync.cohorts is not false.");
        }

        var queue = _queues.GetOrAdd(request.Project, _ => new SyncQueue());
        if (!queue.TryEnter())
        {
            throw new ListSyncException(ListSyncProblem.Busy, "One sync of this project is going on and another one waits for its turn: ask again when one has ended.");
        }

        Task<string>? running = null;
        SyncRequest sync;
        var since = time.GetUtcNow();
        try
        {
            sync = await PrepareAsync(request, session, since, cancellationToken);

            // It goes on when the caller has no more patience; it ends with the node, or when the project's settings change.
            running = Task.Run(() => InTurnAsync(request, sync, session, delivery, queue, since), CancellationToken.None);
            work.Beside(running);
        }
        catch (ListSyncException e) when (e.Problem is ListSyncProblem.NotDelivering or ListSyncProblem.Unreachable)
        {
            await NoteAsync(request, since, "failed", $"Cohort {request.Cohort}: {e.Message}");
            throw;
        }
        finally
        {
            if (running is null)
            {
                queue.Leave();
            }
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(running, Task.Delay(patience, time, waiting.Token));
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        var state = running.IsCompleted ? await running : "running";
        return await ResultAsync(request, sync, state, cancellationToken);
    }

    private async Task<SyncRequest> PrepareAsync(ListSyncRequest request, ProjectSession session, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await FetchAsync(request, session.Configured, since, cancellationToken);
        try
        {
            var sync = await SyncRequest.CreateAsync(session, request.Cohort, request.List, request.Mode, allowRemovals: false, cancellationToken);
            if (!sync.Configured)
            {
                await FindListAsync(session, request.List, cancellationToken);
            }

            return sync;
        }
        catch (CommandException e)
        {
            throw Translated(e);
        }
    }

    private ProjectSession Session(string project)
    {
        var now = projects.Find(project)!.Active;
        return now.BrevoPaused
            ? throw new ListSyncException(ListSyncProblem.NotDelivering, "Brevo is paused: resume it first.")
            : new ProjectSession(settings with { Projects = projects.Settings }, now, store, new CommandConsole(TextWriter.Null, TextWriter.Null), Json: true, new CommandHost { Time = time }, work.Tokens);
    }

    /// <summary>
    /// Asks Mixpanel for the cohort as it is now, also where Mixpanel sends it: what comes meanwhile is newer than the answer. Where Mixpanel
    /// cannot be asked, the cohort is synced as it came.
    /// </summary>
    private async Task FetchAsync(ListSyncRequest request, ProjectSettings project, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var known = await store.Groups.FindAsync(request.Project, request.Cohort, cancellationToken) is not null;
        if (Pulling.Fetch(project, store, http, work.Tokens, time, () => work.Taken(request.Project)) is { } fetch)
        {
            try
            {
                var fetched = await fetch.FetchAsync(request.Cohort, cancellationToken);
                known |= fetched is not null;
                if (fetched?.Note is { } note)
                {
                    await NoteAsync(request, since, "done", note);
                }
            }
            catch (MixpanelSourceException e)
            {
                throw new ListSyncException(e.Problem is SourceProblem.Refused ? ListSyncProblem.NotDelivering : ListSyncProblem.Unreachable, $"Mixpanel did not give the cohort. {e.Message}");
            }
        }

        if (!known)
        {
            throw new ListSyncException(ListSyncProblem.UnknownCohort, "No such cohort is known here, and Mixpanel has none, or cannot be asked: connect a service account, or sync the cohort to Sluice's webhook.");
        }

        while (await store.Settling.SettleAsync(request.Project, cancellationToken))
        {
            // Slice after slice, beside the loop that does it anyway.
        }
    }

    private static async Task FindListAsync(ProjectSession session, long list, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(session.Host.Http()) { Timeout = Timeout.InfiniteTimeSpan };
        await CohortsSyncPreview.FindListAsync(session.Brevo(http)!.Value.Destination, list, cancellationToken);
    }

    private async Task<string> InTurnAsync(
        ListSyncRequest request, SyncRequest sync, ProjectSession session, DeliveryLoop delivery, SyncQueue queue, DateTimeOffset since)
    {
        try
        {
            await queue.Turns.WaitAsync(CancellationToken.None);
            try
            {
                return await DoAsync(request, sync, session, delivery);
            }
            finally
            {
                queue.Turns.Release();
            }
        }
        catch (Exception e)
        {
            // Whoever asked may be gone: it stands where runs are looked at.
            NodeLog.ListSyncFailed(logger, request.Project, request.List, e.Message, e);
            var why = e is ListSyncException ? e.Message : $"{e.Message} Ask again; what had been done stays done.";
            await NoteAsync(request, since, "failed", $"Cohort {request.Cohort}: {why}");
            throw;
        }
        finally
        {
            queue.Leave();
        }
    }

    /// <summary>Keeps among the project's runs why a sync has failed, with what to do, or what a person may want to know of it.</summary>
    private async Task NoteAsync(ListSyncRequest request, DateTimeOffset since, string state, string note)
    {
        var now = time.GetUtcNow();
        var run = new Run(
            Guid.CreateVersion7(now).ToString("n"), request.List, "sync", state, since, now, new Dictionary<string, long>(), note)
        {
            Destination = BrevoDestination.DestinationName,
        };
        try
        {
            await store.Runs.WriteAsync(request.Project, run, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            // It is logged all the same, and what has failed is told to whoever waits.
            NodeLog.ListSyncFailed(logger, request.Project, request.List, e.Message, e);
        }
    }

    private async Task<string> DoAsync(ListSyncRequest request, SyncRequest sync, ProjectSession session, DeliveryLoop delivery)
    {
        // Much may have happened while others had their turn.
        if (!GoesOn(request, delivery))
        {
            throw Changed();
        }

        if ((await store.Ledger.SampleProfilesAsync(request.Project, 1, CancellationToken.None)).Count == 0)
        {
            return "done";
        }

        return sync.Configured
            ? await FollowAsync(request, sync, session, delivery)
            : await FillAsync(request, sync, session, delivery);
    }

    private async Task<string> FillAsync(ListSyncRequest request, SyncRequest sync, ProjectSession session, DeliveryLoop delivery)
    {
        string? made;
        try
        {
            made = await SyncRequest.ClaimAsync(Session(request.Project), request.List, CancellationToken.None);
        }
        catch (CommandException e)
        {
            throw Translated(e);
        }

        try
        {
            return await delivery.WithAsync(sync.Target.Lists[0], () => FollowAsync(request, sync, session, delivery), CancellationToken.None);
        }
        catch (ListSyncException e) when (e.Problem == ListSyncProblem.Busy)
        {
            // This node never had the account: nothing was done, and whoever wants may have the list, unless somebody else had asked for it too.
            await SyncRequest.ReleaseUnusedAsync(session, request.List, made);
            throw;
        }
    }

    /// <summary>Has the list walked over, and looks until that has ended, or cannot go on without a person.</summary>
    private async Task<string> FollowAsync(ListSyncRequest request, SyncRequest sync, ProjectSession session, DeliveryLoop delivery)
    {
        string lease;
        using (var idle = new HttpClient(session.Host.Http()))
        {
            lease = $"delivery/{session.Brevo(idle)!.Value.Destination.Account}";
        }

        var before = await store.Ledger.RegisterAsync(sync.Scope, CancellationToken.None);
        await store.Insight.RequestWalkAsync(sync.Scope, request.List, lease, null, CancellationToken.None);
        var giveUpAt = time.GetUtcNow() + Longest;
        var ownBy = time.GetUtcNow() + new WorkerOptions().LeaseLength + TimeSpan.FromSeconds(5);
        var taken = sync.Configured;
        while (time.GetUtcNow() < giveUpAt && GoesOn(request, delivery))
        {
            var state = (await store.Insight.DestinationAsync(request.Project, BrevoDestination.DestinationName, CancellationToken.None))!;
            var list = state.Lists[request.List];
            if (list.Sources is not null && list.WalkedAt != before.Lists[request.List].WalkedAt)
            {
                return list.Held > 0 ? "held" : "done";
            }

            if (state.PausedReason is { } reason && state.PausedUntil != before.PausedUntil)
            {
                throw new ListSyncException(ListSyncProblem.NotDelivering, $"Deliveries to Brevo wait: {reason}");
            }

            taken = taken || await store.Insight.HolderAsync(lease, CancellationToken.None) == work.Owner;
            if (!taken && time.GetUtcNow() > ownBy)
            {
                throw new ListSyncException(ListSyncProblem.Busy, "Another node delivers for this account and goes on; the list is not in the config, so it does not do this one. Ask that node, or add the list to connectors.mixpanel.lists.");
            }

            await Task.WhenAny(Task.Delay(LookEvery, time, work.Stopping));
        }

        throw Changed();
    }

    /// <summary>What delivers is still what delivered when somebody asked.</summary>
    private bool GoesOn(ListSyncRequest request, DeliveryLoop delivery) =>
        work.Find(request.Project)?.Delivery == delivery && projects.Find(request.Project) is { BrevoPaused: false } && !work.Stopping.IsCancellationRequested;

    private static ListSyncException Changed() => new(ListSyncProblem.NotDelivering, "What is connected was changed meanwhile, or the node ends: ask again.");

    private async Task<ListSyncResult> ResultAsync(ListSyncRequest request, SyncRequest sync, string state, CancellationToken cancellationToken)
    {
        var group = await store.Groups.FindAsync(request.Project, sync.Group.Cohort, cancellationToken) ?? sync.Group;
        var destination = await store.Insight.DestinationAsync(request.Project, BrevoDestination.DestinationName, cancellationToken);
        return new ListSyncResult(
            state, group.Name, group.Members, await store.Insight.CountInListAsync(sync.Scope, request.List, group.Cohort, cancellationToken),
            destination?.Lists.GetValueOrDefault(request.List)?.Held ?? 0);
    }

    private static ListSyncException Translated(CommandException exception) => new(
        exception.ExitCode switch
        {
            ExitCode.NotFound => ListSyncProblem.UnknownCohort,
            ExitCode.Config => ListSyncProblem.NotDelivering,
            ExitCode.Usage => ListSyncProblem.Declared,
            ExitCode.InUse => ListSyncProblem.Taken,
            _ => ListSyncProblem.Unreachable,
        },
        exception.Message);

    /// <summary>One sync of a project goes on and one waits; who comes then is sent away.</summary>
    private sealed class SyncQueue
    {
        private const int AtOnce = 2;

        private int _inside;

        public Turns Turns { get; } = new();

        public bool TryEnter()
        {
            if (Interlocked.Increment(ref _inside) <= AtOnce)
            {
                return true;
            }

            Leave();
            return false;
        }

        public void Leave() => Interlocked.Decrement(ref _inside);
    }
}
