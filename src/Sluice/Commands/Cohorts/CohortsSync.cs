using Sluice.Commands.Output;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;
using Sluice.Destinations.Brevo;

namespace Sluice.Commands.Cohorts;

/// <summary><c>sluice cohorts sync</c>: has a list walked, by the server that holds the account or by a worker in this process, and follows it.</summary>
internal sealed class CohortsSync(ProjectSession session, SyncRequest request, BrevoDestination destination)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AllowanceLength = TimeSpan.FromHours(1);

    private readonly WorkerOptions _options = new();
    private readonly string _owner = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():n}";
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    private string LeaseName => $"delivery/{destination.Account}";

    public static async Task<int> RunAsync(ProjectSession session, SyncRequest request, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(session.Host.Http()) { Timeout = Timeout.InfiniteTimeSpan };
        var destination = session.Brevo(http)!.Value.Destination;
        return await new CohortsSync(session, request, destination).RunAsync(cancellationToken);
    }

    private async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var store = session.Store;
        if ((await store.Ledger.SampleProfilesAsync(session.Project, 1, cancellationToken)).Count == 0)
        {
            session.Console.Tell("Nobody is known yet: there is nothing to send.");
            return await AnswerAsync("done", [], null, cancellationToken);
        }

        var holder = await store.Insight.HolderAsync(LeaseName, cancellationToken);
        if (holder is not null)
        {
            session.Console.Tell(request.Configured
                ? $"A running server{Process(holder)} delivers for this account: it is asked to walk over the list, and followed."
                : $"Another process{Process(holder)} delivers for this account; this one takes over when it ends.");
        }

        if (request.Configured)
        {
            return await WorkAsync(cancellationToken);
        }

        var made = await SyncRequest.ClaimAsync(session, request.Rule.List, cancellationToken);
        try
        {
            return await WorkAsync(cancellationToken);
        }
        finally
        {
            await SyncRequest.ReleaseUnusedAsync(session, request.Rule.List, made);
        }
    }

    private async Task<int> WorkAsync(CancellationToken cancellationToken)
    {
        var store = session.Store;
        var before = await store.Ledger.RegisterAsync(request.Scope, cancellationToken);
        var runs = (await store.Runs.ListAsync(session.Project, 200, cancellationToken)).Select(r => r.Id).ToHashSet(StringComparer.Ordinal);
        await store.Insight.RequestWalkAsync(
            request.Scope, request.Rule.List, request.Configured ? LeaseName : "", request.AllowRemovals ? AllowanceLength : null, cancellationToken);

        // Works when nobody else does: at once, or when the holder's lease has run out.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var worker = new DeliveryWorker(request.Target, destination, store.Ledger, store.Leases, _options, session.Host.Time, _owner, Report);
        var working = Task.Run(() => worker.RunAsync(stop.Token), CancellationToken.None);
        try
        {
            var (state, note) = await session.Console.WithProgressAsync(
                $"{request.Group.Name} to list {request.Rule.List}", progress => FollowAsync(before, progress, cancellationToken));
            var mine = (await store.Runs.ListAsync(session.Project, 200, cancellationToken))
                .Where(r => r.List == request.Rule.List && !runs.Contains(r.Id)).ToList();
            return await AnswerAsync(state, mine, note, cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await working;
        }
    }

    /// <summary>Looks at the list until its walk has ended, or cannot go on without a person.</summary>
    private async Task<(string State, string? Note)> FollowAsync(DestinationState before, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        // A lease that nobody renews has run out by then.
        var giveUpAt = session.Host.Time.GetUtcNow() + _options.LeaseLength + TimeSpan.FromSeconds(5);
        var taken = request.Configured;
        var walkedBefore = before.Lists[request.Rule.List].WalkedAt;
        while (true)
        {
            var state = (await session.Store.Insight.DestinationAsync(session.Project, BrevoDestination.DestinationName, cancellationToken))!;
            var list = state.Lists[request.Rule.List];
            if (list.Sources is not null && list.WalkedAt != walkedBefore)
            {
                return list.Held > 0 ? ("held", "Removals beyond max_removal wait for a person: look at them with --dry-run, let them go with --allow-removals.") : ("done", null);
            }

            if (state.PausedReason is { } reason && state.PausedUntil != before.PausedUntil)
            {
                return ("paused", reason);
            }

            if (!taken)
            {
                taken = await session.Store.Insight.HolderAsync(LeaseName, cancellationToken) == _owner;
                if (!taken && session.Host.Time.GetUtcNow() > giveUpAt)
                {
                    throw new CommandException(
                        ExitCode.InUse,
                        $"Another process delivers for this account and goes on: list {request.Rule.List} is not in the config, so it does not do this one. Add the list to connectors.mixpanel.lists, or stop that process for the time of this command.");
                }
            }

            if (list.WalkSlices > 0)
            {
                progress?.Report(Math.Min(0.99, (double)list.WalkSlice / list.WalkSlices));
            }

            await Task.Delay(LookEvery, session.Host.Time, cancellationToken);
        }
    }

    private async Task<int> AnswerAsync(string state, IReadOnlyList<Run> runs, string? note, CancellationToken cancellationToken)
    {
        var store = session.Store;
        var group = await store.Groups.FindAsync(session.Project, request.Group.Cohort, cancellationToken) ?? request.Group;
        var destinationState = await store.Insight.DestinationAsync(session.Project, BrevoDestination.DestinationName, cancellationToken);
        var skipped = runs.SelectMany(r => r.Counts).Where(c => c.Key.StartsWith("skipped_", StringComparison.Ordinal))
            .GroupBy(c => c.Key["skipped_".Length..], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new ReasonCount(g.Key, g.Max(c => c.Value))).ToList();
        var answer = new SyncAnswer(
            group.Cohort,
            group.Name,
            group.Members,
            await store.Insight.CountInListAsync(request.Scope, request.Rule.List, group.Cohort, cancellationToken),
            request.Rule.List,
            request.Rule.Mode.ToString().ToLowerInvariant(),
            state,
            destinationState?.Lists.GetValueOrDefault(request.Rule.List)?.Held ?? 0,
            Sum("added"),
            Sum("removed"),
            Sum("updated"),
            Sum("refused"),
            Sum("calls"),
            skipped,
            [.. runs.Select(r => r.Id).Order(StringComparer.Ordinal)],
            note);
        Write(answer);
        return state == "done" && answer.Refused == 0 ? ExitCode.Ok : ExitCode.Partial;

        long Sum(string name) => runs.Sum(r => r.Counts.GetValueOrDefault(name));
    }

    private void Write(SyncAnswer answer)
    {
        var console = session.Console;
        if (session.Json)
        {
            console.Json(answer, AnswerJson.Readable.SyncAnswer);
        }
        else
        {
            console.Line($"{answer.CohortName} ({answer.CohortId}), {answer.Mode} to list {answer.ListId}: {answer.State}");
            console.Pairs(
            [
                ("members", CommandConsole.Number(answer.MembersCount)),
                ("in the list", CommandConsole.Number(answer.SyncedToBrevo)),
                ("added", CommandConsole.Number(answer.Added)),
                ("removed", CommandConsole.Number(answer.Removed)),
                ("updated", CommandConsole.Number(answer.Updated)),
                ("refused", CommandConsole.Number(answer.Refused)),
                ("skipped", ReasonCount.Text(answer.Skipped) is { Length: > 0 } skipped ? skipped : "0"),
                ("removals held", CommandConsole.Number(answer.RemovalsHeld)),
                ("calls", CommandConsole.Number(answer.Calls)),
            ]);
        }

        if (answer.Note is { } note)
        {
            console.Tell(note);
        }

        if (answer.Refused > 0)
        {
            console.Tell("Brevo refused some records: 'sluice dead-letters list' shows them.");
        }
    }

    private void Report(Exception exception)
    {
        lock (_told)
        {
            // It tries again every second; once is enough to say so.
            if (_told.Add(exception.Message))
            {
                session.Console.Tell($"Delivery was interrupted and goes on: {exception.Message}");
            }
        }
    }

    // With the embedded store there is one machine, and its owner has no name of its own.
    private static string Process(string owner) => owner.Split('/') is [var machine, var id, ..] ? $" (process {id} on {machine})" : "";
}
