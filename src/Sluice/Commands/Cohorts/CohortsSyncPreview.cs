using System.Globalization;
using Sluice.Commands.Output;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Insight;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Management;
using Sluice.Destinations.Brevo;

namespace Sluice.Commands.Cohorts;

/// <summary><c>sluice cohorts sync --dry-run</c></summary>
internal static class CohortsSyncPreview
{
    /// <summary>Brevo's published rate for the endpoints under /contacts.</summary>
    private const double ContactCallsPerSecond = 10;

    private const int PeoplePerListCall = 150;

    public static async Task<int> RunAsync(ProjectSession session, SyncRequest request, CancellationToken cancellationToken)
    {
        var preview = await CountAsync(session, request, cancellationToken);
        Write(session, Answer(request, preview), preview.Unread);
        return ExitCode.Ok;
    }

    public static async Task<ListSyncPreview> CountAsync(ProjectSession session, SyncRequest request, CancellationToken cancellationToken)
    {
        using var mapping = await BrevoMapping.OpenAsync(session, offline: false, cancellationToken);
        var state = await session.Store.Insight.DestinationAsync(session.Project, BrevoDestination.DestinationName, cancellationToken);
        var known = state?.Lists.GetValueOrDefault(request.Rule.List);
        var name = mapping.Destination is null ? known?.Name : await FindListAsync(mapping.Destination, request.Rule.List, cancellationToken);
        if (request.AllowRemovals)
        {
            known = (known ?? new ListState(request.Rule.List, name, null, 0, 0, 0, null, null, 0, null, null)) with { AllowRemovalsUntil = DateTimeOffset.MaxValue };
        }

        var preview = new ListPreview(session.Store.Ledger, session.Store.Insight, mapping.Map, session.Host.Time);
        var count = await session.Console.WithProgressAsync($"Comparing {request.Group.Name} with list {request.Rule.List}", progress => preview.RunAsync(
            request.Scope, request.Rule, known, mapping.Destination is { } brevo ? () => brevo.NewImport(request.Rule.List) : null, PeoplePerListCall,
            new WorkerOptions(), progress, cancellationToken));
        return new ListSyncPreview(request.Group.Name, request.Group.Members, name, mapping.Name, known is not { ForeignRead: < 0 }, mapping.MissingAttributes, count);
    }

    /// <returns>The list's name.</returns>
    public static async Task<string> FindListAsync(BrevoDestination brevo, long list, CancellationToken cancellationToken)
    {
        try
        {
            var found = await brevo.FindListAsync(list, cancellationToken)
                ?? throw new CommandException(ExitCode.NotFound, $"Brevo has no list {list}. Its id stands in the list's address in Brevo.");
            return found.Dynamic
                ? throw new CommandException(ExitCode.Usage, $"Brevo fills list {list} by its own rules: name another list.")
                : found.Name;
        }
        catch (DeliveryException e)
        {
            throw new CommandException(ExitCode.Failed, $"Brevo did not say what list {list} is: {e.Decision.Detail}");
        }
    }

    private static SyncPreviewAnswer Answer(SyncRequest request, ListSyncPreview preview) => new(
        true,
        request.Group.Cohort,
        request.Group.Name,
        request.Group.Members,
        request.Rule.List,
        preview.ListName,
        request.Rule.Mode.ToString().ToLowerInvariant(),
        preview.Mapping,
        preview.Count.Additions,
        preview.Count.KnownAdditions,
        preview.Count.Updates,
        preview.Count.Removals,
        preview.Count.SuppressedRemovals,
        preview.Count.RemovalsHeld,
        preview.Count.Unchanged,
        preview.Count.Waiting,
        preview.Count.ProblemValues,
        ReasonCount.Of(preview.Count.Skipped),
        preview.AttributesToCreate,
        [.. preview.Count.Shapes.Select(s => new CallShapeAnswer(s.Name, s.Calls, s.Calls is { } calls ? calls / ContactCallsPerSecond : null, s.Taken))]);

    private static void Write(ProjectSession session, SyncPreviewAnswer answer, bool unread)
    {
        var console = session.Console;
        if (session.Json)
        {
            console.Json(answer, AnswerJson.Readable.SyncPreviewAnswer);
        }
        else
        {
            console.Line(string.Create(
                CultureInfo.InvariantCulture, $"{answer.CohortName} ({answer.CohortId}), {answer.Mode} to list {answer.ListId}{(answer.ListName is null ? "" : $" \"{answer.ListName}\"")}"));
            console.Pairs(
            [
                ("members", CommandConsole.Number(answer.MembersCount)),
                ("additions", $"{CommandConsole.Number(answer.Additions)}, {CommandConsole.Number(answer.KnownAdditions)} of them contacts that are up to date"),
                ("updates", CommandConsole.Number(answer.Updates)),
                ("removals", $"{CommandConsole.Number(answer.Removals)}{(answer.SuppressedRemovals > 0 ? $", {CommandConsole.Number(answer.SuppressedRemovals)} of them suppressed" : "")}"),
                ("unchanged", CommandConsole.Number(answer.Unchanged)),
                ("waiting", CommandConsole.Number(answer.Waiting)),
                ("skipped", ReasonCount.Text(answer.Skipped) is { Length: > 0 } skipped ? skipped : "0"),
                ("new attributes", answer.AttributesToCreate.Count == 0 ? "none" : string.Join(", ", answer.AttributesToCreate)),
            ]);
            console.Line();
            console.Table(
                ["Shape", ">Calls", ">Seconds", "Taken"],
                [.. answer.Shapes.Select(s => (IReadOnlyList<string?>)
                [
                    s.Shape, s.Calls is { } calls ? CommandConsole.Number(calls) : null, s.Seconds?.ToString("0.0", CultureInfo.InvariantCulture), s.Taken ? "yes" : "no",
                ])]);
        }

        if (answer.RemovalsHeld)
        {
            console.Tell("The safety stop would hold the removals; --allow-removals lets them go.");
        }

        if (unread)
        {
            console.Tell("Sluice has not written to this list before: who is in it will be read first, and does not count here.");
        }
    }
}
