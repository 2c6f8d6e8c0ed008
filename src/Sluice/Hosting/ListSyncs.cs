using Sluice.Commands;
using Sluice.Commands.Cohorts;
using Sluice.Commands.Output;
using Sluice.Configuration;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Management;
using Sluice.Core.Pull;
using Sluice.Destinations.Brevo;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>Brings lists in step because somebody asks this node, as <c>sluice cohorts sync</c> does from outside.</summary>
internal sealed class ListSyncs(SluiceSettings settings, LiveProjects projects, NodeWork work, Store store, HttpClient http, TimeProvider time) : IListSyncs
{
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

        await FetchAsync(request, session.Configured, cancellationToken);
        SyncRequest sync;
        try
        {
            sync = await SyncRequest.CreateAsync(session, request.Cohort, request.List, request.Mode, allowRemovals: false, cancellationToken);
            if (!sync.Configured)
            {
                await FindListAsync(session, request.List, cancellationToken);
            }
        }
        catch (CommandException e)
        {
            throw Translated(e);
        }

        // It goes on when the caller has no more patience; it ends with the node, or when the project's settings change.
        var running = Task.Run(() => DoAsync(request, sync, session, delivery), CancellationToken.None);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(running, Task.Delay(patience, time, waiting.Token));
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        var state = running.IsCompleted ? await running : "running";
        return await ResultAsync(request, sync, state, cancellationToken);
    }

    private ProjectSession Session(string project)
    {
        var now = projects.Find(project)!.Active;
        return now.BrevoPaused
            ? throw new ListSyncException(ListSyncProblem.NotDelivering, "Brevo is paused: resume it first.")
            : new ProjectSession(settings, now, store, new CommandConsole(TextWriter.Null, TextWriter.Null), Json: true, new CommandHost { Time = time });
    }

    /// <summary>Asks Mixpanel for the cohort as it is now. A cohort that Mixpanel pushes is synced as it came.</summary>
    private async Task FetchAsync(ListSyncRequest request, ProjectSettings project, CancellationToken cancellationToken)
    {
        var known = await store.Groups.FindAsync(request.Project, request.Cohort, cancellationToken) is not null;
        if (Pulling.Fetch(project, store, http, time, () => work.Taken(request.Project)) is { } fetch)
        {
            try
            {
                known |= await fetch.FetchAsync(request.Cohort, cancellationToken) is not null;
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

    private async Task<string> DoAsync(ListSyncRequest request, SyncRequest sync, ProjectSession session, DeliveryLoop delivery)
    {
        if ((await store.Ledger.SampleProfilesAsync(request.Project, 1, CancellationToken.None)).Count == 0)
        {
            return "done";
        }

        return sync.Configured
            ? await FollowAsync(request, sync, session, delivery)
            : await delivery.WithAsync(sync.Target.Lists[0], () => FollowAsync(request, sync, session, delivery), CancellationToken.None);
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
        while (time.GetUtcNow() < giveUpAt && work.Find(request.Project)?.Delivery == delivery && !work.IsEnding)
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

            await Task.Delay(LookEvery, time, CancellationToken.None);
        }

        throw new ListSyncException(ListSyncProblem.NotDelivering, "What is connected was changed meanwhile, or the node ends: ask again.");
    }

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
            _ => ListSyncProblem.Unreachable,
        },
        exception.Message);
}
